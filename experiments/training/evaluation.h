// How runs are evaluated: on which sequences, on how many, and after which updates.
#pragma once

#include <cstdint>

#include "core/batch.h"
#include "core/namespaces.h"
#include "tasks/task.h"

namespace rnnbench::experiments {

// The seed of validation and test sequences. It does not depend on the seed of the run, so all runs of a task are
// scored on the same sequences.
inline constexpr std::uint64_t evaluation_seed = 0;

// Test scores are reported, so they are measured on this many times as many sequences as validation scores, which only
// decide when a run has solved its task.
inline constexpr int test_factor = 4;

// The update after which the next point of the learning curve is due, at most `updates`. Points come after 0, 10, 20,
// ..., 100, 110 and 121 updates, and from there on 10 % apart.
std::int64_t next_evaluation(std::int64_t update, std::int64_t updates);

// Test sequence `number` of the task, a batch of size 1.
Batch test_sequence(const Task& task, std::uint32_t number);

}  // namespace rnnbench::experiments
