#include "cli/rnnbench.h"

#include <algorithm>
#include <iostream>

#include "cli/columns.h"
#include "cli/commands.h"
#include "core/error.h"
#include "core/plain_text.h"
#include "experiments/records/record.h"
#include "experiments/records/version.h"

namespace rnnbench::cli {
namespace {

void print_help(std::ostream& out) {
  out << R"(rnnbench: a benchmark of recurrent networks.
When does an LSTM beat a GRU, a vanilla RNN or a Transformer, and by how much?

usage: rnnbench COMMAND [arguments]

)";
  std::vector<std::vector<std::string>> rows;
  for (const Command& command : all_commands()) rows.push_back({command.name, command.summary});
  print_columns(out, rows, 2);
  out << R"(
'rnnbench COMMAND --help' explains a command. 'rnnbench --version' prints the version.

Results go to standard output, progress and errors to standard error.
Exit codes: 0 success, 1 a run or a check failed, 2 wrong input, 130 interrupted.
)";
}

}  // namespace

int dispatch(const std::vector<std::string>& words) {
  if (words.empty()) {
    print_help(std::cerr);
    return 2;
  }
  for (const std::string& word : words)
    if (!is_plain_text(word))
      throw UserError("command line: '" + word + "' contains a control character or is not UTF-8");
  if (words[0] == "help" && words.size() > 1) return dispatch({words[1], "--help"});
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help(std::cout);
    return 0;
  }
  if (words[0] == "--version") {
    if (words.size() > 1)
      throw UserError("command line: --version takes no arguments, but '" + words[1] + "' is given");
    const std::string commit = source_commit;
    std::cout << "rnnbench " << release_version << " (commit " << (commit.empty() ? "unknown" : commit)
              << ", numerics version " << numerics_version << ")\n";
    return 0;
  }
  const CommandArguments arguments(words.begin() + 1, words.end());
  std::vector<std::string> names;
  for (const Command& command : all_commands()) {
    names.push_back(command.name);
    if (command.name != words[0]) continue;
    if (std::find(arguments.begin(), arguments.end(), "--help") != arguments.end()) {
      std::cout << command.summary << "\n\nusage: " << command.usage;
      return 0;
    }
    return command.run(arguments);
  }
  const std::string suggestion = did_you_mean(words[0], names);
  throw UserError("command line: unknown command '" + words[0] + "'" +
                  (suggestion.empty() ? "; 'rnnbench --help' lists the commands" : suggestion));
}

}  // namespace rnnbench::cli
