// Trains the runs of an experiment and records them.
#pragma once

#include <cstdint>
#include <string>

#include "experiments/declaration/spec.h"
#include "experiments/records/results_folder.h"

namespace rnnbench::experiments {

struct RunnerOptions {
  int jobs = 0;       // runs at once; 0 = as many as the cores hold, at most the number of runs
  int threads = 1;    // inside one run; 0 = the cores divided among the jobs
  int recompute = 0;  // keep the states of every k-th step only (see WorkspaceOptions); 0 = all
  bool keep_going = true;
  bool weights = true;             // write <id>.safetensors
  bool progress = true;            // on stderr, only when it is a terminal
  bool summary = true;             // at the end: what was recorded where, or how to continue
  double checkpoint_seconds = 20;  // of wall time between two checkpoints of a run
  std::string command;             // what continues an interrupted experiment; "" = the same command
};

// What the trainer tells while it works; called from the run's thread.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void progress(std::int64_t update, std::int64_t updates, double loss) {
    (void)update, (void)updates, (void)loss;
  }
  virtual bool stop() { return false; }  // asked between updates: true = save a checkpoint and return
  virtual void note(const std::string& sentence) {
    (void)sentence;
  }  // what the user should know, though the run goes on
};

// Trains one run to its end, or until the observer says stop (then a checkpoint is saved and `finished` is
// false). Continues from a checkpoint in the ledger when there is one; the record's `result` is the same
// bytes either way. Writes the weights, not the record. Sets this thread to flush denormal numbers to zero.
struct TrainOutcome {
  bool finished = false;
  Record record;
};
TrainOutcome train(const RunSpec& spec, const ResultsFolder& results_folder, const RunnerOptions& options,
                   Observer& observer);

inline constexpr int interrupted_code = 130;

// Runs everything that has no record yet, in grid order. Returns the exit code: 0 all recorded, 1 a run
// failed, interrupted_code. UserError before the first run when the results folder or a record in it is not
// good.
int run_experiment(const Experiment& experiment, const std::filesystem::path& results, const RunnerOptions& options);

}  // namespace rnnbench::experiments
