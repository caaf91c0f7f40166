// When a run is evaluated: shared by the trainer and by who says beforehand what a run will cost.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// What is reported is measured on more sequences than what only steers.
inline constexpr int test_factor = 4;

// Updates after which a point of the curve is due: 0, 10, 20, ..., 100, 110, 121, then 10 % apart.
inline std::int64_t next_evaluation(std::int64_t update, std::int64_t updates) {
  return std::min(updates, std::max(update + 10, (11 * update + 9) / 10));
}

}  // namespace rnnbench::experiments
