// The training of one run.
#pragma once

#include <cstdint>
#include <string>

#include "experiments/declaration/spec.h"
#include "experiments/records/record.h"
#include "experiments/records/results_folder.h"

namespace rnnbench::experiments {

// How a run is computed. None of this changes its `result`.
struct TrainOptions {
  int jobs = 0;                    // runs at the same time; the trainer only records it
  int threads = 1;                 // of this run
  int recompute = 0;               // keep the states of every k-th step only (see WorkspaceOptions); 0: keep all
  bool oversubscribe = false;      // allow more threads of all jobs together than there are cores
  bool weights = true;             // keep the final weights, in <id>.safetensors
  double checkpoint_seconds = 20;  // wall time between two checkpoints
};

// What the trainer reports while it works. It calls these functions from the thread that trains.
class Observer {
 public:
  virtual ~Observer() = default;
  // After every update: the number of updates done and declared, and the training loss of this one.
  virtual void progress(std::int64_t /*update*/, std::int64_t /*updates*/, double /*loss*/) {}
  // Asked between updates; true makes the trainer save a checkpoint and return.
  virtual bool stop() { return false; }
  // Something the user should know although the run continues.
  virtual void note(const std::string& /*sentence*/) {}
};

struct TrainOutcome {
  bool finished = false;  // false: the observer stopped the run
  bool saved = false;     // whether a run that was stopped has a checkpoint; if not, a note has said why
  Record record;          // of a finished run
  std::string weights;    // the bytes of its weights file; "" if they are not wanted or not finite
};

// The validation scores of a run before its first update, as in the first point of its learning curve.
Json scores_before_training(const RunSpec& spec);

// Trains a run to its end or until the observer stops it. Continues from the run's checkpoint in the results folder if
// there is one; the record's `result` has the same bytes either way. Writes neither the record nor the weights.
TrainOutcome train(const RunSpec& spec, const ResultsFolder& results_folder, const TrainOptions& options,
                   Observer& observer);

}  // namespace rnnbench::experiments
