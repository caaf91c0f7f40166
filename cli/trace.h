// `rnnbench trace` shows what a trained network does at every step of one test sequence.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int trace_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
