// Echo: at every step, repeat the input of `delay` steps ago.
#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

class Echo final : public Task {
 public:
  explicit Echo(const Settings& settings) : length_(settings.integer("length")), delay_(settings.integer("delay")) {}
  Signature signature() const override { return {.inputs = 4, .one_hot = true, .outputs = 4}; }
  int steps() const override { return length_ + delay_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      for (int t = 0; t < steps(); ++t) {
        batch.symbols[batch.at(t, b)] = stream.below(4);
        if (t < delay_) continue;
        batch.classes[batch.at(t, b)] = batch.symbols[batch.at(t - delay_, b)];
        batch.weight[batch.at(t, b)] = batch.answer[batch.at(t, b)] = 1;
      }
    }
  }

  // The current input is independent of earlier ones, so all symbols are equally probable.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.symbols.size() * 4, 0);
  }
  double baseline() const override { return math::log(4); }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override {
    return {.name = "accuracy", .solved_at = 0.99, .definition = "share of the symbols echoed"};
  }

 private:
  int length_, delay_;
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length("echo", time_steps, 1, settings.integer("delay"), 1);
}

}  // namespace

TaskEntry echo_task() {
  std::vector<Option> options = length_options("20", 1, "inputs to repeat; time steps: length + delay");
  options.push_back(integer_option("delay", "5", 1, 1000, "steps between an input and its echo"));
  return {.name = "echo",
          .summary = "repeat every input after a delay",
          .definition = "Input: one of four symbols at each step. Target: the input of `delay` steps ago.",
          .options = std::move(options),
          .make = make_task<Echo>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
