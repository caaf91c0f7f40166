// Tasks that classify sequences, or each of their steps, by labels in a file.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "tasks/sequences/listed_task.h"
#include "tasks/sequences/sequence_file.h"

namespace rnnbench::tasks {

// Sequences with labels, in whatever form they are stored.
class LabeledSequences {
 public:
  virtual ~LabeledSequences() = default;

  // Of all sequences.
  struct Shape {
    std::array<std::size_t, 3> counts{};  // sequences of each split
    std::size_t longest = 0;              // time steps of the longest sequence
    int symbols = 0;                      // number of input symbols; 0: the steps are real values
    int features = 0;                     // values of a step; 0: the steps are symbols
    int classes = 0;                      // 1 + the largest label
    bool every_step = false;              // a label for every step, or one for the whole sequence
  };
  virtual Shape shape() const = 0;
  virtual std::size_t steps(Split split, std::size_t sequence) const = 0;
  // The label of a step; of any step, where the sequence has only one.
  virtual std::int32_t label(Split split, std::size_t sequence, std::size_t step) const = 0;
  // Writes the input of a step into element i of the batch.
  virtual void write(Split split, std::size_t sequence, std::size_t step, std::size_t i, Batch& batch) const = 0;
};

// Those of a file with labels.
std::unique_ptr<const LabeledSequences> labeled_sequences(SequenceFile&& file);

// Only the first `length` steps of a sequence are used; a label for the whole sequence is asked at the last of them.
std::unique_ptr<const Task> labeled_task(std::unique_ptr<const LabeledSequences> sequences, int length, int chunk);

}  // namespace rnnbench::tasks
