// `rnnbench table`, `plot`, `report` and `compare`: the commands that read the records of an experiment.
#pragma once

#include "cli/command.h"

namespace rnnbench::cli {

int table_command(const CommandArguments& arguments);
int plot_command(const CommandArguments& arguments);
int report_command(const CommandArguments& arguments);
int compare_command(const CommandArguments& arguments);

}  // namespace rnnbench::cli
