// What all commands of the program share.
#pragma once

#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::cli {

// The words after the command's name.
using CommandArguments = std::vector<std::string>;

struct Command {
  std::string name;
  std::string summary;  // one line, without a full stop
  std::string usage;    // what `rnnbench NAME --help` prints after "usage: "
  // Returns the exit code: 0 success, 1 a run or a check failed, 130 interrupted. Throws UserError for wrong input,
  // which the program prints before it exits with code 2.
  int (*run)(const CommandArguments& arguments);
  bool answers_signals = false;  // from its first moment to its last, see cli/interruptible.h
};

}  // namespace rnnbench::cli
