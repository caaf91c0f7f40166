// Tasks that predict the next step of sequences from a file without labels.
#pragma once

#include <memory>

#include "tasks/sequences/sequence_file.h"
#include "tasks/task.h"

namespace rnnbench::tasks {

// Chords or symbols, as the file has them. Only the first `length` + 1 steps of a sequence are used, also for
// baselines.
std::unique_ptr<const Task> next_step_task(SequenceFile&& file, int length, int chunk);

}  // namespace rnnbench::tasks
