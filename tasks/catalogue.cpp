#include "tasks/task.h"

// The table of tasks, in the order they are shown: one line each. The file tasks/<name>.cpp defines
// <name>_task().
#define RNNBENCH_TASKS(TASK) \
  TASK(copy)                 \
  TASK(adding)               \
  TASK(counting)             \
  TASK(parity)               \
  TASK(even_pairs)           \
  TASK(cycle_navigation)     \
  TASK(modular_arithmetic)   \
  TASK(reverse_string)       \
  TASK(duplicate_string)     \
  TASK(odds_first)           \
  TASK(missing_duplicate)    \
  TASK(bucket_sort)          \
  TASK(binary_addition)      \
  TASK(dyck)                 \
  TASK(multiplication)       \
  TASK(temporal_order)       \
  TASK(noise_free_lag)       \
  TASK(reber)                \
  TASK(associative_recall)   \
  TASK(selective_copying)    \
  TASK(induction_heads)      \
  TASK(look_ahead)           \
  TASK(random_map)

namespace rnnbench {

#define DECLARE(name) TaskEntry name##_task();
RNNBENCH_TASKS(DECLARE)
#undef DECLARE

const std::vector<TaskEntry>& all_tasks() {
#define ENTRY(name) name##_task(),
  static const std::vector<TaskEntry> tasks = {RNNBENCH_TASKS(ENTRY)};
#undef ENTRY
  return tasks;
}

}  // namespace rnnbench
