// Comparisons of two models as text, table and JSON.
#pragma once

#include <string>
#include <vector>

#include "analysis/compare.h"
#include "analysis/format.h"

namespace rnnbench::analysis {

std::string compare_text(const std::vector<Comparison>& comparisons);
// One row for each task, with a column of the two models if wanted.
Table compare_table(const std::vector<Comparison>& comparisons, bool with_models = true);
Json compare_json(const std::vector<Comparison>& comparisons);

}  // namespace rnnbench::analysis
