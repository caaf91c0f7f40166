// completion: what shells complete. man: the manual page. Both are made from the tables of commands, options, tasks and
// cells.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int completion_command(const CommandArguments& words);
int man_command(const CommandArguments& words);

}  // namespace rnnbench::cli
