// A task whose sequences are in lists: one for training, from which it samples, one for validation and one for the
// test.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tasks/helpers.h"

namespace rnnbench::tasks {

enum Split : std::size_t { train_split, valid_split, test_split };

class ListedTask : public Task {
 public:
  int steps() const override { return steps_; }
  int chunk() const override { return chunk_; }
  EvaluatedOn evaluated_on() const override { return EvaluatedOn::list; }
  int listed(Purpose purpose) const override;
  void sample(const StreamSource& source, int size, Batch& batch) const override;  // whole sequences, even with chunks
  void next_chunk(const StreamSource& source, std::vector<StreamPlace>& streams, Batch& batch) const override;
  double baseline() const override;  // on the test split
  // The measure (an accuracy where higher is better, or else the loss), "frequencies" and "loss".
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override;

 protected:
  // `counts`: sequences of each split, `longest`: time steps of the longest one.
  ListedTask(const std::array<std::size_t, 3>& counts, std::size_t longest, int chunk);

  // Time steps of a sequence, at most `longest`. The last one is answered, and so are all others unless the signature
  // says one_answer.
  virtual std::size_t steps_of(Split split, std::size_t sequence) const = 0;
  // Writes the input and the target of a step into element i of the batch.
  virtual void write(Split split, std::size_t sequence, std::size_t step, std::size_t i, Batch& batch) const = 0;
  // The outputs of a predictor that knows only the frequencies of the targets in the training split.
  virtual void frequencies(const Batch& batch, std::vector<float>& outputs) const = 0;

 private:
  struct Reading;
  Reading chosen(const StreamSource& source, std::uint32_t sample) const;
  void read(int steps, std::vector<Reading>& readings, Batch& batch) const;
  void predict_all(const Predict& predict, const StreamSource& source, int count, const UsePrediction& use) const;

  const std::array<std::size_t, 3> counts_;
  const int chunk_, steps_;
};

}  // namespace rnnbench::tasks
