// Dyck: which bracket may be closed next, at every step of a word of nested brackets.
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

  // Inputs: the opening brackets, then the closing ones. Classes: none is open, then the kinds. A later step's input is
  // the very bracket that is asked for.
  Signature signature() const override { return {2 * kinds_, true, kinds_ + 1, Loss::cross_entropy, false, true}; }
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

  // Knows the position and the bracket: certain after an opening one. After a closing one it knows how probable it is
  // that none is open, and guesses the kind evenly.
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
    return {"sequences", true, 0.99, "share of the words in which every step is answered correctly"};
  }
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    return answer_scores(*this, predict, source, count);
  }

 private:
  // The probabilities of the depths 0 .. deepest, from step to step.
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
    double closes() const { return closes_; }                            // that the step closes a bracket
    double none() const { return closes_ > 0 ? now_[0] / closes_ : 0; }  // that none is open then

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
  std::vector<Option> options = length_range_options("40", 1, "longest word in training: brackets, one each time step");
  options.push_back(choice_option("variant", "dyck-2", {"dyck-1", "dyck-2"}, "kinds of brackets"));
  options.push_back(integer_option("depth", "", 1, max_length, "most open brackets in a word; unset: any number"));
  return {"dyck",
          "say which bracket may be closed next in a word of nested brackets",
          "Shown: a word of brackets, of one or two kinds, as long as a length uniform in shortest .. length: the "
          "beginning of a Dyck word, whose brackets need not all be closed. It is drawn from left to right: where "
          "none is open a bracket opens, where `depth` are open one closes, otherwise either with probability 1/2; "
          "the kind of an opening bracket is drawn evenly. Asked at each step: the kind of the closing bracket that "
          "may follow, or that none may. As every kind may always open, this is the set of all symbols that may "
          "follow, which Suzgun et al. 2019 (LSTM networks can perform dynamic counting; Memory-augmented RNNs can "
          "learn generalized Dyck languages) and Bhattamishra, Ahuja & Goyal 2020 ask for as a vector of bits; they "
          "draw whole words from a grammar. Solved as they judge: a word counts when all of its steps are right. The "
          "memoryless predictor knows the position and the bracket: certain after an opening one; after a closing one "
          "at an even step s (from 1) none is open with probability q = 2 C(s, s/2) / 2^s, the return of a random "
          "walk, otherwise any kind alike, and at an odd step some kind is; with `depth` q comes from the walk "
          "between two walls.",
          std::move(options),
          make_task<Dyck>,
          length_of_steps};
}

}  // namespace rnnbench::tasks
