// rnnbench: recurrent networks on long-dependency tasks, from experiment file to report.

#include <algorithm>
#include <exception>
#include <iostream>

#include "cli/columns.h"
#include "cli/command.h"
#include "core/error.h"
#include "experiments/environment.h"

namespace rnnbench {
namespace {

const std::string experiment_help = R"(
  EXPERIMENT is an INI file, the name of a catalogue experiment (rnnbench list experiments), or settings alone, as in
  --task adding --length 100 --cell lstm --hidden 64 --seed 1..3. Settings beside a file win over those in it.
  Settings are the options that 'rnnbench show TASK', 'rnnbench show CELL' and 'rnnbench show training' list. A value may
  be a comma list (50,100) or a range (1..10, 50..200..50): lists and ranges span a grid of runs.
)";
const std::string results_help = "\n  --results DIR   the folder of records (default: results)";

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"list", "name the tasks, models and experiments there are",
       "rnnbench list [tasks|models|experiments] [--format text|json]\n", list_command},
      {"show", "explain a task, a cell, the training options or an experiment",
       "rnnbench show TASK|CELL|training|FILE.ini|NAME [--format text|json] [--any-setting value]\n" +
           std::string(
               "\n  A cell: its formula, options and initial values. A task: its definition and options. An "
               "experiment:\n  the grid it spans and the parameters of each model. NAME is a catalogue "
               "experiment.\n"),
       show_command},
      {"run", "train the runs of an experiment that have no record yet",
       "rnnbench run EXPERIMENT [--jobs N] [--threads N] [--results DIR] [--dry-run] "
       "[--keep-going|--fail-fast] "
       "[--no-weights]\n              [--any-setting value]\n" +
           experiment_help + results_help + R"(
  --jobs N        runs at once (default: one per core)
  --threads N     threads inside one run (default: 1); the results do not depend on it
  --dry-run       name the runs and their state, start nothing
  --keep-going    a run that fails does not stop the others (default)
  --fail-fast     the first run that fails stops the experiment
  --no-weights    do not keep the final weights beside each record

  Running again resumes: finished runs are kept, an interrupted one continues. Ctrl-C saves first.
)",
       run_command},
      {"status", "say what is finished, interrupted and missing",
       "rnnbench status EXPERIMENT [--results DIR] [--format text|json] [--any-setting value]\n" +
           experiment_help + results_help + "\n",
       status_command},
      {"table", "print the results per task and model",
       "rnnbench table EXPERIMENT [--results DIR] [--format text|csv|markdown|json]\n" + experiment_help +
           results_help + "\n",
       table_command},
      {"plot", "draw the figures",
       "rnnbench plot EXPERIMENT [--results DIR]\n" + experiment_help + results_help + "\n", plot_command},
      {"report", "write the self-contained report.html",
       "rnnbench report EXPERIMENT [--results DIR]\n" + experiment_help + results_help + "\n",
       report_command},
      {"compare", "compare models by paired differences",
       "rnnbench compare EXPERIMENT --cell A,B [--results DIR]\n" + experiment_help + results_help + "\n",
       compare_command},
      {"check", "check the gradients of models against the complex step",
       "rnnbench check [CELL] [--any-setting value]\n", check_command},
      {"trace", "show the gates and attention of a trained run",
       "rnnbench trace RUN [--results DIR]\n\n  RUN is the id of a record, a unique prefix of one, or a "
       "path.\n",
       trace_command},
      {"dump", "write one batch with its outputs, loss and gradients",
       "rnnbench dump [--any-setting value] --to FILE.safetensors\n", dump_command},
      {"speed", "measure the speed of a training step",
       "rnnbench speed [--time-steps N] [--threads N] [--format text|json] [--any-setting value]\n",
       speed_command},
  };
  return table;
}

void print_help(std::ostream& out) {
  out << "rnnbench: when does an LSTM beat a GRU, a vanilla RNN, an attention model, and by how much?\n\n"
         "usage: rnnbench COMMAND [arguments]\n\n";
  std::vector<std::vector<std::string>> rows;
  for (const Command& command : commands()) rows.push_back({command.name, command.summary});
  print_columns(out, rows, 2);
  out << "\n'rnnbench COMMAND --help' explains a command, 'rnnbench --version' names the version.\n"
         "Data goes to standard output, progress and errors to standard error.\n"
         "Exit codes: 0 all well, 1 a run failed, 2 bad input, 130 interrupted.\n";
}

int dispatch(const std::vector<std::string>& words) {
  if (words.empty()) {
    print_help(std::cerr);
    return 2;
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help(std::cout);
    return 0;
  }
  if (words[0] == "--version") {
    std::cout << "rnnbench " << environment().at("version").get<std::string>() << '\n';
    return 0;
  }
  const std::vector<std::string> arguments(words.begin() + 1, words.end());
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    names.push_back(command.name);
    if (command.name != words[0]) continue;
    if (std::find(arguments.begin(), arguments.end(), "--help") != arguments.end()) {
      std::cout << command.summary << "\n\nusage: " << command.usage;
      return 0;
    }
    return command.run(arguments);
  }
  const std::string near = did_you_mean(words[0], names);
  throw UserError("command line: unknown command '" + words[0] + "'" +
                  (near.empty() ? "; 'rnnbench --help' lists the commands" : near));
}

}  // namespace
}  // namespace rnnbench

int main(int argc, char** argv) {
  try {
    const int code = rnnbench::dispatch({argv + 1, argv + argc});
    std::cout.flush();
    if (std::cout) return code;
    std::cerr << "rnnbench: standard output cannot be written\n";
    return 1;
  } catch (const rnnbench::UserError& error) {
    std::cerr << "rnnbench: " << error.what() << '\n';
    return 2;
  } catch (const std::bad_alloc&) {
    std::cerr << "rnnbench: out of memory\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << "rnnbench: " << error.what() << '\n';
    return 1;
  }
}
