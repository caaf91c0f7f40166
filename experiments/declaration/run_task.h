// The task that a run trains on.
#pragma once

#include <memory>

#include "experiments/declaration/spec.h"
#include "tasks/task.h"

namespace rnnbench::experiments {

// The task of a run, with what it takes from the seed of the run (TaskEntry::take_seed).
std::unique_ptr<const Task> make_task(const RunSpec& run);
// The same with other settings of the task, such as another length.
std::unique_ptr<const Task> make_task(const RunSpec& run, Settings task);

}  // namespace rnnbench::experiments
