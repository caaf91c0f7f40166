// The subcommands of the program.
#pragma once

#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::cli {

// A line of the table in rnnbench.cpp. `run` gets the arguments after the subcommand's name and returns the
// exit code (0 all well, 1 a run or check failed, 130 interrupted); a UserError it throws is printed and
// becomes 2.
struct Command {
  std::string name;
  std::string summary;  // one line
  std::string usage;    // what `rnnbench NAME --help` prints
  int (*run)(const std::vector<std::string>& arguments);
};

// Runs the subcommand that the first word names; returns its exit code. Throws UserError when there is none.
int dispatch(const std::vector<std::string>& words);

using CommandArguments = std::vector<std::string>;

int list_command(const CommandArguments& arguments);
int show_command(const CommandArguments& arguments);
int run_command(const CommandArguments& arguments);
int status_command(const CommandArguments& arguments);
int table_command(const CommandArguments& arguments);
int plot_command(const CommandArguments& arguments);
int report_command(const CommandArguments& arguments);
int compare_command(const CommandArguments& arguments);
int check_command(const CommandArguments& arguments);
int verify_command(const CommandArguments& arguments);
int trace_command(const CommandArguments& arguments);
int dump_command(const CommandArguments& arguments);
int speed_command(const CommandArguments& arguments);
int reproduce_command(const CommandArguments& arguments);
int findings_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
