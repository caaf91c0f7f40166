// `rnnbench run` trains the runs of an experiment that have no record yet.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int run_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
