// The learning rate over the updates.
#pragma once

#include <cstdint>
#include <optional>

#include "core/settings.h"

namespace rnnbench::core {

// The learning rate of update 1, 2, ..., `updates` under schedule =
//   constant  learning-rate
//   warmup    rises linearly to learning-rate in update warmup-updates, then stays there
//   cosine    warmup, then (m + (1 - m) (1 + cos(pi t / T)) / 2) learning-rate for t = 0, 1, ..., T - 1, where T =
//   updates
//             - warmup-updates and m = min-rate: PyTorch's CosineAnnealingLR with T_max = T. No update has rate 0.
//   linear    warmup, then (1 - (1 - m) t / T) learning-rate: PyTorch's LinearLR with end_factor = m and total_iters =
//   T plateau   warmup, then learning-rate times the scale of Plateau
// With every schedule but constant, updates > warmup-updates.
double learning_rate(const Settings& training, std::int64_t update);

// schedule = plateau: PyTorch's ReduceLROnPlateau with threshold 0. After more than plateau-patience evaluations
// without a better score, the scale is multiplied by plateau-factor, but stays at least min-rate.
struct Plateau {
  double scale = 1;
  std::int64_t waited = 0;  // evaluations since the best score or the last reduction

  // To be called after each evaluation.
  void evaluated(const Settings& training, bool is_best);
};

}  // namespace rnnbench::core
