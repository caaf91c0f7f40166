// Adding problem: the sum of the two marked numbers of a long sequence, asked at its end.
//
//   value   .3 .9 .1 .5 .7 .2
//   marker   0  1  0  0  1  0            target of the last step: .9 + .7
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "tasks/helpers.h"

namespace rnnbench {
namespace {

enum class Variant { arjovsky, tcn, hochreiter };

Variant variant_of(const Settings& settings) {
  const std::string& name = settings.text("variant");
  return name == "tcn" ? Variant::tcn : name == "hochreiter" ? Variant::hochreiter : Variant::arjovsky;
}

// Two marks; hochreiter sets them among the steps 1 .. length / 2 - 1.
int least_length(Variant variant) { return variant == Variant::hochreiter ? 6 : 2; }

std::string described(const Settings& settings) {
  return "adding with variant = " + settings.text("variant");
}

class Adding final : public Task {
 public:
  explicit Adding(const Settings& settings)
      : length_(static_cast<int>(settings.integer("length"))), variant_(variant_of(settings)) {
    if (length_ >= least_length(variant_)) return;
    throw UserError("length = " + settings.text("length") + " is too short for " + described(settings) +
                    ", which needs " + std::to_string(least_length(variant_)) + " or more");
  }

  Signature signature() const override { return {2, false, 1, Loss::mean_squared, true}; }
  int steps() const override { return length_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), length_, size);
    const int last = length_ - 1;
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      const auto [first, second] = marks(stream);
      float sum = 0;
      for (int t = 0; t < length_; ++t) {
        const bool marked = t == first || t == second;
        const float value = scaled() ? stream.uniform(-1, 1) : stream.uniform();
        float* input = &batch.values[2 * batch.at(t, b)];
        input[0] = value;
        input[1] = marked ? 1.0f : scaled() && (t == 0 || t == last) ? -1.0f : 0.0f;
        if (marked) sum += value;
      }
      batch.targets[batch.at(last, b)] = scaled() ? 0.5f + sum / 4 : sum;
      batch.weight[batch.at(last, b)] = 1;
      batch.answer[batch.at(last, b)] = 1;
    }
  }

  // Knows no value: answers the mean of the targets, as in every publication. (The value of the last step
  // would help a little where that step happens to be marked.)
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.targets.size(), scaled() ? 0.5f : 1.0f);
  }

  // Two independent numbers, each of variance (range)^2 / 12.
  double baseline() const override { return scaled() ? 1.0 / 24 : 1.0 / 6; }
  std::optional<double> optimum() const override { return 0; }
  bool idle(const Batch& batch, int step, int sequence) const override {
    return batch.values[2 * batch.at(step, sequence) + 1] != 1.0f;
  }
  Measure measure() const override { return {"mse", false, 0.01, "mean squared error at the last step"}; }

  // Beside mse: "correct", the share of sequences answered within 0.04 (the criterion of 1997).
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    int correct = 0;
    const Predict listen = [&](const Batch& batch, std::vector<float>& outputs) {
      predict(batch, outputs);
      for (int b = 0; b < batch.size; ++b) {
        const std::size_t last = batch.at(length_ - 1, b);
        correct += std::abs(outputs[last] - batch.targets[last]) < 0.04f;
      }
    };
    Scores scores = Task::evaluate(listen, source, count);
    scores.emplace_back("correct", count > 0 ? static_cast<double>(correct) / count : 0);
    return scores;
  }

 private:
  bool scaled() const { return variant_ == Variant::hochreiter; }

  // The two marked steps.
  std::pair<int, int> marks(Stream& stream) const {
    const auto draw = [&](int n) { return static_cast<int>(stream.below(n)); };
    const int half = length_ / 2;
    if (variant_ == Variant::arjovsky) {
      const int first = draw(half);
      return {first, half + draw(length_ - half)};
    }
    // Distinct: the second is drawn from the places that the first has left.
    const int offset = scaled() ? 1 : 0, places = scaled() ? half - 1 : length_;
    const int first = draw(scaled() ? std::min(9, places) : places), second = draw(places - 1);
    return {offset + first, offset + second + (second >= first)};
  }

  int length_;
  Variant variant_;
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length(described(settings), time_steps, 1, 0, least_length(variant_of(settings)));
}

}  // namespace

TaskEntry adding_task() {
  std::vector<Option> options = length_options("100", 2, "time steps (hochreiter: at least 6)");
  options.push_back(choice_option("variant", "arjovsky", {"arjovsky", "tcn", "hochreiter"},
                                  "one mark in each half, two marks anywhere, or the scaling of 1997"));
  return {"adding",
          "add the two marked numbers of a sequence",
          "Shown at each step: a number and a marker. Asked, at the last step only: the sum of the two "
          "numbers that are marked 1. variant = arjovsky (Arjovsky, Shah, Bengio 2016): numbers uniform in "
          "[0, 1), one mark in each half. variant = tcn (Bai, Kolter, Koltun 2018): the two marks at "
          "distinct places anywhere. variant = hochreiter (Hochreiter & Schmidhuber 1997, experiment 4): "
          "numbers in [-1, 1), first and last step marked -1, one mark in the first ten steps and another "
          "in the first half, target 0.5 + sum / 4; here every sequence has `length` steps (1997: up to a "
          "tenth more) and the first step is never chosen (1997: then its number is set to 0), so that 1/24 "
          "is exact. Answering the mean costs 1/6 (often misprinted as 0.1767); hochreiter 1/24.",
          std::move(options),
          make_task<Adding>,
          length_of_steps};
}

}  // namespace rnnbench
