// `rnnbench export`: the sequences of a task, for other programs.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int export_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
