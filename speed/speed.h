// How fast a whole update is, measured with Google Benchmark.
#pragma once

#include <vector>

#include "experiments/declaration/spec.h"
#include "models/network.h"

namespace rnnbench::speed {

struct SpeedOptions {
  WorkspaceOptions workspace;
  int repetitions = 9;  // interleaved at random over all cases; the median counts
};

struct SpeedResult {
  RunSpec run;
  int time_steps = 0, hidden = 0;
  std::size_t parameters = 0;
  double ms_per_update = 0;  // forward, loss, backward, clip, optimizer; median
  double ms_fastest = 0;     // of the repetitions
  double ms_forward = 0;     // forward pass alone, median
  double sequences_per_second = 0;
  double nominal_flops = 0;      // of one update, see nominal_flops()
  double executed_fraction = 0;  // of the nominal FLOPs: a one-hot input is gathered, not multiplied
  double gflops = 0, peak_gflops = 0, fraction_of_peak = 0;
  double peak_memory_mib = 0;  // of the process
};

// FLOPs of one update of batch B, T steps, G gates, H units, I inputs, O outputs:
//   6 G H H B T + 4 G H I B T + 6 H O B T_scored     forward, gradients of states and weights; none to the input, which
//                                                    counts as dense; element-wise work does not count
//   + 12 G H H B T for every further layer
//   + attention over S pairs (query, state) of a sequence: 12 B H S for dot, 6 B H S + 12 H H B T for additive, and
//     6 H O B T_scored for the context at the read-out
double nominal_flops(const RunSpec& run, const Layout& layout, int steps, int scored_steps, double pairs);

// Measures the cases together, on one batch of their task each. Throws UserError when a case cannot be.
std::vector<SpeedResult> measure_speed(const std::vector<RunSpec>& cases, const SpeedOptions& options);

Json speed_json(const SpeedResult& result);

}  // namespace rnnbench::speed
