// Multiplication problem: the product of the two marked numbers of a long sequence.
//
//   value   .3 .9 .1 .5 .7 .2
//   marker   0  1  0  0  1  0            target of the last step: .9 * .7
#include "tasks/marked_numbers.h"

namespace rnnbench::tasks {
namespace {

// Of the product of two numbers uniform in [0, 1): 1/9 - 1/16.
constexpr double variance = 7.0 / 144;

class Multiplication final : public MarkedNumbers {
 public:
  explicit Multiplication(const Settings& settings) : MarkedNumbers("multiplication", settings) {}

  // Predicts the mean of the targets, as for adding.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.targets.size(), 0.25f);
  }
  double baseline() const override { return variance; }

 private:
  float number(Stream& stream) const override { return stream.uniform(); }
  // Leaves the same fraction of the variance as the criterion of adding, which is 0.01 of 1/6.
  double solved_at() const override { return 0.06 * variance; }
  int wrong_in_1997() const override { return 13; }
  float target(float one, float other) const override { return one * other; }
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length(described_marks("multiplication", settings), time_steps, 1, 0, min_length(marks_of(settings)));
}

}  // namespace

TaskEntry multiplication_task() {
  return {.name = "multiplication",
          .summary = "multiply the two marked numbers of a sequence",
          .definition =
              R"(
              Input: at each step, a number uniform in [0, 1) and a marker; two numbers are marked with 1.

              Target: at the last step, the product of the two marked numbers.

              variant = arjovsky: one mark in each half.

              variant = tcn: marks at two distinct steps anywhere.

              variant = hochreiter (Hochreiter & Schmidhuber 1997, experiment 5): one mark in the first ten steps and
              another in the first half, first and last step marked with -1. Different here: every sequence has
              `length` steps (1997: up to a tenth more), and the first step is never marked with 1 (1997: its number
              is then set to 0).

              Baseline: predicting the mean, 1/4, has a mean squared error of 7/144. The criterion is 6 % of this, the
              same fraction as for adding (0.01 of 1/6). For hochreiter, it is the stricter one of 1997: at most 13 of
              2,000 sequences have an absolute error of 0.04 or more (the score `correct` is at least 0.9935).)",
          .options = marked_options("the marks of 1997"),
          .make = make_task<Multiplication>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
