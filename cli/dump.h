// `rnnbench dump`: what a model computes from a batch, for comparison with other implementations.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int dump_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
