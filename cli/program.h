// The whole program as a function: for the tree's own main, and for one with more tasks.
#pragma once

#include <vector>

#include "tasks/task.h"

namespace rnnbench::cli {

// Runs the subcommand that the words name, on the tasks of the table and these; returns the exit code. Prints
// every error. A task is refused (exit code 2) when its name or that of an option already means something
// else.
int main(int argc, char** argv, std::vector<TaskEntry> more_tasks = {});

}  // namespace rnnbench::cli
