// The commands about findings, and what others need of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "findings/evaluation.h"

namespace rnnbench::cli {

// --family, --profile and --any-times of commands that evaluate findings.
std::vector<Flag> family_flags(const std::vector<std::string>& profiles);
Profile profile_of(const Arguments& arguments);  // --profile; lab by default

// The findings whose p-values are corrected together: those of the studies that --family names; otherwise those of the
// catalogue if every name on the command line is a study of the catalogue, and those of the named files if not. Throws
// UserError when a name is not a study, or not in the family.
std::vector<Finding> finding_family(const Arguments& arguments, Profile profile);

// Whether a command line names this finding, by its study's name or file, or followed by "/" and its own name; without
// names it means all.
bool is_named(const Finding& finding, const std::vector<std::string>& names);
// The results of the findings that are named, in the order of their numbers.
std::vector<FindingResult> named_results(std::vector<FindingResult> results, const std::vector<std::string>& names);

// `rnnbench findings`: the table of findings.
int findings_command(const CommandArguments& words);

// `rnnbench plot findings`: draws the figures of claims.
int plot_findings(const CommandArguments& words);

// `rnnbench report findings`: draws the figures of each study in its folder and writes the page of all.
int report_findings(const CommandArguments& words);

}  // namespace rnnbench::cli
