#include "experiments/declaration/run_task.h"

#include "tasks/catalogue.h"

namespace rnnbench::experiments {

std::unique_ptr<const Task> make_task(const RunSpec& run) { return make_task(run, run.task); }

std::unique_ptr<const Task> make_task(const RunSpec& run, Settings task) {
  const TaskEntry& entry = find_task(task.text("task"));
  if (entry.take_seed) entry.take_seed(task, run.seed);
  return entry.make(task);
}

}  // namespace rnnbench::experiments
