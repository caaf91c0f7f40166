// Classify sequences or steps.
//
//   input   step 1   step 2   ...  step T              input   step 1   step 2   ...  step T
//   target                         label               target  label 1  label 2  ...  label T
#include "tasks/sequences/labeled.h"

#include <algorithm>

#include "tasks/sequences/class_counts.h"

namespace rnnbench::tasks {
namespace {

class Labeled final : public ListedTask {
 public:
  Labeled(std::unique_ptr<const LabeledSequences> sequences, int length, int chunk)
      : ListedTask(sequences->shape().counts, std::min<std::size_t>(sequences->shape().longest, length), chunk),
        sequences_(std::move(sequences)),
        shape_(sequences_->shape()),
        length_(length),
        counts_(shape_.symbols, shape_.classes) {
    // Symbols are written into a batch of one element to be read.
    Batch step;
    step.reset(signature(), 1, 1);
    for (std::size_t s = 0; s < shape_.counts[train_split]; ++s) {
      const std::size_t end = steps_of(train_split, s);
      for (std::size_t t = shape_.every_step ? 0 : end - 1; t < end; ++t) {
        const std::int32_t label = sequences_->label(train_split, s, t);
        if (shape_.symbols == 0) {
          counts_.add(label);
        } else {
          sequences_->write(train_split, s, t, 0, step);
          counts_.add(step.symbols[0], label);
        }
      }
    }
  }

  Signature signature() const override {
    const bool one_hot = shape_.symbols > 0;
    return {.inputs = one_hot ? shape_.symbols : shape_.features,
            .one_hot = one_hot,
            .outputs = shape_.classes,
            .one_answer = !shape_.every_step};
  }

  // How often each label had the current symbol in training. Of real values, it knows nothing.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    if (shape_.symbols == 0) return frequencies(batch, outputs);
    counts_.predict(batch.symbols, outputs);
  }

  Measure measure() const override {
    return {.name = "accuracy",
            .solved_at = 1,
            .definition = shape_.every_step ? "share of the steps of all test sequences whose label is the most "
                                              "probable one, each step counting the same"
                                            : "share of the test sequences whose label is the most probable one"};
  }

 private:
  std::size_t steps_of(Split split, std::size_t sequence) const override {
    return std::min(sequences_->steps(split, sequence), length_);
  }

  void write(Split split, std::size_t sequence, std::size_t t, std::size_t i, Batch& batch) const override {
    sequences_->write(split, sequence, t, i, batch);
    if (shape_.every_step || t + 1 == steps_of(split, sequence))
      batch.classes[i] = sequences_->label(split, sequence, t);
  }

  void frequencies(const Batch& batch, std::vector<float>& outputs) const override {
    counts_.predict(batch.weight.size(), outputs);
  }

  const std::unique_ptr<const LabeledSequences> sequences_;
  const LabeledSequences::Shape shape_;
  const std::size_t length_;
  ClassCounts counts_;
};

// The sequences of a file of lines.
class GivenLabels final : public LabeledSequences {
 public:
  explicit GivenLabels(SequenceFile&& file) : file_(std::move(file)) {}

  Shape shape() const override {
    return {.counts = file_.counts(),
            .longest = file_.longest,
            .symbols = file_.symbols,
            .features = file_.features,
            .classes = file_.classes,
            .every_step = file_.every_step};
  }
  std::size_t steps(Split split, std::size_t sequence) const override { return file_.splits[split][sequence].steps; }
  std::int32_t label(Split split, std::size_t sequence, std::size_t step) const override {
    return file_.splits[split][sequence].labels[file_.every_step ? step : 0];
  }
  void write(Split split, std::size_t sequence, std::size_t step, std::size_t i, Batch& batch) const override {
    const GivenSequence& given = file_.splits[split][sequence];
    if (file_.symbols > 0)
      batch.symbols[i] = given.symbols[step];
    else
      std::copy_n(&given.values[step * file_.features], file_.features, &batch.values[i * file_.features]);
  }

 private:
  const SequenceFile file_;
};

}  // namespace

std::unique_ptr<const LabeledSequences> labeled_sequences(SequenceFile&& file) {
  return std::make_unique<GivenLabels>(std::move(file));
}

std::unique_ptr<const Task> labeled_task(std::unique_ptr<const LabeledSequences> sequences, int length, int chunk) {
  return std::make_unique<Labeled>(std::move(sequences), length, chunk);
}

}  // namespace rnnbench::tasks
