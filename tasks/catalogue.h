// The table of tasks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/task.h"

namespace rnnbench::tasks {

// Every task of tasks/catalogue.cpp in the order of its table, then those that were added.
const std::vector<TaskEntry>& all_tasks();

// The task of this name. Throws UserError with the nearest known name.
const TaskEntry& find_task(std::string_view name);

// Adds tasks from outside the source tree. Call it at the start of main, because it invalidates references to entries.
// Throws UserError when a name is taken or contains anything but a-z, 0-9 and -, or when an option that every task has
// is missing.
void add_tasks(std::vector<TaskEntry> tasks);

// Whether the task cannot be made from its default options, because it reads a file of the user.
bool needs_file(const TaskEntry& entry);

}  // namespace rnnbench::tasks
