// Adding problem: the sum of the two marked numbers of a long sequence, asked at its end.
//
//   value   .3 .9 .1 .5 .7 .2
//   marker   0  1  0  0  1  0            target of the last step: .9 + .7
#include "tasks/marked_numbers.h"

namespace rnnbench::tasks {
namespace {

class Adding final : public MarkedNumbers {
 public:
  explicit Adding(const Settings& settings) : MarkedNumbers("adding", settings) {}

  // Knows no value: answers the mean of the targets, as in every publication. (The value of the last step
  // would help a little where that step happens to be marked.)
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.targets.size(), scaled() ? 0.5f : 1.0f);
  }

  // Two independent numbers, each of variance (range)^2 / 12.
  double baseline() const override { return scaled() ? 1.0 / 24 : 1.0 / 6; }
  Measure measure() const override { return {"mse", false, 0.01, "mean squared error at the last step"}; }

 private:
  bool scaled() const { return marks() == Marks::hochreiter; }
  float number(Stream& stream) const override { return scaled() ? stream.uniform(-1, 1) : stream.uniform(); }
  float target(float one, float other) const override { return scaled() ? 0.5f + (one + other) / 4 : one + other; }
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length(described_marks("adding", settings), time_steps, 1, 0, min_length(marks_of(settings)));
}

}  // namespace

TaskEntry adding_task() {
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
          marked_options("the scaling of 1997"),
          make_task<Adding>,
          length_of_steps};
}

}  // namespace rnnbench::tasks
