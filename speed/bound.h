// The least time that an update can take on this machine, from the rates of its parts.
#pragma once

#include <optional>

#include "experiments/declaration/spec.h"
#include "models/plan.h"

namespace rnnbench::speed {

// Milliseconds of one update, shared evenly among the threads.
//   products  the multiply-adds that are executed, at the peak
//   weights   reading the recurrent weights for each tile of 16 sequences in each step, forward and backward, at the
//             rate of the cache or memory that holds them. Large batches hide it behind the products, so only the
//             larger of the two counts.
//   cells     the arithmetic of the cells, forward and backward, at its own rate on data in the first-level cache
//   optimizer clipping by global norm and the optimizer, likewise
struct Bound {
  double products = 0, weights = 0, cells = 0, optimizer = 0;
  double milliseconds() const { return std::max(products, weights) + cells + optimizer; }
};

// What the bound depends on besides the structure of the network.
struct UpdateSize {
  int time_steps = 0, batch = 0;
  double executed_flops = 0;
};

// The rates are measured now, on one thread, with the instruction set of training; `peak` is that of all threads, in
// GFLOP/s. There is no bound for attention and the Transformer, whose element-wise arithmetic is not in a cell.
std::optional<Bound> measured_bound(const RunSpec& run, const NetworkPlan& plan, const UpdateSize& size, double peak,
                                    int threads);

}  // namespace rnnbench::speed
