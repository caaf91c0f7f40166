// Trains the trials of a study's searches.
#pragma once

#include <filesystem>

#include "experiments/running/runner.h"
#include "experiments/search/search.h"

namespace rnnbench::experiments {

// Trains all rungs of searches A and B for the runs of the experiment and appends the trials to search-A.jsonl and
// search-B.jsonl in its results folder. Continues an interrupted search. No weights and no record files are written.
// With a shard, trains its part of the lowest rung that is not finished, and goes on to the next rung as long as the
// other shards have finished theirs. Returns the exit code as run_experiment does: 0 when both searches are finished or
// the shard has nothing more to train now, 1 when a trial failed,
// interrupted_code after Ctrl-C.
int run_search(const Search& search, const Experiment& experiment, const std::filesystem::path& results,
               const RunnerOptions& options);

}  // namespace rnnbench::experiments
