// The frozen protocol of a study: a file that states, before the first run, everything that its verdicts depend on.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/records/record.h"
#include "findings/finding.h"

namespace rnnbench::findings {

// Claims, comparisons, margins with their reasons, measures with the version of their definition, the version of the
// procedure, tasks and models, seeds, and the search; "hash" is that of all the rest. `claims` are all findings of one
// study. Sources, notes, published numbers, figures and what was checked later may change, and are left out. So is the
// family of the correction: tables say how many comparisons it has.
Json protocol_of(const std::vector<const Finding*>& claims);

// <results>/STUDY/protocol.json, in the folder of the study's profile.
std::filesystem::path protocol_path(const DeclaredStudy& study, const std::filesystem::path& results);

// Writes the protocol, and does nothing if it is there already. Throws UserError if the file states another protocol;
// if there are trials or records but no protocol, which would be written after they were seen; or if another study in
// this results folder has frozen a claim with the same number, or has trained the same runs without a search and there
// is no `replaces`.
void freeze(const std::vector<const Finding*>& claims, const std::filesystem::path& results);

// Why no verdict can be given: the file is missing, unreadable or states something else. "" if it matches.
std::string protocol_problem(const std::vector<const Finding*>& claims, const std::filesystem::path& results);

// The findings of one study among these.
std::vector<const Finding*> claims_of(const std::vector<Finding>& findings, const DeclaredStudy& study);
// The studies of these findings, each once, in order of their first finding.
std::vector<std::shared_ptr<const DeclaredStudy>> studies_of(const std::vector<Finding>& findings);

}  // namespace rnnbench::findings
