// A trial, and a file of trials in a temporary folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/error.h"
#include "core/text.h"
#include "experiments/search/trials.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

inline TrialRecord example_trial(std::uint64_t seed, const std::string& hash = "00000000000000ab") {
  TrialRecord trial;
  trial.canonical = small_run(seed).canonical();
  trial.status = "solved";
  trial.solved = true;
  trial.updates_to_solve = 40;
  trial.updates = 60;
  trial.measure = "mse";
  trial.higher_is_better = false;
  trial.baseline = 1.0 / 6;
  trial.validation = {{"loss", 0.1}, {"mse", 0.1 + 0.2}, {"max", std::nullopt}};
  trial.result_hash = hash;
  trial.cpu_seconds = 1.25;
  return trial;
}

class TemporaryTrials {
 public:
  TrialFile open() const { return TrialFile(path); }
  std::string text() const { return read_file(path); }
  std::string refusal() const {
    try {
      open();
    } catch (const UserError& error) {
      return replace_all(error.what(), path.string(), "FILE");
    }
    return "accepted";
  }
  const TemporaryFolder folder;
  const std::filesystem::path path = TrialFile::path_in(folder.path(), 'A');
};

}  // namespace rnnbench::test
