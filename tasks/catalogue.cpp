#include <algorithm>

#include "core/error.h"
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
  TASK(random_map)           \
  TASK(sequences)

namespace rnnbench::tasks {

#define DECLARE(name) TaskEntry name##_task();
RNNBENCH_TASKS(DECLARE)
#undef DECLARE

namespace {

std::vector<TaskEntry>& table() {
#define ENTRY(name) name##_task(),
  static std::vector<TaskEntry> tasks = {RNNBENCH_TASKS(ENTRY)};
#undef ENTRY
  return tasks;
}

}  // namespace

const std::vector<TaskEntry>& all_tasks() { return table(); }

void add_tasks(std::vector<TaskEntry> tasks) {
  const auto has = [](const auto& entries, const std::string& name) {
    return std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == name; });
  };
  for (TaskEntry& task : tasks) {
    const auto refuse = [&](const std::string& why) { throw UserError("task '" + task.name + "': " + why); };
    if (task.name.empty() || task.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
      refuse("a name is made of a-z, 0-9 and -");
    if (has(table(), task.name)) refuse("there is one of this name already; choose another");
    for (const std::string needed : {"length", "test-length"})
      if (!has(task.options, needed)) refuse("it has no option '" + needed + "', which every task has");
    table().push_back(std::move(task));
  }
}

}  // namespace rnnbench::tasks
