// What can be refused before anything is built.
#pragma once

#include "experiments/declaration/spec.h"
#include "models/network.h"

namespace rnnbench::experiments {

// Makes the task and sizes the model. Throws UserError when the task or the budget refuses its settings, or
// when the arrays of a training run would not fit into this machine's memory.
void check_feasible(const RunSpec& run, const WorkspaceOptions& options = {});

}  // namespace rnnbench::experiments
