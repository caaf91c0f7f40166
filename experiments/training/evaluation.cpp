#include "experiments/training/evaluation.h"

#include <algorithm>

namespace rnnbench::experiments {

std::int64_t next_evaluation(std::int64_t update, std::int64_t updates) {
  return std::min(updates, std::max(update + 10, (11 * update + 9) / 10));
}

Batch test_sequence(const Task& task, std::uint32_t number) {
  Batch batch;
  task.sample({.seed = evaluation_seed, .purpose = Purpose::test, .first = number}, 1, batch);
  return batch;
}

}  // namespace rnnbench::experiments
