// Whether a run can be trained on this machine, checked before any run starts.
#pragma once

#include "experiments/declaration/spec.h"
#include "models/network.h"
#include "tasks/task.h"

namespace rnnbench::experiments {

// Throws UserError when the task does not accept its settings, when the budget of parameters cannot be met, when the
// probe is not possible, or when training or a test length needs more memory than this machine has.
void check_feasible(const RunSpec& run, const WorkspaceOptions& options = {});
// The same with the task of the run, which several runs may share.
void check_feasible(const RunSpec& run, const Task& task, const WorkspaceOptions& options);

}  // namespace rnnbench::experiments
