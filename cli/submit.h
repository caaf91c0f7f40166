// submit: writes scripts for Slurm and queues them.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int submit_command(const CommandArguments& words);

}  // namespace rnnbench::cli
