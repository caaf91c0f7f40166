// The table of commands.
#pragma once

#include <vector>

#include "cli/command.h"

namespace rnnbench::cli {

// All commands, in the order of `rnnbench --help`.
const std::vector<Command>& all_commands();

}  // namespace rnnbench::cli
