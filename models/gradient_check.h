// Compares the gradient of a model with the complex step (Martins, Sturdza & Alonso 2003): the imaginary part of the
// loss at w + i h, divided by h, is the derivative by w. Nothing cancels, so with h = 1e-30 it is exact to about 1e-15.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/network.h"

namespace rnnbench::models {

struct BlockError {
  std::string name;  // of the parameter block
  // The largest error of the block's derivatives, divided by the largest of them, or by a thousandth of the network's
  // largest derivative if that is more. (All derivatives of a block may be tiny because their terms nearly cancel.)
  double worst = 0;
};

// Checks all derivatives of all blocks, in double, at the initial parameters for `seed`. With dropout, its masks are
// drawn from `seed` too, and are the same for every derivative.
std::vector<BlockError> check_gradient(const Settings& model, const Signature& signature, const Batch& batch,
                                       std::uint64_t seed);

// A batch of random inputs, targets and weights. Some weights are 0.
Batch random_batch(const Signature& signature, int steps, int size, std::uint64_t seed);

}  // namespace rnnbench::models
