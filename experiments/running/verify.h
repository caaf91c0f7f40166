// Trains recorded runs again and compares what comes out with what is recorded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "experiments/records/record.h"
#include "experiments/running/runner.h"

namespace rnnbench::experiments {

// One value that two JSON texts do not share.
struct Difference {
  std::string path;                        // "result.curve[3].loss"
  std::optional<Json> recorded, computed;  // nothing: only the other text has it
};

// "result.curve[3].loss: recorded 0.5, now 0.25 (off by 0.25, relative 0.5)"; relative to the recorded
// number.
std::string difference_text(const Difference& difference);

// Where two `result` sections differ. Numbers are equal as doubles, the order of keys counts for nothing, a
// key that only one has is a difference. The curve comes first, for it shows the update at which the runs
// part; then the others in the record's order; "hash" last, which alone differs when all values are equal but
// are written in another order or spelling.
std::vector<Difference> result_differences(const Json& recorded, const Json& computed);

// Where two `measured` sections tell of another machine, program or number of threads.
std::vector<Difference> environment_differences(const Json& recorded, const Json& computed);

// `count` of the records (all, if there are no more), the same ones each time: one after the other the run
// whose pair of task and model, options included, was chosen least often so far, then whose task and model
// were; among equals the smallest id, which is a hash.
std::vector<Record> sample(const std::vector<Record>& records, std::size_t count);

// Trains the runs of these records from their specs, in a temporary folder that is removed.
// Throws UserError when a spec is not one of this program and its numerics_version.
struct Recomputed {
  std::vector<std::optional<Record>> records;  // in their order; nothing: failed or interrupted
  bool interrupted = false;
};
Recomputed recompute(const std::vector<Record>& records, RunnerOptions options);

}  // namespace rnnbench::experiments
