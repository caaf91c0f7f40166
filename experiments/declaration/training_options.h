// The options of training.
#pragma once

#include <vector>

#include "core/option.h"

namespace rnnbench::experiments {

// How a run is trained and evaluated, with defaults and ranges: `rnnbench show training` prints them.
const std::vector<Option>& training_options();

}  // namespace rnnbench::experiments
