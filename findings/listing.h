// The table of findings as text, Markdown and JSON.
#pragma once

#include <string>
#include <vector>

#include "findings/evaluation.h"

namespace rnnbench::findings {

std::string findings_text(const std::vector<FindingResult>& results);  // for a terminal, with a paragraph per finding
// For the README and docs/findings.md: every claim links its file, by the path that the finding was read from.
std::string findings_markdown(const std::vector<FindingResult>& results);
Json findings_json(const std::vector<FindingResult>& results);

// Of the comparison that decides: what is compared ("gru - lstm on copy, recall (higher is better)"), and its effect
// with the interval. "-" when the finding has no verdict.
std::string comparison_cell(const FindingResult& result);
std::string effect_cell(const FindingResult& result);
std::string boundary_cell(const FindingResult& result);
std::string adjusted_p_cell(const FindingResult& result);

// "lstm 256 (from memory), ours 302: sign met, size not met"
std::string published_text(const FindingResult& result);
// "sign met, size not met"; "" when the published numbers cannot be compared with ours.
std::string agreement_text(const PublishedAgreement& agreement);

}  // namespace rnnbench::findings
