// Trains the runs of an experiment and records them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "experiments/declaration/spec.h"
#include "experiments/running/shard.h"
#include "experiments/training/train.h"

namespace rnnbench::experiments {

// Here `jobs` = 0 means as many runs at the same time as the cores allow, and `threads` = 0 means that the cores are
// divided among the jobs.
struct RunnerOptions : TrainOptions {
  bool keep_going = true;  // after a run that failed
  bool progress = true;    // show a progress line if standard error is a terminal
  bool summary = true;     // at the end, say what was recorded and where, or how to continue
  Shard shard;             // of the runs, or of each rung of a search
  std::string command;     // the command that continues an interrupted experiment; "": the one that was given
};

// The exit code of an interrupted program, as shells expect it: 128 + SIGINT.
inline constexpr int interrupted_code = 130;

// Trains every run of the shard that has no record yet, in grid order, and again those whose weights are wanted but
// whose weights file is missing or damaged; their records are kept, and a different result is a failure. Returns the
// exit code: 0 when all runs are recorded, 1 when one failed, interrupted_code after Ctrl-C. Throws UserError before
// the first run when the results folder or a record in it cannot be used.
int run_experiment(const Experiment& experiment, const std::filesystem::path& results, const RunnerOptions& options);

// Does what comes after runs that ended with this exit code, such as writing tables of them, and returns the code.
// After an interruption nothing is done. After a failed run, a failure of this work is said too, and the code stays;
// after success it is thrown.
int after_runs(int code, const std::function<void()>& work);

}  // namespace rnnbench::experiments
