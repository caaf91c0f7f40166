// Adding problem: the sum of the two marked numbers of a long sequence.
//
//   value   .3 .9 .1 .5 .7 .2
//   marker   0  1  0  0  1  0            target of the last step: .9 + .7
#include "tasks/marked_numbers.h"

namespace rnnbench::tasks {
namespace {

class Adding final : public MarkedNumbers {
 public:
  explicit Adding(const Settings& settings) : MarkedNumbers("adding", settings) {}

  // Predicts the mean of the targets, as in every publication. (The number of the last step would help a little when
  // this step is marked.)
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.targets.size(), scaled() ? 0.5f : 1.0f);
  }

  // The variance of the sum of two independent numbers, each of variance (range)^2 / 12.
  double baseline() const override { return scaled() ? 1.0 / 24 : 1.0 / 6; }

 private:
  bool scaled() const { return marks() == Marks::hochreiter; }
  float number(Stream& stream) const override { return scaled() ? stream.uniform(-1, 1) : stream.uniform(); }
  double solved_at() const override { return 0.01; }
  int wrong_in_1997() const override { return 0; }
  float target(float one, float other) const override { return scaled() ? 0.5f + (one + other) / 4 : one + other; }
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length(described_marks("adding", settings), time_steps, 1, 0, min_length(marks_of(settings)));
}

}  // namespace

TaskEntry adding_task() {
  return {.name = "adding",
          .summary = "add the two marked numbers of a sequence",
          .definition =
              R"(
              Input: at each step, a number and a marker; two numbers are marked with 1.

              Target: at the last step, the sum of the two marked numbers.

              variant = arjovsky (Arjovsky, Shah & Bengio 2016): numbers uniform in [0, 1), one mark in each half.

              variant = tcn (Bai, Kolter & Koltun 2018): numbers uniform in [0, 1), marks at two distinct steps
              anywhere.

              variant = hochreiter (Hochreiter & Schmidhuber 1997, experiment 4): numbers uniform in [-1, 1), first
              and last step marked with -1, one mark in the first ten steps and another in the first half, target 0.5
              + sum / 4. Different here: every sequence has `length` steps (1997: up to a tenth more), and the first
              step is never marked with 1 (1997: its number is then set to 0).

              Baseline: predicting the mean of the target has a mean squared error of 1/6 (often misprinted as
              0.1767), or 1/24 for hochreiter.

              Criterion: a mean squared error below 0.01; the sources show curves and name none. For hochreiter, as in
              1997, every sequence has an absolute error below 0.04 (the score `correct` is 1).)",
          .options = marked_options("the marks and scaling of 1997"),
          .make = make_task<Adding>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
