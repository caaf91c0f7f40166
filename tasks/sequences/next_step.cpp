// Predict the next step of sequences, chords of polyphonic music or symbols.
//
//   input   step 1   step 2   ...  step T-1
//   target  step 2   step 3   ...  step T
#include "tasks/sequences/next_step.h"

#include <algorithm>
#include <array>

#include "tasks/sequences/class_counts.h"
#include "tasks/sequences/listed_task.h"

namespace rnnbench::tasks {
namespace {

class NextStep : public ListedTask {
 public:
  NextStep(SequenceFile&& file, int length, int chunk)
      : ListedTask(file.counts(), std::min<std::size_t>(file.longest - 1, length), chunk),
        splits_(std::move(file.splits)),
        length_(length) {}

 protected:
  std::size_t steps_of(Split split, std::size_t sequence) const final {
    return std::min(splits_[split][sequence].steps - 1, length_);
  }
  const GivenSequence& given(Split split, std::size_t sequence) const { return splits_[split][sequence]; }

  // Calls visit(sequence, t) for each step of the training split that is an input.
  template <class Visit>
  void for_each_training_step(Visit visit) const {
    for (std::size_t s = 0; s < splits_[train_split].size(); ++s)
      for (std::size_t t = 0; t < steps_of(train_split, s); ++t) visit(splits_[train_split][s], t);
  }

 private:
  const std::array<std::vector<GivenSequence>, 3> splits_;
  const std::size_t length_;
};

class Chords final : public NextStep {
 public:
  Chords(SequenceFile&& file, int length, int chunk) : NextStep(std::move(file), length, chunk) {
    std::array<std::array<double, 2>, 2> counts[piano_keys]{};  // [key][sounds at step t][sounds at step t + 1]
    for_each_training_step([&](const GivenSequence& sequence, std::size_t t) {
      for (int key = 0; key < piano_keys; ++key) ++counts[key][sequence.chords[t][key]][sequence.chords[t + 1][key]];
    });
    for (int key = 0; key < piano_keys; ++key) {
      const auto& [silent, sounding] = counts[key];
      frequency_[key] = logit(silent[0] + sounding[0], silent[1] + sounding[1]);
      after_[0][key] = logit(silent[0], silent[1]);
      after_[1][key] = logit(sounding[0], sounding[1]);
    }
  }

  Signature signature() const override {
    return {.inputs = piano_keys, .outputs = piano_keys, .loss = Loss::bernoulli, .predicts_inputs = true};
  }

  // For each key by itself: how often it sounded in training after a step in which it did, or did not, as it does now.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.resize(batch.values.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = after_[batch.values[i] == 1][i % piano_keys];
  }

  Measure measure() const override {
    return {
        .name = "nll",
        .higher_is_better = false,
        .solved_at = 0.001,
        .definition =
            "negative log-likelihood in nats per time step, summed over the keys, averaged over all predicted steps "
            "(2..T) of all test sequences, each step counting the same"};
  }

 private:
  static float logit(double no, double yes) { return log_count(yes) - log_count(no); }

  void write(Split split, std::size_t sequence, std::size_t t, std::size_t i, Batch& batch) const override {
    const auto& chords = given(split, sequence).chords;
    for (int key = 0; key < piano_keys; ++key) {
      batch.values[i * piano_keys + key] = chords[t][key];
      batch.targets[i * piano_keys + key] = chords[t + 1][key];
    }
  }

  void frequencies(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.resize(batch.values.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = frequency_[i % piano_keys];
  }

  std::array<float, piano_keys> frequency_{};             // logits
  std::array<std::array<float, piano_keys>, 2> after_{};  // [sounds now][key]: logits
};

class Symbols final : public NextStep {
 public:
  Symbols(SequenceFile&& file, int length, int chunk)
      : NextStep(std::move(file), length, chunk), symbols_(file.symbols), counts_(symbols_, symbols_) {
    for_each_training_step([&](const GivenSequence& sequence, std::size_t t) {
      counts_.add(sequence.symbols[t], sequence.symbols[t + 1]);
    });
  }

  Signature signature() const override {
    return {.inputs = symbols_, .one_hot = true, .outputs = symbols_, .predicts_inputs = true};
  }

  // How often each symbol followed the current one in training.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    counts_.predict(batch.symbols, outputs);
  }

  Measure measure() const override {
    return {.name = "nll",
            .higher_is_better = false,
            .solved_at = 0.001,
            .definition =
                "negative log-likelihood in nats per symbol, averaged over all predicted symbols (2..T) of all test "
                "sequences, each symbol counting the same"};
  }

 private:
  void write(Split split, std::size_t sequence, std::size_t t, std::size_t i, Batch& batch) const override {
    const auto& symbols = given(split, sequence).symbols;
    batch.symbols[i] = symbols[t];
    batch.classes[i] = symbols[t + 1];
  }

  void frequencies(const Batch& batch, std::vector<float>& outputs) const override {
    counts_.predict(batch.symbols.size(), outputs);
  }

  const int symbols_;
  ClassCounts counts_;
};

}  // namespace

std::unique_ptr<const Task> next_step_task(SequenceFile&& file, int length, int chunk) {
  if (file.symbols > 0) return std::make_unique<Symbols>(std::move(file), length, chunk);
  return std::make_unique<Chords>(std::move(file), length, chunk);
}

}  // namespace rnnbench::tasks
