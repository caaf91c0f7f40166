// Trains runs on several threads, wherever their results go.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "experiments/declaration/spec.h"
#include "experiments/records/results_folder.h"
#include "experiments/running/interrupt_guard.h"
#include "experiments/running/runner.h"
#include "experiments/training/train.h"

namespace rnnbench::experiments {

// Where the results of runs go. Its functions are called from several threads.
class RunStore {
 public:
  enum class State {
    missing,
    incomplete,  // there is a result, but the run has to be trained again, for its weights
    complete,
  };
  virtual ~RunStore() = default;
  // Asked just before a run is trained, because another process may have stored it meanwhile.
  virtual State state_of(const RunSpec& run) = 0;
  // Throws std::exception when the result cannot be stored; one that is stored already is kept.
  virtual void store(const RunSpec& run, const TrainOutcome& outcome) = 0;
};

// What became of runs.
struct Outcome {
  std::size_t recorded = 0, diverged = 0;  // diverged runs are recorded too
  std::size_t done = 0;                    // recorded, and with weights if they are wanted
  std::size_t saved = 0;                   // interrupted runs whose checkpoint was saved
  std::vector<std::string> failures;       // one sentence for each run that failed
};

// Writes a sentence to standard error.
void say(const std::string& sentence);

// With `jobs` and `threads` chosen where they are 0. Throws UserError when they need more cores than there are.
RunnerOptions resolved(RunnerOptions options, std::size_t runs);

// Trains the runs in this order, as many at a time as the resolved options say. Checkpoints are in the results folder
// and are removed when the result is stored. `outcome` counts the runs that were done earlier; the others are added.
void train_runs(const ResultsFolder& results_folder, std::vector<RunSpec> runs, RunStore& store, Outcome& outcome,
                const RunnerOptions& options, const InterruptGuard& guard);

}  // namespace rnnbench::experiments
