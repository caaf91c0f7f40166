// Comparisons of two models as text, table and JSON.
#pragma once

#include <string>
#include <vector>

#include "analysis/compare.h"
#include "analysis/format.h"

namespace rnnbench::analysis {

std::string compare_text(const std::vector<Comparison>& comparisons);
Table compare_table(const std::vector<Comparison>& comparisons);  // one row for each task
Json compare_json(const std::vector<Comparison>& comparisons);

}  // namespace rnnbench::analysis
