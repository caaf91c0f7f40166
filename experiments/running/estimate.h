// What runs will cost, found out by a few updates of each kind on this machine.
#pragma once

#include <vector>

#include "experiments/declaration/spec.h"

namespace rnnbench::experiments {

// CPU seconds of one core for each run if all of its updates are done, evaluations included: an upper bound for runs
// that stop when they have solved their task. Runs that differ only in seed or in numbers of updates are measured once.
std::vector<double> estimated_seconds(const std::vector<RunSpec>& runs);

}  // namespace rnnbench::experiments
