// Multiplication problem: the product of the two marked numbers of a long sequence, asked at its end.
//
//   value   .3 .9 .1 .5 .7 .2
//   marker   0  1  0  0  1  0            target of the last step: .9 * .7
#include "tasks/marked_numbers.h"

namespace rnnbench::tasks {
namespace {

// Var(U U') of two numbers uniform in [0, 1]: 1/9 - 1/16.
constexpr double variance = 7.0 / 144;

class Multiplication final : public MarkedNumbers {
 public:
  explicit Multiplication(const Settings& settings) : MarkedNumbers("multiplication", settings) {}

  // Knows no value, as that of adding: answers the mean of the targets.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.targets.size(), 0.25f);
  }
  double baseline() const override { return variance; }

  // The share of the variance that adding leaves when it is solved: 0.01 of 1/6.
  Measure measure() const override { return {"mse", false, 0.06 * variance, "mean squared error at the last step"}; }

 private:
  float number(Stream& stream) const override { return stream.uniform(); }
  float target(float one, float other) const override { return one * other; }
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length(described_marks("multiplication", settings), time_steps, 1, 0, min_length(marks_of(settings)));
}

}  // namespace

TaskEntry multiplication_task() {
  return {"multiplication",
          "multiply the two marked numbers of a sequence",
          "Shown at each step: a number uniform in [0, 1) and a marker. Asked, at the last step only: "
          "the product of the two numbers that are marked 1 (Hochreiter & Schmidhuber 1997, experiment "
          "5). The marks are those of adding: variant = arjovsky, one in each half; tcn, at distinct "
          "places anywhere; hochreiter, the published ones, one in the first ten steps and another in "
          "the first half, first and last step marked -1; here every sequence has `length` steps (1997: "
          "up to a tenth more) and the first step is never chosen (1997: then its number is set to 0). "
          "Answering the mean, 1/4, costs Var = 7/144. Solved when the error is below 6 % of that, as "
          "adding is at 0.01 of 1/6. `correct` is the share of sequences answered within 0.04, the "
          "criterion of 1997.",
          marked_options("the marks of 1997"),
          make_task<Multiplication>,
          length_of_steps};
}

}  // namespace rnnbench::tasks
