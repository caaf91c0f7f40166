// Trains recorded runs again and compares the results with the records.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "experiments/records/record.h"
#include "experiments/running/runner.h"
#include "experiments/search/trials.h"

namespace rnnbench::experiments {

// A value in which two JSON texts differ.
struct Difference {
  std::string path;                        // "result.curve[3].loss"
  std::optional<Json> recorded, computed;  // nothing: only the other text has this value
};

// "result.curve[3].loss: recorded 0.5, now 0.25 (off by 0.25, relative 0.5)", relative to the recorded number.
std::string difference_text(const Difference& difference);

// The differences between two `result` sections. Numbers are compared as doubles; the order of keys does not matter; a
// key that only one section has is a difference. Differences of the learning curve come first, because they show the
// update from which the runs differ; then all others in the order of the record; then "hash", which is the only
// difference when equal values are written in another order or spelling.
std::vector<Difference> result_differences(const Json& recorded, const Json& computed);

// The same for a trial of a search, of which only the scores, the number of updates and the hash of the result are
// kept: "trial.validation.loss: recorded 0.5, now 0.25 (off by 0.25, relative 0.5)". "trial.result_hash" comes last.
std::vector<Difference> trial_differences(const TrialRecord& recorded, const Record& computed);

// The differences between two `measured` sections in machine, program and number of threads.
std::vector<Difference> environment_differences(const Json& recorded, const Json& computed);

// What a sample is spread over: the id of a run, and the texts of the sections `task` and `model` of its `spec`.
struct SampledRun {
  std::string id, task, model;
};
SampledRun sampled_run(const Json& spec);

// Chooses `count` runs (or all, if there are fewer), the same ones each time, spread over tasks and models. Each next
// run is the one whose combination of task and model (options included) was chosen least often so far; among equals,
// the one whose task and model were chosen least often; among equals, the one with the smallest id. Returns the indices
// of the chosen runs in the order of their choice.
std::vector<std::size_t> sample(const std::vector<SampledRun>& runs, std::size_t count);

struct Recomputed {
  std::vector<std::optional<Record>> records;  // in the order given; nothing for a run that failed or was interrupted
  bool interrupted = false;
};
// Trains the runs in a temporary folder, which is removed afterwards.
Recomputed recompute(const std::vector<RunSpec>& runs, RunnerOptions options);

}  // namespace rnnbench::experiments
