// The size of a grid, before it is expanded.
#pragma once

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "experiments/declaration/ini.h"

namespace rnnbench::fuzz {

// Refuses large grids. A few bytes, `seed = 1..100000`, declare 100,000 runs, which is the maximum. They take time and
// memory in proportion to the runs and not to the input. The number is an upper bound, of all lists and ranges.
inline void refuse_large_grid(const std::vector<experiments::Assignment>& assignments, double most) {
  double runs = 1;
  for (const experiments::Assignment& a : assignments) {
    double values = 0;
    for (const std::string& part : core::split(a.value)) {
      const auto dots = part.find("..");
      const auto first = core::parse_number<double>(core::trim(part.substr(0, dots)));
      const auto last =
          dots == std::string::npos
              ? first
              : core::parse_number<double>(core::trim(part.substr(dots + 2, part.find("..", dots + 2) - dots - 2)));
      values += first && last ? std::max(1.0, *last - *first + 1) : part == "all" ? 30 : 1;
    }
    runs *= values;
  }
  if (runs > most) throw core::UserError("more runs than are fuzzed");
}

}  // namespace rnnbench::fuzz
