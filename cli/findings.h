// What the subcommands about findings share.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "findings/evaluation.h"

namespace rnnbench::cli {

// The findings of the catalogue, and files that are named beside them: together they are the family. Throws UserError
// when a name is no finding.
std::vector<Finding> finding_family(const std::vector<std::string>& names, Profile profile = Profile::lab);

// Whether a finding is one of those that a command line names; without names all are.
bool is_named(const Finding& finding, const std::vector<std::string>& names);
// Those that are named, in the order of the ledger.
std::vector<FindingResult> named_results(std::vector<FindingResult> results, const std::vector<std::string>& names);
Profile profile_of(const Arguments& arguments);  // --profile, lab without it

// `rnnbench findings`: the table of findings.
int findings_command(const CommandArguments& words);

// `rnnbench report findings`: the page of all, with the figure of each in its folder.
int report_findings(const CommandArguments& words);

}  // namespace rnnbench::cli
