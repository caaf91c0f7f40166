// Associative recall: a list of keys with their values, then the keys again, at which the values are to be recalled.
//
//   pairs = 2   input   c 4 a 7 . . a . . . c .       letters = keys, digits = values, . = blank
//               target              7       4
#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

constexpr double power = 0.01;  // a of the published gaps: the probability of gap g is proportional to g^(a - 1)

// n distinct numbers of 0 .. limit - 1 in random order.
std::vector<int> distinct(Stream& stream, int n, int limit) {
  std::vector<int> numbers(limit);
  std::iota(numbers.begin(), numbers.end(), 0);
  for (int i = 0; i < n; ++i) std::swap(numbers[i], numbers[i + stream.below(limit - i)]);
  numbers.resize(n);
  return numbers;
}

class AssociativeRecall final : public Task {
 public:
  explicit AssociativeRecall(const Settings& settings)
      : length_(static_cast<int>(settings.integer("length"))),
        pairs_(static_cast<int>(settings.integer("pairs"))),
        keys_(static_cast<int>(settings.integer("keys"))),
        values_(static_cast<int>(settings.integer("values"))),
        random_filler_(settings.text("filler") == "random") {
    if (length_ < 4 * pairs_)
      throw UserError("length = " + settings.text("length") + " is too short for associative-recall with pairs = " +
                      settings.text("pairs") + ", which needs " + std::to_string(4 * pairs_) + " or more");
    for (const char* alphabet : {"keys", "values"}) {
      if (settings.integer(alphabet) < pairs_)
        throw UserError(std::string(alphabet) + " = " + settings.text(alphabet) + " is less than pairs = " +
                        settings.text("pairs") + ", but the " + alphabet + " of a sequence are distinct");
    }
    const bool even = settings.text("gaps") == "uniform";
    double sum = 0;
    for (int gap = 1; gap <= (length_ - 2 * pairs_) / 2; ++gap)
      gaps_.push_back(sum += even ? 1 : math::exp((power - 1) * math::log(gap)));
  }

  Signature signature() const override { return {.inputs = 1 + keys_ + values_, .one_hot = true, .outputs = values_}; }
  int steps() const override { return length_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), length_, size);
    std::vector<bool> taken;
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      const std::vector<int> keys = distinct(stream, pairs_, keys_), values = distinct(stream, pairs_, values_);
      taken.assign(gaps_.size(), false);
      for (int i = 0; i < pairs_; ++i) {
        batch.symbols[batch.at(2 * i, b)] = 1 + keys[i];
        batch.symbols[batch.at(2 * i + 1, b)] = 1 + keys_ + values[i];
        const std::size_t query = batch.at(2 * pairs_ + 2 * draw_gap(stream, taken), b);
        batch.symbols[query] = 1 + keys[i];
        batch.classes[query] = values[i];
        batch.weight[query] = batch.answer[query] = 1;
      }
      for (int t = 2 * pairs_; random_filler_ && t < length_; ++t) {
        if (!batch.answer[batch.at(t, b)])
          batch.symbols[batch.at(t, b)] = static_cast<std::int32_t>(stream.below(1 + keys_ + values_));
      }
    }
  }

  // The key is independent of its value, so all values are equally probable.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.symbols.size() * values_, 0);
  }
  double baseline() const override { return math::log(values_); }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override {
    return {.name = "accuracy", .solved_at = 0.99, .definition = "share of the queries answered correctly"};
  }
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    return answer_scores(*this, predict, source, count);
  }

 private:
  // A gap that is not taken yet, with a probability proportional to its weight.
  int draw_gap(Stream& stream, std::vector<bool>& taken) const {
    for (;;) {
      const double draw = stream.next() * 0x1p-32 * gaps_.back();
      const auto gap = std::upper_bound(gaps_.begin(), gaps_.end(), draw) - gaps_.begin();
      if (taken[gap]) continue;
      taken[gap] = true;
      return static_cast<int>(gap);
    }
  }

  int length_, pairs_, keys_, values_;
  bool random_filler_;
  std::vector<double> gaps_;  // cumulative weights of the gaps, which count pairs of steps after the context
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length("associative-recall with pairs = " + settings.text("pairs"), time_steps, 1, 0,
                      4 * static_cast<int>(settings.integer("pairs")));
}

}  // namespace

TaskEntry associative_recall_task() {
  std::vector<Option> options = length_options("64", 4, "time steps; at least 4 * pairs");
  options.push_back(integer_option("pairs", "4", 1, 1000, "key-value pairs, each queried once"));
  options.push_back(integer_option("keys", "32", 4, 10000, "number of different keys; at least `pairs`"));
  options.push_back(integer_option("values", "32", 4, 10000, "number of different values; at least `pairs`"));
  options.push_back(choice_option("gaps", "power", {"power", "uniform"},
                                  "positions of the queries: mostly early (power law), or uniform"));
  options.push_back(
      choice_option("filler", "blank", {"blank", "random"}, "input between queries: a blank, or random symbols"));
  return {.name = "associative-recall",
          .summary = "recall the values of several keys (MQAR)",
          .definition =
              R"(
              Multi-query associative recall of Arora et al. 2024 (Zoology).

              Input: `pairs` distinct keys, each followed by its value, the values also distinct; then every key once
              more as a query, at distinct positions an even number of steps after these pairs.

              Target: at the queries, the value of the key.

              gaps = power: position g after the pairs is chosen with a probability proportional to g^-0.99, as
              published.

              gaps = uniform: all positions are equally probable.

              filler = blank: blanks between queries. filler = random: random symbols of the whole alphabet, keys
              included.

              Published settings: 4, 8, 16, 64 pairs at lengths 64, 128, 256, 512, with keys = 4095 and values = 4096.

              Baseline: a key is independent of its value: ln(values).

              Further score: `sequences`, the share of sequences with all queries answered correctly.)",
          .options = std::move(options),
          .make = make_task<AssociativeRecall>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
