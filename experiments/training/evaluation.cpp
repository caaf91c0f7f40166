#include "experiments/training/evaluation.h"

#include <algorithm>
#include <cmath>

namespace rnnbench::experiments {

std::int64_t next_evaluation(std::int64_t update, std::int64_t updates, std::int64_t every) {
  return std::min(updates, every > 0 ? update + every : std::max(update + 10, (21 * update + 19) / 20));
}

bool Best::evaluated(double new_score, bool higher_is_better, std::int64_t after_update) {
  const bool better =
      std::isfinite(new_score) && (!update || (higher_is_better ? new_score > score : new_score < score));
  if (!better) {
    ++waited;
    return false;
  }
  *this = {after_update, new_score, 0};
  return true;
}

Batch test_sequence(const Task& task, std::uint64_t seed, std::uint32_t number) {
  Batch batch;
  task.sample({.seed = seed, .purpose = Purpose::test, .first = number}, 1, batch);
  return batch;
}

}  // namespace rnnbench::experiments
