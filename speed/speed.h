// The time of a training update, measured with Google Benchmark.
#pragma once

#include <vector>

#include "experiments/declaration/spec.h"
#include "models/network.h"
#include "speed/bound.h"

namespace rnnbench::speed {

struct SpeedOptions {
  WorkspaceOptions workspace;
  int repetitions = 9;  // in random order over all runs
};

struct SpeedResult {
  RunSpec run;
  int time_steps = 0, hidden = 0;
  std::size_t parameters = 0;
  double wall_ms_per_update = 0;  // median; forward pass, loss, backward pass, clipping, optimizer
  double wall_ms_fastest = 0;     // the fastest repetition of the same
  double wall_ms_forward = 0;     // median of the forward pass alone
  double sequences_per_second = 0;
  double nominal_flops = 0;      // of one update, see nominal_flops()
  double executed_fraction = 0;  // of the nominal FLOPs; products with a one-hot input are look-ups
  double gflops = 0, peak_gflops = 0, fraction_of_peak = 0;
  std::optional<Bound> bound = {};  // none for attention and the Transformer
  double peak_memory_mib = 0;       // of the process
  double other_cores = 0;           // cores that other processes used on average during all measurements
};

// Floating-point operations of one update with batch size B, T steps, G gates, H units, I inputs and O outputs:
//   6 G H H B T + 4 G H I B T + 6 H O B T_scored     forward pass, gradients of states and of weights
//   + 12 G H H B T                                   for every further layer
//   + attention over S pairs (query, state) of a sequence: 12 B H S for dot, 6 B H S + 12 H H B T for additive, and
//     6 H O B T_scored for the context in the output layer
// One-hot inputs count as if they were dense; element-wise operations and a gradient of the input do not count.
// T_scored = `scored_steps` is the number of steps whose outputs enter the loss, S = `pairs`.
double nominal_flops(const RunSpec& run, const Layout& layout, int steps, int scored_steps, double pairs);

// Measures the runs together, each on one batch of its task.
std::vector<SpeedResult> measure_speed(const std::vector<RunSpec>& runs, const SpeedOptions& options);

// The JSON of `rnnbench speed --format json`, without what is the same for all results.
Json speed_json(const SpeedResult& result);

}  // namespace rnnbench::speed
