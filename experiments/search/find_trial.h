// From what a user calls a run to its trial.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "experiments/search/trials.h"

namespace rnnbench::experiments {

// The files of trials in the folder of a study, sorted.
std::vector<std::filesystem::path> trial_files(const std::filesystem::path& study_folder);

// The trial in <results>/*/search-*.jsonl whose id is `run` or begins like it; nothing when `run` is a path or no trial
// fits, so that it can only be a record. Throws UserError when more than one trial or record fits, and as TrialFile
// does.
std::optional<TrialRecord> find_trial(const std::filesystem::path& results, const std::string& run);

}  // namespace rnnbench::experiments
