// merge: joins results folders.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int merge_command(const CommandArguments& words);

}  // namespace rnnbench::cli
