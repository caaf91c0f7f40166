#include "experiments/training/evaluation.h"

#include <algorithm>

namespace rnnbench::experiments {

std::int64_t next_evaluation(std::int64_t update, std::int64_t updates) {
  return std::min(updates, std::max(update + 10, (21 * update + 19) / 20));
}

Batch test_sequence(const Task& task, std::uint64_t seed, std::uint32_t number) {
  Batch batch;
  task.sample({.seed = seed, .purpose = Purpose::test, .first = number}, 1, batch);
  return batch;
}

}  // namespace rnnbench::experiments
