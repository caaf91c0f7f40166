// Counting: predict the next symbol of a^n b^n or a^n b^n c^n, whose end only a counter can foresee.
//
//   n = 2   input   S a a b b            S = start, E = end, both symbol 0; ? = cannot be known
//           target  a ? ? b E            (the loss asks for the symbol that came)
#include <algorithm>

#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

int letters_of(const Settings& settings) { return settings.text("variant") == "anbncn" ? 3 : 2; }

// Weiss, Goldberg & Yahav 2018: a symbol is accepted when its probability is above this.
constexpr double published_threshold = 0.005;

double probability(const float* logits, int n, int symbol) {
  const double largest = *std::max_element(logits, logits + n);
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += math::exp(logits[i] - largest);
  return math::exp(logits[symbol] - largest) / sum;
}

class Counting final : public Task {
 public:
  explicit Counting(const Settings& settings)
      : letters_(letters_of(settings)),
        bound_(static_cast<int>(settings.integer("length"))),
        longest_(std::max(static_cast<int>(settings.integer("longest")), 2 * bound_)) {}

  Signature signature() const override { return {letters_ + 1, true, letters_ + 1, Loss::cross_entropy, false, true}; }
  int steps() const override { return steps_of(bound_); }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    for (int b = 0; b < size; ++b) write_word(1 + static_cast<int>(source.stream(b).below(bound_)), b, batch);
  }

  // Knows the current symbol: after the start comes a; any letter is the last of its kind once in `mean n`
  // times.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    const int n = signature().outputs;
    outputs.assign(batch.symbols.size() * n, impossible);
    const double last = 1 / mean();
    const float goes_on = last < 1 ? static_cast<float>(math::log(1 - last)) : impossible;
    for (std::size_t i = 0; i < batch.symbols.size(); ++i) {
      const int symbol = batch.symbols[i];
      outputs[i * n + (symbol + 1) % n] = symbol == 0 ? 0 : static_cast<float>(math::log(last));
      if (symbol > 0) outputs[i * n + symbol] = goes_on;
    }
  }

  // A word has letters * mean + 1 scored steps on average. The entropy of "is this letter the last?" is paid
  // at each letter; or, with a counter, ln(bound) once, because the word says nothing but n.
  double baseline() const override {
    const double last = 1 / mean();
    const double entropy = last < 1 ? -last * math::log(last) - (1 - last) * math::log(1 - last) : 0;
    return letters_ * mean() * entropy / (letters_ * mean() + 1);
  }
  std::optional<double> optimum() const override { return math::log(bound_) / (letters_ * mean() + 1); }

  Measure measure() const override {
    return {"longest_accepted", true, 2.0 * bound_,
            "largest N such that for every n = 1 .. N the most probable symbol is right wherever the word "
            "determines it, "
            "its end included"};
  }

  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override;

 private:
  int steps_of(int n) const { return letters_ * n + 1; }
  double mean() const { return (1 + bound_) / 2.0; }

  // The word of n as sequence `b`: the start, then n of each letter. Only what follows an a is not
  // determined.
  void write_word(int n, int b, Batch& batch) const {
    for (int t = 0; t < steps_of(n); ++t) {
      const std::size_t i = batch.at(t, b);
      batch.symbols[i] = t == 0 ? 0 : 1 + (t - 1) / n;
      batch.classes[i] = t == steps_of(n) - 1 ? 0 : 1 + t / n;
      batch.weight[i] = 1;
      batch.answer[i] = batch.symbols[i] != 1;
    }
  }

  bool accepted(int n, int b, const Batch& batch, const std::vector<float>& outputs) const {
    for (int t = 0; t < steps_of(n); ++t) {
      const std::size_t i = batch.at(t, b);
      if (batch.answer[i] && max_probable(&outputs[i * (letters_ + 1)], letters_ + 1) != batch.classes[i]) return false;
    }
    return true;
  }

  bool accepted_published(int n, int b, const Batch& batch, const std::vector<float>& outputs) const {
    for (int t = 0; t < steps_of(n); ++t) {
      const std::size_t i = batch.at(t, b);
      if (!(probability(&outputs[i * (letters_ + 1)], letters_ + 1, batch.classes[i]) > published_threshold))
        return false;
    }
    return true;
  }

  int letters_, bound_, longest_;
};

