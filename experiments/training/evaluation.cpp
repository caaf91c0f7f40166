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

std::vector<Batch> test_sequences(const Task& task, std::uint64_t seed, std::int64_t first, std::int64_t count) {
  constexpr std::int64_t max_batch = 64;
  std::vector<Batch> batches;
  for (std::int64_t done = 0; done < count; done += max_batch)
    task.sample({.seed = seed, .purpose = Purpose::test, .first = static_cast<std::uint32_t>(first + done)},
                static_cast<int>(std::min(max_batch, count - done)), batches.emplace_back());
  return batches;
}

}  // namespace rnnbench::experiments
