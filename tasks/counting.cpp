// Counting: predict the next symbol of a^n b^n or a^n b^n c^n, whose end can be predicted only by counting.
//
//   n = 2   input   S a a b b            S = start, E = end, both symbol 0
//           target  a ? ? b E            ? = a or b: the word so far does not determine which
#include <algorithm>

#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

int letters_of(const Settings& settings) { return settings.text("variant") == "anbncn" ? 3 : 2; }

// Weiss, Goldberg & Yahav 2018 accept a symbol when its probability is above this.
constexpr double published_threshold = 0.005;

double probability(const float* logits, int n, int symbol) {
  const double largest = *std::max_element(logits, logits + n);
  double powers[4], sum = 0;  // there are up to three letters, and the end
  for (int i = 0; i < n; ++i) powers[i] = logits[i] - largest;
  math::exp_all(powers, n);
  for (int i = 0; i < n; ++i) sum += powers[i];
  return powers[symbol] / sum;
}

class Counting final : public Task {
 public:
  explicit Counting(const Settings& settings)
      : letters_(letters_of(settings)),
        bound_(static_cast<int>(settings.integer("length"))),
        longest_(std::max(static_cast<int>(settings.integer("longest")), 2 * bound_)) {}

  Signature signature() const override {
    return {.inputs = letters_ + 1, .one_hot = true, .outputs = letters_ + 1, .predicts_inputs = true};
  }
  int steps() const override { return steps_of(bound_); }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    for (int b = 0; b < size; ++b) write_word(1 + static_cast<int>(source.stream(b).below(bound_)), b, batch);
  }

  // Knows the current symbol: after the start comes a, and one letter in `mean n` is the last of its kind.
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

  // A word has letters * mean + 1 targets on average. Without memory, each letter costs the entropy of whether it is
  // the last of its kind. With a counter, the whole word costs ln(bound), since n determines it.
  double baseline() const override {
    const double last = 1 / mean();
    const double entropy = last < 1 ? -last * math::log(last) - (1 - last) * math::log(1 - last) : 0;
    return letters_ * mean() * entropy / (letters_ * mean() + 1);
  }
  std::optional<double> optimum() const override { return math::log(bound_) / (letters_ * mean() + 1); }

  Measure measure() const override {
    return {.name = "longest_accepted",
            .solved_at = 2.0 * bound_,
            .definition =
                "largest N such that for every n = 1 .. N the most probable symbol is right wherever the word "
                "determines it, its end included"};
  }

  EvaluatedOn evaluated_on() const override { return EvaluatedOn::all; }
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override;

 private:
  int steps_of(int n) const { return letters_ * n + 1; }
  double mean() const { return (1 + bound_) / 2.0; }

  // Writes the word of n as sequence `b`: the start, then n of each letter. Every next symbol is determined, except
  // after an a.
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
      if (batch.answer[i] && most_probable(&outputs[i * (letters_ + 1)], letters_ + 1) != batch.classes[i])
        return false;
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

// The longest word so far that satisfies one of the two acceptance rules.
struct Acceptance {
  int limit;  // largest n to try
  int longest = 0;
  bool failed = false;
  int end() const { return failed ? 0 : limit; }
  bool needs(int n) const { return n <= end(); }
  void add(int n, bool accepted) {
    failed = !accepted;
    if (accepted) longest = n;
  }
};

// Exact, so `count` has no effect. The loss covers every n up to the bound once. Words are tried in batches that grow
// to 64 words, until both rules have failed. Even an untrained network may satisfy the published rule for many n, at a
// cost that with attention grows with the cube of n. So beyond 4 * bound (2 * bound on validation data, which are used
// often), the published rule is evaluated only while the other rule still holds.
Scores Counting::evaluate(const Predict& predict, const StreamSource& source, int) const {
  const int published_limit = std::min(longest_, (source.purpose == Purpose::test ? 4 : 2) * bound_);
  Acceptance strict{longest_}, published{longest_};
  LossSum loss;
  Batch batch;
  std::vector<float> outputs;
  int size = 16;
  for (int n = 1; n <= bound_ || strict.needs(n) || published.needs(n);
       n += batch.size, size = std::min(2 * size, 64)) {
    const int last = std::min(n + size - 1, n <= bound_ ? bound_ : std::max(strict.end(), published.end()));
    batch.reset(signature(), steps_of(last), last - n + 1);
    for (int b = 0; b < batch.size; ++b) write_word(n + b, b, batch);
    predict(batch, outputs);
    if (n <= bound_) {
      loss += loss_of(signature(), batch, outputs);
    }
    for (int b = 0; b < batch.size; ++b) {
      if (strict.needs(n + b)) strict.add(n + b, accepted(n + b, b, batch, outputs));
      published.limit = std::max(published_limit, strict.end());
      if (published.needs(n + b)) published.add(n + b, accepted_published(n + b, b, batch, outputs));
    }
  }
  return {{"longest_accepted", static_cast<double>(strict.longest)},
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
      length_options("50", 1, "largest n in training; time steps: 2 length + 1, or 3 length + 1 with anbncn");
  options.push_back(choice_option("variant", "anbn", {"anbn", "anbncn"}, "the words: a^n b^n, or a^n b^n c^n"));
  options.push_back(
      integer_option("longest", "1000", 1, 100000, "largest n to try for longest_accepted; at least 2 * length"));
  return {.name = "counting",
          .summary = "predict the next symbol of a^n b^n, far beyond the training range",
          .definition =
              R"(
              Input: a start symbol and the letters of the word a^n b^n, or a^n b^n c^n with variant = anbncn, n
              uniform in 1 .. length.

              Target: at each step, the next symbol, including the end. The loss is averaged over all steps of all
              words.

              longest_accepted is the largest N such that the word of every n = 1 .. N is accepted: the most probable
              symbol is correct at every step at which the word determines the next symbol.

              longest_accepted_published uses the rule of Weiss, Goldberg & Yahav 2018: each symbol of the word and
              the end has a probability above 0.005. A network that has learned nothing can satisfy it. Beyond 4 *
              length (2 * length on validation data) it is evaluated only while the other rule still holds.

              Baseline: the predictor knows only the current symbol. The optimum is ln(length) / (k (length + 1) / 2 +
              1) with k letters; `excess` is the loss above it.

              Source: Weiss, Goldberg & Yahav 2018, who also train on the empty word.)",
          .options = std::move(options),
          .make = make_task<Counting>,
          .length_of_steps = length_of_steps,
          .measures_beyond_training = true};
}

}  // namespace rnnbench::tasks
