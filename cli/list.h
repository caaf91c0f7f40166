// `rnnbench list` names the tasks, the models and the experiments of the catalogue.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int list_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
