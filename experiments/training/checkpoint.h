// A run in progress as one safetensors file, from which it continues as if it had never stopped.
#pragma once

#include <cstdint>
#include <string>

#include "core/optimizer.h"
#include "core/parameters.h"
#include "experiments/records/record.h"

namespace rnnbench::experiments {

// Where a run's time went so far, in seconds.
struct Times {
  double train_cpu = 0, train_wall = 0, evaluate_cpu = 0, evaluate_wall = 0;
};

// All that a run knows beside its arrays.
struct TrainingState {
  std::int64_t update = 0;           // updates done
  std::int64_t next_evaluation = 0;  // the update after which the next point of the curve is due
  double loss_sum = 0;               // of the training losses since the last point
  std::int64_t loss_count = 0;
  Json curve = Json::array();  // of `result`
  Json updates_to_solve;       // null, or the update
  Times times;
  Json curve_cpu_seconds = Json::array();  // of `measured`
  Json cpu_seconds_to_solve, wall_seconds_to_solve;
  int resumed = 0;
};

std::string checkpoint_bytes(const std::string& canonical, const TrainingState& state,
                             const Parameters<float>& parameters, Optimizer& optimizer);

// Throws UserError when the bytes are damaged or belong to another spec than `canonical`; parameters and
// optimizer may then hold anything.
TrainingState restore_checkpoint(const std::string& bytes, const std::string& canonical, Parameters<float>& parameters,
                                 Optimizer& optimizer);

}  // namespace rnnbench::experiments
