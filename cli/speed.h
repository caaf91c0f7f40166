// `rnnbench speed` measures the time of a training update.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int speed_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
