// The gradient of a model against the complex step (Martins, Sturdza & Alonso 2003): the imaginary part of the loss at
// w + i h, divided by h, is the derivative without any cancellation, exact to about 1e-15 for h = 1e-30.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/network.h"

namespace rnnbench::models {

struct BlockError {
  std::string name;  // of the parameter block
  double worst = 0;  // largest absolute error, relative to the largest derivative of the block, or to a thousandth of
                     // the network's largest where that is more (a block's own terms may nearly cancel)
};

// Every derivative of every block, in double, at the model's initial parameters for `seed`.
std::vector<BlockError> check_gradient(const Settings& model, const Signature& signature, const Batch& batch,
                                       std::uint64_t seed);

// A batch of random inputs, targets and weights (some 0) of the given shape.
Batch random_batch(const Signature& signature, int steps, int size, std::uint64_t seed);

}  // namespace rnnbench::models
