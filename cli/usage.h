// The options of a command as data, read from its help: there is one description of a command, and it is the help.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace rnnbench::cli {

struct UsageOption {
  std::string name;                       // "format"
  std::string value;                      // "FORMAT"; "": it takes none
  std::vector<std::string> choices = {};  // of the synopsis, as in [--format text|json]
};

// In the order of the synopsis, without repetitions. Settings of runs, which the synopsis calls --KEY VALUE, are not
// among them.
std::vector<UsageOption> options_of(const Command& command);
bool accepts_settings(const Command& command);

// What a command takes besides options, as the synopsis calls it: "EXPERIMENT", "RUN", "FILE.csv"; words that are
// typed as they are have small letters: "findings".
std::vector<std::string> operands_of(const Command& command);

}  // namespace rnnbench::cli
