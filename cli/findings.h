// The commands about findings, and what others need of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "findings/evaluation.h"

namespace rnnbench::cli {

// The family of findings: those of the catalogue, and files that are named in addition. Throws UserError when a name is
// not a finding.
std::vector<Finding> finding_family(const std::vector<std::string>& names, Profile profile = Profile::lab);

// Whether a command line names this finding; without names it means all.
bool is_named(const Finding& finding, const std::vector<std::string>& names);
// The results of the findings that are named, in the order of their numbers.
std::vector<FindingResult> named_results(std::vector<FindingResult> results, const std::vector<std::string>& names);
Profile profile_of(const Arguments& arguments);  // --profile; lab by default

// `rnnbench findings`: the table of findings.
int findings_command(const CommandArguments& words);

// `rnnbench report findings`: draws the figure of each finding in its folder and writes the page of all.
int report_findings(const CommandArguments& words);

}  // namespace rnnbench::cli
