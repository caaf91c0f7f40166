#include "tasks/catalogue.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

// The table of tasks in the order in which they are listed. tasks/<name>.cpp defines <name>_task().
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

const TaskEntry& find_task(std::string_view text) {
  const std::string name(text);
  std::vector<std::string> names;
  for (const TaskEntry& entry : all_tasks()) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  throw UserError("task = " + name + " is not one of " + join(names) + did_you_mean(name, names));
}

void add_tasks(std::vector<TaskEntry> tasks) {
  const auto has = [](const auto& entries, const std::string& name) {
    return std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == name; });
  };
  for (TaskEntry& task : tasks) {
    const auto refuse = [&](const std::string& why) { throw UserError("task '" + task.name + "': " + why); };
    if (task.name.empty() || task.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
      refuse("a name may contain only a-z, 0-9 and -");
    if (has(table(), task.name)) refuse("a task of this name already exists; choose another name");
    for (const std::string required : {"length", "test-length"})
      if (!has(task.options, required)) refuse("the option '" + required + "' is missing, which every task needs");
    table().push_back(std::move(task));
  }
}

bool needs_file(const TaskEntry& entry) {
  return std::any_of(entry.options.begin(), entry.options.end(), [](const Option& option) { return option.is_path; });
}

}  // namespace rnnbench::tasks
