// `rnnbench reproduce` trains the runs of findings and prints their verdicts.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int reproduce_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
