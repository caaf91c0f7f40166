// The size of a network's state.
#pragma once

#include <cstddef>

#include "core/namespaces.h"

namespace rnnbench::models {

// How many values a network carries from one step of a sequence to the next: `fixed` + `per_step` * steps so far.
// Attention needs the vectors of all steps so far, or their keys and values.
struct StateSize {
  std::size_t fixed = 0, per_step = 0;
  std::size_t after(int steps) const { return fixed + per_step * static_cast<std::size_t>(steps); }
};

}  // namespace rnnbench::models
