// Echo: at every step, the symbol that was shown `delay` steps ago.
#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

class Echo final : public Task {
 public:
  explicit Echo(const Settings& settings) : length_(settings.integer("length")), delay_(settings.integer("delay")) {}
  Signature signature() const override { return {4, true, 4, Loss::cross_entropy}; }
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

  // Guesses evenly: what is shown now says nothing about what was shown before.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.symbols.size() * 4, 0);
  }
  double baseline() const override { return math::log(4); }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override { return {"accuracy", true, 0.99, "share of the symbols echoed"}; }

 private:
  int length_, delay_;
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length("echo", time_steps, 1, settings.integer("delay"), 1);
}

}  // namespace

TaskEntry echo_task() {
  std::vector<Option> options = length_options("20", 1, "symbols to echo; time steps: length + delay");
  options.push_back(integer_option("delay", "5", 1, 1000, "steps between a symbol and its echo"));
  return {"echo",
          "repeat every symbol after a delay",
          "Shown: one of four symbols at each step. Asked: the one of `delay` steps ago.",
          std::move(options),
          make_task<Echo>,
          length_of_steps};
}

}  // namespace rnnbench::tasks
