// One finding on the page of all findings.
#pragma once

#include <filesystem>
#include <string>

#include "findings/evaluation.h"

namespace rnnbench::findings {

// A section of HTML with the parts of every claim, in this order: answer, figure, search, ceiling, budget, margin,
// replication, what was published; then the declaration, further comparisons and all models. Figures are the SVG files
// in the folder figures of the study. The search and the tables of a study's runs are the same for all of its claims
// and are shown with the `first` one. `results` is the results folder of the lab profile, for the commands that train
// the runs again.
std::string finding_section(const FindingResult& result, const std::filesystem::path& results, bool first);

// Claim, source and verdict as HTML, the lead of the report of the study's own experiment.
std::string finding_lead(const FindingResult& result);

// "finding-counting-anbn": the id of the section.
std::string anchor_of(const Finding& finding);

// "supported" as HTML; verdicts differ in color and in a symbol, so that they can be told apart in gray.
std::string verdict_badge(const FindingResult& result);
std::string verdict_badge(Verdict verdict, const std::string& text);

}  // namespace rnnbench::findings
