// What every task promises, checked on any line of the table without knowing the task.
#pragma once

#include <string>
#include <vector>

#include "tasks/task.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

// One settings per variant: the defaults, and what is given, with every choice of every choice option, and with each
// integer option at its least, and `shortest` at its most too; each at several lengths, the shortest possible among
// them.
std::vector<Settings> variants(const TaskEntry& entry, const Settings& given = {});

// "copy length=21 variant=tcn"
std::string described(const TaskEntry& entry, const Settings& settings);

// One sentence for each broken promise; empty when the task keeps all of them. `given`: options without a default,
// such as a file.
std::vector<std::string> broken_promises(const TaskEntry& entry, const Settings& given = {});

}  // namespace rnnbench::test
