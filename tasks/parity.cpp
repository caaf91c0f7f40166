// Parity: whether a string of bits has an odd number of ones.
//
//   asked = last    input  1 0 1 1 _      _ = compute token     asked = every   input  1 0 1 1
//                   target . . . . 1      . = no target                         target 1 1 0 1
#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

bool asks_last(const Settings& settings) { return settings.text("asked") == "last"; }

constexpr int compute_token = 2;

class Parity final : public Task {
 public:
  explicit Parity(const Settings& settings) : range_(settings), last_(asks_last(settings)) {}

  Signature signature() const override {
    return {.inputs = last_ ? 3 : 2, .one_hot = true, .outputs = 2, .one_answer = last_};
  }
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
        if (!last_) set_answer(odd, batch.at(t, b), batch);
      }
      if (!last_) continue;
      batch.symbols[batch.at(length, b)] = compute_token;
      set_answer(odd, batch.at(length, b), batch);
    }
  }

  // Knows the position and the current bit. With asked = every it is certain at the first bit.
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
    return {.name = "accuracy",
            .solved_at = 0.99,
            .definition = last_ ? "share of the strings answered correctly" : "share of the right answers"};
  }
  // Adds "sequences" with asked = every.
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    return last_ ? Task::evaluate(predict, source, count) : answer_scores(*this, predict, source, count);
  }

 private:
  static void set_answer(int answer, std::size_t i, Batch& batch) {
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
      length_range_options("40", 1, "maximum length in training: bits; time steps: length, + 1 with asked = last");
  options.push_back(choice_option("asked", "last", {"last", "every"},
                                  "a target after the string only (Deletang et al. 2023), or at every bit"));
  return {.name = "parity",
          .summary = "decide whether a string of bits has an odd number of ones",
          .definition =
              R"(
              Input: uniformly random bits.

              asked = last (parity check of Deletang et al. 2023): one compute token follows the string. Its target is
              whether the number of ones is odd.

              asked = every: the target of each bit is whether the number of ones so far is odd, as in the word
              problems of Merrill, Petty & Sabharwal 2024.

              Lengths: the number of bits is uniform in shortest .. length.

              Baseline: the predictor knows the position and the current symbol: ln 2 with asked = last. With asked =
              every it is certain at the first bit only: ln 2 (1 - 1 / mean length).)",
          .options = std::move(options),
          .make = make_task<Parity>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
