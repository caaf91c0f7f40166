// `rnnbench check`: the gradient of models against complex-step derivatives.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int check_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