// How far one of the two rules has held.
struct Reach {
  int limit;  // the largest n that is tried
  int longest = 0;
  bool holds = true;
  int end() const { return holds ? limit : 0; }
  bool asks(int n) const { return n <= end(); }
  void tell(int n, bool accepted) {
    holds = accepted;
    if (accepted) longest = n;
  }
};

// Exact, so `count` does not matter: the loss is that of every n up to the bound, once. The words are tried
// in batches that grow to 64, until both rules have failed. An untrained network passes the published
// rule for long, at a cost that grows with the cube of n where there is attention: beyond 4 * bound (on
// validation data, which is asked often, 2 * bound) that rule is followed only while the other one holds.
Scores Counting::evaluate(const Predict& predict, const StreamSource& source, int) const {
  const int followed = std::min(longest_, (source.purpose == Purpose::test ? 4 : 2) * bound_);
  Reach judged{longest_}, published{longest_};
  LossSum loss;
  Batch batch;
  std::vector<float> outputs;
  int size = 16;
  for (int n = 1; n <= bound_ || judged.asks(n) || published.asks(n); n += batch.size, size = std::min(2 * size, 64)) {
    const int last = std::min(n + size - 1, n <= bound_ ? bound_ : std::max(judged.end(), published.end()));
    batch.reset(signature(), steps_of(last), last - n + 1);
    for (int b = 0; b < batch.size; ++b) write_word(n + b, b, batch);
    predict(batch, outputs);
    if (n <= bound_) {
      const LossSum part = loss_of(signature(), batch, outputs);
      loss.loss += part.loss;
      loss.weight += part.weight;
    }
    for (int b = 0; b < batch.size; ++b) {
      if (judged.asks(n + b)) judged.tell(n + b, accepted(n + b, b, batch, outputs));
      published.limit = std::max(followed, judged.end());
      if (published.asks(n + b)) published.tell(n + b, accepted_published(n + b, b, batch, outputs));
    }
  }
  return {{"longest_accepted", static_cast<double>(judged.longest)},
          {"longest_accepted_published", static_cast<double>(published.longest)},
          {"loss", loss.mean()},
          {"excess", loss.mean() - *optimum()}};
}

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length("counting with variant = " + settings.text("variant"), time_steps, letters_of(settings), 1, 1);
}

}  // namespace

TaskEntry counting_task() {
  std::vector<Option> options =
      length_options("50", 1, "largest n in training; time steps: 2 n + 1, or 3 n + 1 with anbncn");
  options.push_back(choice_option("variant", "anbn", {"anbn", "anbncn"}, "the words: a^n b^n, or a^n b^n c^n"));
  options.push_back(integer_option("longest", "1000", 1, 100000,
                                   "largest n that is tried for longest_accepted (2 * length at least)"));
  return {"counting",
          "predict the next symbol of a^n b^n, far beyond the training range",
          "Shown: a start symbol and the letters of the word a^n b^n, or a^n b^n c^n with variant = anbncn, "
          "n uniform in 1 .. length (Weiss, Goldberg & Yahav 2018, who also train on the empty word). Asked "
          "at each step: the next symbol, the end included; the loss is the mean over all steps of all "
          "words. longest_accepted is the largest N such that every n = 1 .. N is accepted: the most "
          "probable symbol is right at every step where the word determines it. longest_accepted_published "
          "applies the rule of 2018 instead, every symbol of the word and then the end have a probability "
          "above 0.005, which a network that learned nothing can pass; beyond 4 * length (2 * length on "
          "validation data) it is followed only while the other rule holds. excess is the loss above the optimum "
          "ln(length) / (k (length + 1) / 2 + 1), k letters. The memoryless predictor knows only the current symbol.",
          std::move(options),
          make_task<Counting>,
          length_of_steps};
}

}  // namespace rnnbench::tasks
