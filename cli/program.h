// The whole program as a function, so that a program with additional tasks can call it.
#pragma once

#include <vector>

#include "tasks/task.h"

namespace rnnbench::cli {

// Runs the command that the words name, with the tasks of the table and `more_tasks`. Returns the exit code and prints
// every error. The exit code is 2 when the name of a task, or of one of its options, is already taken.
int main(int argc, char** argv, std::vector<TaskEntry> more_tasks = {});

}  // namespace rnnbench::cli
