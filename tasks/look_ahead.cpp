// Look-ahead: the target of each step is the input `delay` steps later, or earlier.
//
//   delay = 2, length = 4   input    3 0 2 2 1 3
//                  future   target   2 2 1 3 - -       - = class "none", which counts in the loss only
//                  past     target   - - 3 0 2 2
//
// "none" is a target because models stop at the last step that has one, and here they must read all inputs.
#include <algorithm>

#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

class LookAhead final : public Task {
 public:
  explicit LookAhead(const Settings& settings)
      : length_(static_cast<int>(settings.integer("length"))),
        delay_(static_cast<int>(settings.integer("delay"))),
        symbols_(static_cast<int>(settings.integer("symbols"))),
        future_(settings.text("variant") == "future") {}

  // predicts_inputs stays false in the variant future: bidirectional models are meant to read the later inputs.
  Signature signature() const override { return {.inputs = symbols_, .one_hot = true, .outputs = symbols_ + 1}; }
  int steps() const override { return length_ + delay_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      for (int t = 0; t < steps(); ++t)
        batch.symbols[batch.at(t, b)] = static_cast<std::int32_t>(stream.below(symbols_));
      for (int i = 0; i < length_; ++i) {
        const std::size_t target = batch.at(future_ ? i : i + delay_, b);
        batch.classes[target] = 1 + batch.symbols[batch.at(future_ ? i + delay_ : i, b)];
        batch.answer[target] = 1;
      }
    }
    std::fill(batch.weight.begin(), batch.weight.end(), 1.0f);
  }

  // Knows the position, and so where the target is "none". The current symbol is independent of all others.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    const int n = symbols_ + 1;
    outputs.assign(batch.answer.size() * n, 0);
    for (std::size_t i = 0; i < batch.answer.size(); ++i)
      for (int k = 0; k < n; ++k)
        if ((k == 0) == (batch.answer[i] != 0)) outputs[i * n + k] = impossible;
  }
  double baseline() const override { return length_ * math::log(symbols_) / steps(); }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override {
    return {
        .name = "accuracy", .solved_at = 0.99, .definition = "share of steps whose target is the most probable symbol"};
  }

 private:
  int length_, delay_, symbols_;
  bool future_;
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length("look-ahead with delay = " + settings.text("delay"), time_steps, 1,
                      static_cast<int>(settings.integer("delay")), 1);
}

}  // namespace

TaskEntry look_ahead_task() {
  std::vector<Option> options = length_options("50", 1, "steps with an answer; time steps: length + delay");
  options.push_back(choice_option("variant", "future", {"future", "past"}, "targets are later or earlier inputs"));
  options.push_back(integer_option("delay", "5", 1, 1000, "steps between an input and the step whose target it is"));
  options.push_back(integer_option("symbols", "4", 2, 1000, "number of different symbols"));
  return {.name = "look-ahead",
          .summary = "predict the input some steps later, or recall it some steps earlier",
          .definition =
              R"(
              Input: uniformly random symbols out of `symbols`, at length + delay steps.

              variant = future: the target of each of the first `length` steps is the input `delay` steps later. A
              model that reads forward only cannot do better than the baseline; a bidirectional one (Schuster &
              Paliwal 1997) must remember over `delay` steps on its way back.

              variant = past: the target of each of the last `length` steps is the input `delay` steps earlier. This
              is the control, which any memory can solve.

              The target of the other `delay` steps is a class "none", which counts in the loss but not in the
              accuracy.

              Baseline: the predictor knows the position: length ln(symbols) / (length + delay). In the variant future
              this is also the optimum of all models that read forward only; the optimum of all models is 0.)",
          .options = std::move(options),
          .make = make_task<LookAhead>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
