// `rnnbench verify` trains recorded runs again and compares the results.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int verify_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
