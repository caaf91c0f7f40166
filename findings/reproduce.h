// Runs a finding as it is declared, with the search for settings.
#pragma once

#include <filesystem>

#include "experiments/running/runner.h"
#include "findings/finding.h"

namespace rnnbench::findings {

// What is left to run of a finding, and what it costs.
struct RemainingWork {
  std::size_t runs = 0;     // declared, tuned and untuned
  std::size_t trials = 0;   // of the search
  std::size_t missing = 0;  // of both, without a record
  double core_seconds = 0;  // of the missing ones, at most
};
// `results` is the results folder of the lab profile. Trains a few updates of each kind of run to estimate the time.
RemainingWork remaining_work(const Finding& finding, const std::filesystem::path& results);

// Runs the declared runs and the trials of the search that have no record yet, then, once all trials are recorded, the
// tuned runs; writes their CSV files. Returns the exit code of run_experiment. `results` as above.
int run_finding(const Finding& finding, const std::filesystem::path& results, const RunnerOptions& options);

}  // namespace rnnbench::findings
