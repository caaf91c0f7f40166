// `rnnbench show` explains a task, a cell, the options of training or an experiment.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int show_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
