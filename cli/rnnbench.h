// From the words of a command line to a command.
#pragma once

#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::cli {

// Runs the command that the first word names and returns its exit code. Throws UserError for an unknown command.
int dispatch(const std::vector<std::string>& words);

}  // namespace rnnbench::cli
