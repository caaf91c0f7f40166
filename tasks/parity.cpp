// Parity: whether a string of bits has an odd number of ones.
//
//   asked = last    input  1 0 1 1 _      _ = compute token     asked = every   input  1 0 1 1
//                   target . . . . 1      . = not asked                         target 1 1 0 1
#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

bool asks_last(const Settings& settings) { return settings.text("asked") == "last"; }

constexpr int compute_token = 2;

class Parity final : public Task {
 public:
  explicit Parity(const Settings& settings) : range_(settings), last_(asks_last(settings)) {}

  Signature signature() const override { return {last_ ? 3 : 2, true, 2, Loss::cross_entropy, last_}; }
  int steps() const override { return range_.longest + last_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      const int length = range_.draw(stream);
      int odd = 0;
      for (int t = 0; t < length; ++t) {
        const int bit = static_cast<int>(stream.below(2));
        odd ^= bit;
        batch.symbols[batch.at(t, b)] = bit;
        if (!last_) ask(odd, batch.at(t, b), batch);
      }
      if (!last_) continue;
      batch.symbols[batch.at(length, b)] = compute_token;
      ask(odd, batch.at(length, b), batch);
    }
  }

  // Knows the position and the bit: certain where that bit is all there was, which is asked with asked = every only.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.symbols.size() * 2, 0);
    for (int b = 0; b < batch.size && !last_; ++b) {
      const std::size_t first = batch.at(0, b);
      outputs[2 * first + 1 - batch.symbols[first]] = impossible;
    }
  }

  double baseline() const override { return math::log(2) * (last_ ? 1 : 1 - 1 / range_.mean()); }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override {
    return {"accuracy", true, 0.99, last_ ? "share of the strings answered correctly" : "share of the right answers"};
  }
  // Beside accuracy, with asked = every: "sequences".
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    return last_ ? Task::evaluate(predict, source, count) : answer_scores(*this, predict, source, count);
  }

 private:
  static void ask(int answer, std::size_t i, Batch& batch) {
    batch.classes[i] = answer;
    batch.weight[i] = batch.answer[i] = 1;
  }

  LengthRange range_;
  bool last_;
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length("parity with asked = " + settings.text("asked"), time_steps, 1, asks_last(settings), 1);
}

}  // namespace

TaskEntry parity_task() {
  std::vector<Option> options =
      length_range_options("40", 1, "longest string in training: bits; time steps: length, and 1 with asked = last");
  options.push_back(choice_option("asked", "last", {"last", "every"},
                                  "once, after the string (Deletang et al. 2023), or at every bit"));
  return {"parity",
          "say whether a string of bits has an odd number of ones",
          "Shown: bits, drawn evenly, as many as a length uniform in shortest .. length. asked = last (parity check "
          "of Deletang et al. 2023): at one compute token after the string, whether the number of ones is odd. asked "
          "= every: at each bit, whether the number of ones so far is odd; no compute token follows (word problems "
          "are asked so in Merrill, Petty & Sabharwal 2024). The memoryless predictor knows the position and the "
          "current symbol: ln 2 with asked = last; with asked = every it is certain of the first bit alone, ln 2 (1 - "
          "1 / mean length).",
          std::move(options),
          make_task<Parity>,
          length_of_steps};
}

}  // namespace rnnbench::tasks
