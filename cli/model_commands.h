// `rnnbench check` and `rnnbench dump`: what a model computes, for comparison with other implementations.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int check_command(const CommandArguments& arguments);
int dump_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
