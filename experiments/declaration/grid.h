// From a written experiment to its runs.
//
// Lists and ranges span a grid: every task with every cell, and for each such pair the product of the lists
// that apply to it. The command line wins over [task/cell], that over [task] or [cell] (a key in both is an
// error), those over the file's head, that over the defaults; the winner's list replaces the others. `hidden`
// and `budget` replace one another.
#pragma once

#include <string>
#include <vector>

#include "experiments/declaration/ini.h"
#include "experiments/declaration/spec.h"

namespace rnnbench::models {
struct WorkspaceOptions;  // models/network.h, which analysis does not know
}

namespace rnnbench::experiments {

inline constexpr std::size_t max_runs = 100'000;

// Every run, checked: values, keys that no run would read, the number of runs, and whether each fits this
// machine when it is computed this way (see check_feasible). Throws UserError with the place of what is wrong.
Experiment expand(const Declaration& declaration, const WorkspaceOptions& workspace);
Experiment expand(const Declaration& declaration);

}  // namespace rnnbench::experiments
