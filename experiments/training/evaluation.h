// How runs are evaluated: on which sequences, on how many, and after which updates.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/batch.h"
#include "core/namespaces.h"
#include "tasks/task.h"

namespace rnnbench::experiments {

// Validation and test sequences are drawn from the seed of the run, so the differences between seeds contain the
// sampling error of these sequences. Models with the same seed are scored on the same sequences. Every evaluation has
// validation sequences of its own, whose address contains the number of updates.

// The option `evaluate` is the number of validation sequences at each point of the learning curve. The scores that are
// reported and the confirmation of a solved task (see Solving) use this many times as many:
inline constexpr int confirm_factor = 10;  // other validation sequences; also those of the final validation scores
inline constexpr int test_factor = 40;     // test sequences

// The update after which the next point of the learning curve is due, at most `updates`. Points come every `every`
// updates, or if this is 0 after 0, 10, 20, ..., 200 updates, and from there on 5 % apart.
std::int64_t next_evaluation(std::int64_t update, std::int64_t updates, std::int64_t every = 0);

// When a run solves its task. A point of the learning curve is confirmed if its validation scores meet the criterion of
// the task, and so do the scores on other sequences, ten times as many. The time to solve is that of the first point of
// the last unbroken row of confirmed points, which must be at least two long. The run is solved if this row reaches the
// end of training.
struct Solving {
  // Number of confirmed points without an unconfirmed one between or after them.
  std::int64_t confirmed = 0;
  // Of the first of these points; nothing if there is none.
  std::optional<std::int64_t> update;
  double cpu_seconds = 0, wall_seconds = 0;

  bool solved() const { return confirmed >= 2; }
};

// The best validation score of a run so far. Of equal scores the earliest is the best, and a score that is not finite
// never is.
struct Best {
  std::optional<std::int64_t> update;  // after which it was reached; nothing: no score was finite yet
  double score = 0;
  std::int64_t waited = 0;  // evaluations since then

  // Takes the score of an evaluation. Returns whether it is the best.
  bool evaluated(double new_score, bool higher_is_better, std::int64_t after_update);
};

// Test sequence `number` of a run with this task and seed, a batch of size 1.
Batch test_sequence(const Task& task, std::uint64_t seed, std::uint32_t number);
// Test sequences first .. first + count - 1, in batches of at most 64, as in the evaluation of a run.
std::vector<Batch> test_sequences(const Task& task, std::uint64_t seed, std::int64_t first, std::int64_t count);

}  // namespace rnnbench::experiments
