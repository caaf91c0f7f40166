// A checkpoint: a run in progress as one safetensors file. A run that continues from it gets the same result as one
// that was never interrupted.
#pragma once

#include <cstdint>
#include <string>

#include "core/optimizer.h"
#include "core/parameters.h"
#include "core/safetensors.h"
#include "core/schedule.h"
#include "experiments/records/record.h"
#include "experiments/training/evaluation.h"
#include "models/network.h"
#include "tasks/task.h"

namespace rnnbench::experiments {

// Where a run's time went so far, in seconds. other_cpu: of other processes meanwhile.
struct Times {
  double train_cpu = 0, train_wall = 0, evaluate_cpu = 0, evaluate_wall = 0, other_cpu = 0;
};

// The state of a run, without parameters and moments of the optimizer.
struct TrainingState {
  std::int64_t update = 0;           // updates done
  std::int64_t next_evaluation = 0;  // the update after which the next point of the curve is due
  double loss_sum = 0;               // of the training losses since the last point
  std::int64_t loss_count = 0;
  Json curve = Json::array();  // of `result`
  Solving solving;
  Best best;
  Plateau plateau;                   // of schedule = plateau
  std::vector<StreamPlace> streams;  // of a task with chunks
  Times times;
  Json curve_cpu_seconds = Json::array();  // of `measured`
  int resumed = 0;
};

// The rest of a run: what its updates change.
struct TrainingArrays {
  Parameters<float>& parameters;
  Parameters<float>* best;  // the weights of the best validation score, or null if they are not kept
  Optimizer& optimizer;
  Carried<float>* carried;   // the states before the next chunk, or null if the task has no chunks
  std::size_t carried_size;  // of these states after the first chunk
  std::size_t sequences;     // of a batch, each of which has a stream of chunks
};

std::string checkpoint_bytes(const std::string& canonical, const TrainingState& state, const TrainingArrays& arrays);

// Throws UserError when the bytes are damaged or do not belong to the run with this canonical text and number of
// updates. The contents of the arrays are then undefined.
TrainingState restore_checkpoint(const std::string& bytes, const std::string& canonical, std::int64_t updates,
                                 const TrainingArrays& arrays);

// The hash of everything in the file but "hash" itself, which states it: a damaged file must not lead to a wrong
// result.
std::string content_hash(const TensorFile& file);

// The state as a checkpoint contains it. Reading throws UserError if no run of so many updates has such a state.
std::string state_text(const TrainingState& state, Optimizer& optimizer);
TrainingState read_state(const std::string& text, std::int64_t updates, Optimizer& optimizer);

// No checkpoint of such a run is larger.
std::uint64_t max_checkpoint_bytes(const TrainingArrays& arrays);

}  // namespace rnnbench::experiments
