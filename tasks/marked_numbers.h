// The common part of adding and multiplication: a sequence of numbers, two of which are marked. The target of the last
// step is a function of these two.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {

enum class Marks { arjovsky, tcn, hochreiter };

inline Marks marks_of(const Settings& settings) {
  const std::string& name = settings.text("variant");
  return name == "tcn" ? Marks::tcn : name == "hochreiter" ? Marks::hochreiter : Marks::arjovsky;
}

// hochreiter marks two of the steps 1 .. length / 2 - 1.
inline int min_length(Marks marks) { return marks == Marks::hochreiter ? 6 : 2; }

// The task as error messages name it: "adding with variant = tcn".
inline std::string described_marks(const std::string& task, const Settings& settings) {
  return task + " with variant = " + settings.text("variant");
}

// The options of such a task; `hochreiter` describes that variant.
inline std::vector<Option> marked_options(const std::string& hochreiter) {
  std::vector<Option> options = length_options("100", 2, "time steps (hochreiter: at least 6)");
  options.push_back(choice_option("variant", "arjovsky", {"arjovsky", "tcn", "hochreiter"},
                                  "one mark in each half, two marks anywhere, or " + hochreiter));
  return options;
}

// Inputs of a step: the number and the marker. Target of the last step: target() of the two marked numbers.
class MarkedNumbers : public Task {
 public:
  MarkedNumbers(const std::string& task, const Settings& settings)
      : length_(static_cast<int>(settings.integer("length"))), marks_(marks_of(settings)) {
    if (length_ >= min_length(marks_)) return;
    throw UserError("length = " + settings.text("length") + " is too short for " + described_marks(task, settings) +
                    ", which needs " + std::to_string(min_length(marks_)) + " or more");
  }

  Signature signature() const override {
    return {.inputs = 2, .outputs = 1, .loss = Loss::mean_squared, .one_answer = true};
  }
  int steps() const override { return length_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), length_, size);
    const int last = length_ - 1;
    const bool marked_ends = marks_ == Marks::hochreiter;
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      const auto [one, other] = draw_marks(stream);
      for (int t = 0; t < length_; ++t) {
        float* input = &batch.values[2 * batch.at(t, b)];
        input[0] = number(stream);
        input[1] = t == one || t == other ? 1.0f : marked_ends && (t == 0 || t == last) ? -1.0f : 0.0f;
      }
      batch.targets[batch.at(last, b)] =
          target(batch.values[2 * batch.at(one, b)], batch.values[2 * batch.at(other, b)]);
      batch.weight[batch.at(last, b)] = 1;
      batch.answer[batch.at(last, b)] = 1;
    }
  }

  std::optional<double> optimum() const override { return 0; }
  bool idle(const Batch& batch, int step, int sequence) const override {
    return batch.values[2 * batch.at(step, sequence) + 1] != 1.0f;
  }

  // "correct" is the share of sequences with an absolute error below 0.04, which the criteria of 1997 count.
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    LossSum loss;
    int correct = 0;
    predict_samples(*this, predict, source, count, [&](const Batch& batch, const std::vector<float>& outputs) {
      loss += loss_of(signature(), batch, outputs);
      for (int b = 0; b < batch.size; ++b) {
        const std::size_t last = batch.at(length_ - 1, b);
        correct += std::abs(outputs[last] - batch.targets[last]) < 0.04f;
      }
    });
    return {
        {"mse", loss.mean()}, {"loss", loss.mean()}, {"correct", count > 0 ? static_cast<double>(correct) / count : 0}};
  }

  // The criterion of the variant hochreiter is that of 1997, at most wrong_in_1997() errors of 0.04 or more in 2,000
  // sequences in a row; a run is solved after two evaluations of 1,100 sequences each. The others, whose sources name
  // none, use the mean squared error.
  Measure measure() const override {
    if (marks_ == Marks::hochreiter)
      return {.name = "correct",
              .solved_at = 1 - wrong_in_1997() / 2000.0,
              .definition = "share of sequences with an absolute error below 0.04 at the last step"};
    return {.name = "mse",
            .higher_is_better = false,
            .solved_at = solved_at(),
            .definition = "mean squared error at the last step"};
  }

 protected:
  Marks marks() const { return marks_; }

 private:
  virtual float number(Stream& stream) const = 0;
  virtual float target(float one, float other) const = 0;  // symmetric
  virtual double solved_at() const = 0;                    // mean squared error
  virtual int wrong_in_1997() const = 0;                   // of 2,000 sequences

  // The two marked steps.
  std::pair<int, int> draw_marks(Stream& stream) const {
    const auto draw = [&](int n) { return static_cast<int>(stream.below(n)); };
    const int half = length_ / 2;
    if (marks_ == Marks::arjovsky) {
      const int first = draw(half);
      return {first, half + draw(length_ - half)};
    }
    // The second step is drawn from the steps other than the first, so that they are distinct.
    const bool early = marks_ == Marks::hochreiter;
    const int offset = early ? 1 : 0, candidates = early ? half - 1 : length_;
    const int first = draw(early ? std::min(9, candidates) : candidates), second = draw(candidates - 1);
    return {offset + first, offset + second + (second >= first)};
  }

  int length_;
  Marks marks_;
};

}  // namespace rnnbench::tasks
