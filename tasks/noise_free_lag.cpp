// Noise-free lag: predict the last symbol of a sequence, which is the same as the first.
//
//   length = 4   regular   input   x 1 2 3       trigger (length = 2)   input   b x 7 1 5 e
//                          target  1 2 3 x                              target            x
#include <algorithm>

#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

enum class Variant { regular, random, trigger };

Variant variant_of(const Settings& settings) {
  const std::string& name = settings.text("variant");
  return name == "regular" ? Variant::regular : name == "random" ? Variant::random : Variant::trigger;
}

// In the variant trigger, at most this many distractors follow the first `length`. (There is no limit in 1997, but more
// have a probability below 1/200.)
constexpr int max_more = 50;
constexpr int trigger_extra = max_more + 3;  // with b, the symbol to remember, and e

class NoiseFreeLag final : public Task {
 public:
  explicit NoiseFreeLag(const Settings& settings)
      : length_(static_cast<int>(settings.integer("length"))),
        distractors_(static_cast<int>(settings.integer("symbols"))),
        variant_(variant_of(settings)) {}

  Signature signature() const override {
    const int n = distractors_ + (triggered() ? 4 : 2);
    return {.inputs = n, .one_hot = true, .outputs = n, .one_answer = triggered(), .predicts_inputs = !triggered()};
  }
  int steps() const override { return length_ + (triggered() ? trigger_extra : 0); }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      const int first = x() + static_cast<int>(stream.below(2));
      const int last = triggered() ? write_triggered(stream, first, b, batch) : write(stream, first, b, batch);
      batch.classes[batch.at(last, b)] = first;
      batch.weight[batch.at(last, b)] = batch.answer[batch.at(last, b)] = 1;
    }
  }

  // Knows the position and the current symbol. It is certain of regular distractors, gives all random distractors the
  // same probability, and x and y at the last step.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    const int n = signature().outputs;
    outputs.assign(batch.symbols.size() * n, impossible);
    for (int t = 0; t < batch.steps; ++t) {
      for (int b = 0; b < batch.size; ++b) {
        float* logits = &outputs[batch.at(t, b) * n];
        if (triggered() || t == length_ - 1)
          logits[x()] = logits[x() + 1] = 0;
        else if (variant_ == Variant::regular)
          logits[t % distractors_] = 0;
        else
          std::fill_n(logits, distractors_, 0.0f);
      }
    }
  }

  double baseline() const override { return triggered() ? math::log(2) : *optimum() + math::log(2) / length_; }
  std::optional<double> optimum() const override {
    return variant_ == Variant::random ? (length_ - 1) * math::log(distractors_) / length_ : 0;
  }
  Measure measure() const override {
    return {.name = "accuracy", .solved_at = 1, .definition = "share of last symbols foreseen"};
  }

 private:
  bool triggered() const { return variant_ == Variant::trigger; }
  int x() const { return distractors_; }  // followed by y, e and b

  // Writes the symbol to remember and the distractors, which are also the targets of the steps before. Returns the last
  // step.
  int write(Stream& stream, int first, int b, Batch& batch) const {
    batch.symbols[batch.at(0, b)] = first;
    for (int t = 1; t < length_; ++t) {
      const int shown =
          variant_ == Variant::regular ? (t - 1) % distractors_ : static_cast<int>(stream.below(distractors_));
      batch.symbols[batch.at(t, b)] = batch.classes[batch.at(t - 1, b)] = shown;
      batch.weight[batch.at(t - 1, b)] = 1;
    }
    return length_ - 1;
  }

  // Writes b, the symbol to remember, `length` distractors and more with probability 9/10 each, and e. Returns the last
  // step.
  int write_triggered(Stream& stream, int first, int b, Batch& batch) const {
    int between = length_;
    while (between < length_ + max_more && stream.below(10) > 0) ++between;
    batch.symbols[batch.at(0, b)] = x() + 3;
    batch.symbols[batch.at(1, b)] = first;
    for (int t = 2; t < between + 2; ++t)
      batch.symbols[batch.at(t, b)] = static_cast<std::int32_t>(stream.below(distractors_));
    batch.symbols[batch.at(between + 2, b)] = x() + 2;
    return between + 2;
  }

  int length_, distractors_;
  Variant variant_;
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length("noise-free-lag with variant = " + settings.text("variant"), time_steps, 1,
                      variant_of(settings) == Variant::trigger ? trigger_extra : 0, 2);
}

}  // namespace

TaskEntry noise_free_lag_task() {
  std::vector<Option> options =
      length_options("100", 2, "p, time steps; with trigger q, minimum number of distractors, time steps: q + 53");
  options.push_back(choice_option("variant", "regular", {"regular", "random", "trigger"},
                                  "experiments 2a, 2b and 2c of Hochreiter & Schmidhuber 1997"));
  options.push_back(integer_option("symbols", "99", 1, 10000, "number of different distractors (1997: p - 1)"));
  return {.name = "noise-free-lag",
          .summary = "predict the last symbol of a sequence, which is the same as the first",
          .definition =
              R"(
              Hochreiter & Schmidhuber 1997, experiment 2.

              Input: a symbol x or y, then p - 1 distractors.

              Target: at each step, the next symbol; at the last step, the first symbol of the sequence. Accuracy
              counts the last step only.

              variant = regular (2a): the distractors are a_1, a_2, ... in this order, starting over at a_1 when
              `symbols` of them have been shown, so that the inputs do not depend on the length.

              variant = random (2b): each distractor is uniformly random.

              variant = trigger (2c): a start symbol b, then x or y, then at least q random distractors, and a trigger
              e. After the first q distractors, one more follows with probability 9/10 each time (here at most 50).
              Only the trigger has a target: the second symbol, x or y.

              Baseline: the predictor knows the position and the current symbol: ln 2 / p for regular, ((p - 1)
              ln(symbols) + ln 2) / p for random, ln 2 for trigger. The optimum is lower by the term with ln 2.)",
          .options = std::move(options),
          .make = make_task<NoiseFreeLag>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
