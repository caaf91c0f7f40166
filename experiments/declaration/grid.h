// From a written experiment to its runs.
//
// Lists and ranges span a grid: every task with every cell, and for each such pair the product of all lists that apply
// to it. If a key is set several times, the most specific setting holds, and its list replaces the others: the command
// line, then [task/cell], then [task] or [cell] (a key in both is an error), then the settings above all sections, then
// the default. Of `hidden`, `budget` and `state-budget`, which all set the width, one replaces the others.
#pragma once

#include <string>
#include <vector>

#include "experiments/declaration/ini.h"
#include "experiments/declaration/spec.h"

namespace rnnbench::models {
struct WorkspaceOptions;  // declared here because analysis must not include models/network.h
}

namespace rnnbench::experiments {

inline constexpr std::size_t max_runs = 100'000, max_characters = std::size_t{1} << 28;  // of all settings of all runs

// All runs of the experiment. Throws UserError that names file and line for a wrong value, a setting that no run would
// use, more than max_runs runs or max_characters, and a run that does not fit into this machine's memory when it is
// computed with these workspace options (see check_feasible).
Experiment expand(const Declaration& declaration, const WorkspaceOptions& workspace);
Experiment expand(const Declaration& declaration);

}  // namespace rnnbench::experiments
