// One finding on the page of all findings.
#pragma once

#include <filesystem>
#include <string>

#include "findings/evaluation.h"

namespace rnnbench::findings {

// A section of HTML that starts with the answer: claim, verdict in one sentence, figure (the SVG file), and the numbers
// that decide; then the declaration, further comparisons and tables. Its anchor is "finding-NAME".
std::string finding_section(const FindingResult& result, const std::filesystem::path& figure);

// Claim, source and verdict as HTML, the lead of the report of the finding's own experiment.
std::string finding_lead(const FindingResult& result);

// "supported" as HTML; verdicts differ in color and in a symbol, so that they can be told apart in gray.
std::string verdict_badge(Verdict verdict);

}  // namespace rnnbench::findings
