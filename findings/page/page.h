// The page of all findings: every claim with its verdict and the numbers behind it, in one self-contained file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "findings/evaluation.h"

namespace rnnbench::findings {

// HTML with style and figures inside and no reference to anything outside. The figures are the files
// <results>/<study>/figures/<claim>.svg and search.svg; where one is missing, the page says that its script and data
// are there. The page is made of declarations, records and figures only: the same ones give the same bytes.
std::string findings_page(const std::vector<FindingResult>& findings, const std::filesystem::path& results);

}  // namespace rnnbench::findings
