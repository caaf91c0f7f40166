// What `rnnbench trace` shows of a network: the activations of one sequence over time.
#pragma once

#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::models {

struct Trace {
  std::string name;           // "layer 0 forget gate", "attention"
  int width = 0;              // hidden units, or steps that attention looks at
  std::vector<float> values;  // [steps][width]
};

}  // namespace rnnbench::models
