// The table of subcommands, and the way from the words of a command line to one of them.

#include <algorithm>
#include <iostream>

#include "cli/columns.h"
#include "cli/command.h"
#include "core/error.h"
#include "experiments/records/environment.h"

namespace rnnbench::cli {
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
       "rnnbench list [tasks|models|experiments] [--format text|json|markdown]\n", list_command},
      {"show", "explain a task, a cell, the training options or an experiment",
       "rnnbench show TASK|CELL|training|FILE.ini|NAME [--format text|json] [--any-setting value]\n" +
           std::string("\n  A cell: its formula, options and initial values. A task: its definition and options. An "
                       "experiment:\n  the grid it spans and the parameters of each model. NAME is a catalogue "
                       "experiment.\n"),
       show_command},
      {"run", "train the runs of an experiment that have no record yet",
       "rnnbench run EXPERIMENT [--jobs N] [--threads N] [--recompute K] [--results DIR] [--dry-run] "
       "[--keep-going|--fail-fast] "
       "[--no-weights]\n              [--any-setting value]\n" +
           experiment_help + results_help + R"(
  --jobs N        runs at once (default: one per core)
  --threads N     threads inside one run (default: 1); the results do not depend on it
  --recompute K   keep the states of every K-th step only and compute the steps between them twice: memory of K
                  steps instead of all, a third more time, the same results (attention keeps all states)
  --dry-run       name the runs and their state, start nothing
  --keep-going    a run that fails does not stop the others (default)
  --fail-fast     the first run that fails stops the experiment
  --no-weights    do not keep the final weights beside each record

  Running again resumes: finished runs are kept, an interrupted one continues. Ctrl-C saves first.
)",
       run_command},
      {"status", "say what is finished, interrupted and missing",
       "rnnbench status EXPERIMENT [--results DIR] [--format text|json] [--any-setting value]\n" + experiment_help +
           results_help + "\n",
       status_command},
      {"table", "print the results per task and model",
       "rnnbench table EXPERIMENT [--results DIR] [--format text|csv|markdown|json]\n" + experiment_help +
           results_help + "\n",
       table_command},
      {"plot", "draw the figures", "rnnbench plot EXPERIMENT [--results DIR]\n" + experiment_help + results_help + "\n",
       plot_command},
      {"report", "write the self-contained report.html",
       "rnnbench report EXPERIMENT [--results DIR]\n"
       "       rnnbench report findings [FILE.ini ...] [--results DIR] [--profile smoke|lab|full]\n" +
           experiment_help + results_help + R"(

  findings   the page of all findings, with a figure of each: <results>/findings.html
)",
       report_command},
      {"compare", "compare models by paired differences",
       "rnnbench compare EXPERIMENT --cell A,B [--measure SCORE] [--results DIR] [--any-setting value]\n" +
           experiment_help + results_help + R"(
  --cell A,B        the two models: cells, or labels of the result table as in 'lstm, lstm + additive attention'
  --measure SCORE   what is compared: loss or updates-to-solve (default: the score that the task is judged by)

  Runs are paired by seed, for they saw the same batches. Every pair is shown; from ten seeds on an interval too.
)",
       compare_command},
      {"reproduce", "run published claims as declared and decide them",
       "rnnbench reproduce [NAME...] [--profile smoke|lab|full] [--jobs N] [--threads N] [--results DIR] [--dry-run]\n" +
           std::string(R"(
  NAME is a finding of the catalogue (rnnbench findings) or a file with a section [finding]; default: all of them.
  --profile P     smoke: seconds each, everything runs, nothing is claimed; lab: what a laptop does in an evening
                  (default); full: the published sizes
  --jobs N        runs at once (default: one per core)
  --threads N     threads inside one run (default: 1)
  --dry-run       say what is to run and how many core-minutes it takes at most on this machine
)") + results_help +
           R"(

  Each finding runs its untuned models and the trials of its search, then the tuned models with seeds of their own, and is
  decided by the rule in its file. Running again resumes.
)",
       reproduce_command},
      {"findings", "the ledger of published claims and their verdicts",
       "rnnbench findings [NAME...] [--format text|markdown|json] [--profile lab|full] [--results DIR]\n" +
           results_help + "\n\n  The published records: --results results/reference\n",
       findings_command},
      {"check", "check the gradients of models against the complex step",
       R"(rnnbench check [CELL ...] [--format text|json]

  For every cell (default: all), attention and loss: the largest difference between the gradient and its complex-step
  derivative, per block of parameters and relative to the largest derivative of the block. Exit code 1 when one exceeds
  1e-12.
)",
       check_command},
      {"verify", "train recorded runs again and compare every number",
       R"(rnnbench verify RUN ... [--jobs N] [--threads N] [--recompute K] [--results DIR]
       rnnbench verify --sample N EXPERIMENT [--jobs N] [--threads N] [--recompute K] [--results DIR] [--any-setting value]

  RUN is the id of a record, the beginning of one that no other shares, or the path of a record.
  --sample N      N of the experiment's recorded runs, the same ones each time, spread over its tasks and models
  --jobs N        runs at once (default: one per core); --threads and --recompute as in 'rnnbench run'
  --results DIR   the folder of records (default: results)

  Trains each run from its spec in a temporary folder and compares the whole result. Says 'identical', or names the
  first difference (of the learning curve, if it is there) and what differs between the recorded machine and this one.
  Exit code 1 when a run is different or fails.
)",
       verify_command},
      {"trace", "show the gates and attention of a trained run",
       R"(rnnbench trace RUN [--sample N] [--length L] [--results DIR]

  RUN is the id of a record, the beginning of one that no other shares, or the path of a record.
  --sample N      the number of the test sequence (default: 0)
  --length L      another length than the run was trained at
  --results DIR   the folder of records (default: results)

  Writes every gate, state, attention weight and output of every step into <results>/<experiment>/traces/<id>.csv,
  draws them beside it (.svg, .pdf, .png), and prints the mean of every gate per kind of step.
)",
       trace_command},
      {"dump", "write one batch with its outputs, loss and gradients",
       R"(rnnbench dump --to FILE.safetensors [--any-setting value]

  One batch of the task (default: copy) through the model (default: lstm) as it starts from the seed: inputs [time,
  batch, features], targets, mask, outputs, loss, every parameter under its PyTorch name (rnn.weight_ih_l0) and its
  gradient (grad.rnn.weight_ih_l0). Settings are those of 'rnnbench run', one value each.
)",
       dump_command},
      {"speed", "measure the speed of a training step",
       R"(rnnbench speed [EXPERIMENT] [--time-steps N] [--threads N] [--recompute K] [--repetitions N] [--format text|json] [--any-setting value]

  The median time of an update (forward, loss, backward, clip, optimizer) and of the forward pass alone, beside the
  peak of fused multiply-adds measured on this machine. Settings are those of 'rnnbench run'; lists span a grid.
  Default: every cell on copy.
  --time-steps N    the whole length of the sequence, whatever the task calls its own length
  --threads N       threads of one update (default: 1)
  --recompute K     keep the states of every K-th step only (see 'rnnbench help run')
  --repetitions N   interleaved repetitions that the medians are of (default: 9)
)",
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

}  // namespace

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

}  // namespace rnnbench::cli
