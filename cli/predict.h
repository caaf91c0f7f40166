// `rnnbench predict`: the outputs of a trained network.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int predict_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
