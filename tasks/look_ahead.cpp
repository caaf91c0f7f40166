// Look-ahead: label every step with the symbol that is shown `delay` steps later, or earlier.
//
//   delay = 2, length = 4   input    3 0 2 2 1 3       future: only who reads the sequence from its end can know
//                  future   target   2 2 1 3 - -       - = none, asked for without being an answer: a model reads a
//                  past     target   - - 3 0 2 2       sequence as far as something is asked
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

  // Not looks_ahead, though the variant future asks for later inputs: to see them is what the task is about, and a
  // bidirectional model is to be held against those that cannot.
  Signature signature() const override { return {symbols_, true, symbols_ + 1, Loss::cross_entropy}; }
  int steps() const override { return length_ + delay_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      for (int t = 0; t < steps(); ++t)
        batch.symbols[batch.at(t, b)] = static_cast<std::int32_t>(stream.below(symbols_));
      for (int i = 0; i < length_; ++i) {
        const std::size_t asked = batch.at(future_ ? i : i + delay_, b);
        batch.classes[asked] = 1 + batch.symbols[batch.at(future_ ? i + delay_ : i, b)];
        batch.answer[asked] = 1;
      }
    }
    std::fill(batch.weight.begin(), batch.weight.end(), 1.0f);
  }

  // Knows the position, hence where there is no label. The symbol that is shown says nothing about another.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    const int n = symbols_ + 1;
    outputs.assign(batch.answer.size() * n, 0);
    for (std::size_t i = 0; i < batch.answer.size(); ++i)
      for (int k = 0; k < n; ++k)
        if ((k == 0) == (batch.answer[i] != 0)) outputs[i * n + k] = impossible;
  }
  double baseline() const override { return length_ * math::log(symbols_) / steps(); }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override { return {"accuracy", true, 0.99, "share of the steps labeled correctly"}; }

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
  std::vector<Option> options = length_options("50", 1, "labeled steps; time steps: length + delay");
  options.push_back(choice_option("variant", "future", {"future", "past"},
                                  "labels from the symbols to come, or, as an echo, from those before"));
  options.push_back(integer_option("delay", "5", 1, 1000, "steps between a symbol and the step it labels"));
  options.push_back(integer_option("symbols", "4", 2, 1000, "alphabet"));
  return {"look-ahead",
          "label every step with a symbol of the future, or of the past",
          "Shown at each step: a symbol drawn uniformly from `symbols`. Asked: variant = future: the "
          "symbol that will be shown `delay` steps later, at each of the first `length` steps, so that a "
          "model that reads in one direction can do no better than guess, and a bidirectional one "
          "(Schuster & Paliwal 1997) must remember for `delay` steps on its way back; variant = past: "
          "the symbol of `delay` steps ago, at each of the last `length` steps, which any memory can do "
          "(the control). At the other `delay` steps the label is none. The memoryless predictor knows the "
          "position: length ln(symbols) / (length + delay), in the variant future also the optimum of all "
          "that do not look ahead; the optimum of all models is 0.",
          std::move(options),
          make_task<LookAhead>,
          length_of_steps};
}

}  // namespace rnnbench::tasks
