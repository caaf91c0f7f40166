// rnnbench import: results of other programs, to be shown beside records.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int import_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
