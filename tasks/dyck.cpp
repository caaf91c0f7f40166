// Dyck: which bracket may be closed next, at each step of a word of nested brackets.
//
//   input   ( [ ] ( ( ) ) )      dyck-2
//   target  ) ] ) ) ) ) ) -      the bracket that closes the innermost open one; - = none is open
#include <algorithm>

#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

class Dyck final : public Task {
 public:
  explicit Dyck(const Settings& settings)
      : range_(settings),
        kinds_(settings.text("variant") == "dyck-1" ? 1 : 2),
        deepest_(settings.has("depth") ? static_cast<int>(settings.integer("depth")) : range_.longest) {}

  // Inputs: the opening brackets, then the closing ones. Classes: none is open, then the kinds. A later input may be
  // the bracket of the target.
  Signature signature() const override {
    return {.inputs = 2 * kinds_, .one_hot = true, .outputs = kinds_ + 1, .predicts_inputs = true};
  }
  int steps() const override { return range_.longest; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    std::vector<int> open;
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      const int length = range_.draw(stream);
      open.clear();
      for (int t = 0; t < length; ++t) {
        const std::size_t i = batch.at(t, b);
        const int depth = static_cast<int>(open.size());
        if (depth == 0 || (depth < deepest_ && stream.below(2) == 0)) {
          open.push_back(static_cast<int>(stream.below(kinds_)));
          batch.symbols[i] = open.back();
        } else {
          batch.symbols[i] = kinds_ + open.back();
          open.pop_back();
        }
        batch.classes[i] = open.empty() ? 0 : 1 + open.back();
        batch.weight[i] = batch.answer[i] = 1;
      }
    }
  }

  // Knows the position and the current bracket. After an opening bracket it is certain. After a closing one it knows
  // the probability that none is open, and gives all kinds the same probability.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    const int n = kinds_ + 1;
    const auto logit = [](double p) { return p > 0 ? static_cast<float>(math::log(p)) : impossible; };
    outputs.assign(batch.symbols.size() * n, impossible);
    Depths depths(deepest_, batch.steps);
    for (int t = 0; t < batch.steps; ++t) {
      depths.step();
      const float none = logit(depths.none()), kind = logit((1 - depths.none()) / kinds_);
      for (int b = 0; b < batch.size; ++b) {
        const std::size_t i = batch.at(t, b);
        float* at = &outputs[i * n];
        if (batch.symbols[i] < kinds_)
          at[1 + batch.symbols[i]] = 0;
        else
          at[0] = none, std::fill_n(at + 1, kinds_, kind);
      }
    }
  }

  double baseline() const override {
    Depths depths(deepest_, steps());
    double loss = 0;
    for (int t = 0; t < steps(); ++t) {
      depths.step();
      const double none = depths.none(), some = 1 - none;
      double entropy = none > 0 ? -none * math::log(none) : 0;
      if (some > 0) entropy -= some * math::log(some / kinds_);
      const int longer = range_.longest - std::max(range_.shortest, t + 1) + 1;  // lengths that reach this step
      loss += entropy * depths.closes() * longer / (range_.longest - range_.shortest + 1);
    }
    return loss / range_.mean();
  }
  std::optional<double> optimum() const override { return 0; }

  Measure measure() const override {
    return {.name = "sequences",
            .solved_at = 0.99,
            .definition = "share of the words in which every step is answered correctly"};
  }
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    return answer_scores(*this, predict, source, count);
  }

 private:
  // The distribution of the number of open brackets, from step to step.
  class Depths {
   public:
    Depths(int deepest, int steps) : now_(std::min(deepest, steps) + 1, 0.0), next_(now_.size()) { now_[0] = 1; }
    void step() {
      std::fill(next_.begin(), next_.end(), 0.0);
      closes_ = 0;
      const std::size_t last = now_.size() - 1;
      for (std::size_t depth = 0; depth <= last; ++depth) {
        const double close = depth == 0 ? 0 : depth == last ? now_[depth] : now_[depth] / 2;
        if (depth > 0) next_[depth - 1] += close;
        if (depth < last) next_[depth + 1] += now_[depth] - close;
        closes_ += close;
      }
      now_.swap(next_);
    }
    // Probability that the step closes a bracket, and that none is open after it if it does.
    double closes() const { return closes_; }
    double none() const { return closes_ > 0 ? now_[0] / closes_ : 0; }

   private:
    std::vector<double> now_, next_;
    double closes_ = 0;
  };

  LengthRange range_;
  int kinds_, deepest_;
};

std::int64_t length_of_steps(const Settings&, std::int64_t time_steps) {
  return solve_length("dyck", time_steps, 1, 0, 1);
}

}  // namespace

TaskEntry dyck_task() {
  std::vector<Option> options =
      length_range_options("40", 1, "maximum length in training: brackets; time steps: length");
  options.push_back(choice_option("variant", "dyck-2", {"dyck-1", "dyck-2"}, "one or two kinds of brackets"));
  options.push_back(integer_option("depth", "", 1, max_length, "maximum number of open brackets; unset: no maximum"));
  return {.name = "dyck",
          .summary = "predict which bracket may be closed next in a word of nested brackets",
          .definition =
              R"(
              Input: the beginning of a Dyck word of one or two kinds of brackets, which need not all be closed. It is
              generated from left to right: a bracket opens if none is open, one closes if `depth` are open, and
              otherwise both have probability 1/2. The kind of an opening bracket is uniformly random.

              Target: at each step, the kind of the closing bracket that may follow, or that none may. Since an
              opening bracket may always follow, this determines the set of all symbols that may follow.

              Lengths: the number of brackets is uniform in shortest .. length.

              Solved as in the sources: a word counts when all of its steps are correct.

              Baseline: the predictor knows the position and the current bracket. It is certain after an opening
              bracket. After a closing bracket at an even step s (from 1), none is open with probability q = 2 C(s,
              s/2) / 2^s, the return probability of a random walk, and otherwise all kinds are equally probable; at an
              odd step, one is always open. With `depth`, q is that of a random walk between two reflecting walls.

              Sources: Suzgun et al. 2019 (LSTM networks can perform dynamic counting; Memory-augmented RNNs can learn
              generalized Dyck languages) and Bhattamishra, Ahuja & Goyal 2020. Their targets are the set of possible
              symbols as a vector of bits, and they generate whole words from a grammar.)",
          .options = std::move(options),
          .make = make_task<Dyck>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
