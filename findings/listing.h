// The table of findings as text, Markdown, LaTeX and JSON.
#pragma once

#include <string>
#include <vector>

#include "findings/evaluation.h"

namespace rnnbench::findings {

std::string findings_text(const std::vector<FindingResult>& results);  // for a terminal, with a paragraph per finding
// For the README and docs/findings.md: every claim links its file, by the path that the finding was read from.
std::string findings_markdown(const std::vector<FindingResult>& results);
std::string findings_latex(const std::vector<FindingResult>& results);
Json findings_json(const std::vector<FindingResult>& results);

// "skill", "ratio of cpu_ms_per_update", "slope of accuracy": what the numbers of a row are.
std::string measure_cell(const Finding& finding);
// Of the comparison that decides, in the part that is least clear: what is compared ("gru - lstm on copy, recall
// (higher is better)"), the means after searches 0 (A) and 1 (B), the interval, the boundary and the p-value. "-" when
// there is none.
std::string comparison_cell(const FindingResult& result);
std::string mean_cell(const FindingResult& result, std::size_t search);
std::string interval_cell(const FindingResult& result);
std::string boundary_cell(const FindingResult& result);
std::string adjusted_p_cell(const FindingResult& result);
// "supported"; of mixed parts also how many support the claim: "mixed, 2 of 3".
std::string verdict_cell(const FindingResult& result);

// A group of runs that a search chose settings for (see SearchChoice::group), by what distinguishes it: "adding lstm
// length=100".
std::string describe_group(const DeclaredStudy& study, const std::string& group);

// "lstm 256 (from memory), ours 302: sign met, size not met"
std::string published_text(const FindingResult& result);
// "sign met, size not met"; "" when the published numbers cannot be compared with ours.
std::string agreement_text(const PublishedAgreement& agreement);

}  // namespace rnnbench::findings
