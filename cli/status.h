// `rnnbench status` prints the state of every run of an experiment.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int status_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
