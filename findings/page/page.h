// The page of all findings: every claim with its verdict and what it rests on, in one self-contained file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "findings/evaluation.h"

namespace rnnbench::findings {

// HTML with style and figures inside and no reference to anything outside. Figures are the finding.svg in
// <results>/<finding>/figures, where they were drawn; a finding without one says that its data is there. Made of
// declarations, records and drawings only: the same ones, the same bytes.
std::string findings_page(const std::vector<FindingResult>& findings, const std::filesystem::path& results);

// One finding: claim, comparison, verdict, figure (the SVG file), numbers. Its anchor is "finding-NAME".
std::string finding_section(const FindingResult& result, const std::filesystem::path& figure);

// Claim, source, verdict and its reason, as the lead of the report of the finding's own experiment.
std::string finding_lead(const FindingResult& result);

// "supported", in color and with a sign of its own, so that it is told apart in grey.
std::string verdict_badge(Verdict verdict);

// Style that the page needs beside that of the report.
extern const char* const findings_style;

}  // namespace rnnbench::findings
