// Runs a study as it is declared: frozen protocol, search for settings, reported runs.
#pragma once

#include <filesystem>

#include "experiments/running/runner.h"
#include "findings/finding.h"

namespace rnnbench::findings {

// What is left to run of a study, and what it costs.
struct RemainingWork {
  std::size_t trials = 0;   // of both searches
  std::size_t runs = 0;     // reported; 0 if the searches show that no claim is testable
  std::size_t missing = 0;  // of both, not recorded yet
  double core_seconds = 0;  // of the missing ones, at most
};
// `claims` are all findings of one study, `results` is the results folder of the lab profile. Trains a few updates of
// each kind of run to estimate the time.
RemainingWork remaining_work(const std::vector<const Finding*>& claims, const std::filesystem::path& results);

// Freezes the protocol (see protocol.h). Before it is written for the first time, the smoke profile of the study is run
// in a temporary folder, so that nothing is frozen that could not be trained and compared. Throws UserError if it
// cannot, and as freeze. Returns 0, 1 when a run of the smoke profile failed, or interrupted_code after Ctrl-C; then
// nothing is frozen.
int freeze_tested(const std::vector<const Finding*>& claims, const std::filesystem::path& results,
                  const RunnerOptions& options);

// Freezes the protocol (not in the smoke profile), trains the trials of both searches that are not recorded yet, then
// the reported runs with the chosen settings, and writes the CSV files. The reported runs are left out if no claim is
// testable (but not in the smoke profile, which checks that everything works). `claims` are all findings of one study.
// With a shard, its part of what can be trained now (see run_search), without CSV files.
// Returns the exit code of run_experiment. Throws UserError as freeze.
int run_study(const std::vector<const Finding*>& claims, const std::filesystem::path& results,
              const RunnerOptions& options);

}  // namespace rnnbench::findings
