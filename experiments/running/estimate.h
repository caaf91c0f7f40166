// Estimates how long runs will take by timing a few updates of each kind on this machine.
#pragma once

#include <vector>

#include "experiments/declaration/spec.h"

namespace rnnbench::experiments {

// CPU seconds of each run on one core if it does all of its updates, evaluations included. This is an upper bound for
// runs with stop = solved. Runs that differ only in the seed or the number of updates are timed once.
std::vector<double> estimated_seconds(const std::vector<RunSpec>& runs);

}  // namespace rnnbench::experiments
