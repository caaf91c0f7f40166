// Random map: memorize the labels of fixed random bit strings, to measure how many bits a network can store.
//
//   length = 5, pairs = 3   string   0 1 1 0 1   1 1 0 0 0   0 0 1 0 1
//                           label            1           1           0
#include <algorithm>
#include <array>
#include <unordered_set>

#include "core/error.h"
#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

// The smallest length at which there are `pairs` distinct strings.
int min_length(const Settings& settings) {
  int bits = 1;
  while ((std::int64_t{1} << bits) < settings.integer("pairs")) ++bits;
  return bits;
}

// Entropy in bits of an event of this probability.
double binary_entropy(double probability) {
  const auto term = [](double p) { return p > 0 ? -p * math::log(p) / math::log(2) : 0; };
  return term(probability) + term(1 - probability);
}

class RandomMap final : public Task {
 public:
  explicit RandomMap(const Settings& settings)
      : length_(static_cast<int>(settings.integer("length"))), map_(settings.integer("map")) {
    if (length_ < min_length(settings))
      throw UserError("length = " + settings.text("length") + " is too short for random-map with pairs = " +
                      settings.text("pairs") + ", which needs " + std::to_string(min_length(settings)) + " or more");
    // The prefixes of the strings are distinct, so that no string has two labels.
    Stream stream(map_, Purpose::map, 0, 0);
    const std::size_t pairs = settings.integer("pairs");
    std::unordered_set<std::uint64_t> known;
    while (prefixes_.size() < pairs) {
      std::uint64_t prefix = 0;
      for (int word = 0; word < 2; ++word) prefix = prefix << 32 | stream.next();
      prefix >>= 64 - prefix_length();
      if (known.insert(prefix).second) prefixes_.push_back(prefix);
    }
    for (std::size_t i = 0; i < pairs; ++i) {
      labels_.push_back(stream.below(2));
      ++labels_after_[last_bit(i)][labels_[i]];
    }
  }

  Signature signature() const override { return {.inputs = 2, .one_hot = true, .outputs = 2, .one_answer = true}; }
  int steps() const override { return length_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), length_, size);
    for (int b = 0; b < size; ++b) write(source.stream(b).below(static_cast<std::uint32_t>(pairs())), b, batch);
  }

  // Knows the map and the last bit, and so the frequencies of the labels given this bit.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.symbols.size() * 2, 0);
    for (std::size_t i = 0; i < batch.symbols.size(); ++i) {
      for (int label = 0; label < 2; ++label) {
        const double count = labels_after_[batch.symbols[i]][label];
        outputs[2 * i + label] = count > 0 ? static_cast<float>(math::log(count)) : impossible;
      }
    }
  }
  double baseline() const override {
    double bits = 0;
    for (const auto& [zeros, ones] : labels_after_) {
      if (zeros + ones > 0) bits += (zeros + ones) * binary_entropy(ones / (zeros + ones));
    }
    return bits * math::log(2) / static_cast<double>(pairs());
  }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override {
    return {.name = "bits",
            .solved_at = static_cast<double>(pairs()),
            .definition =
                "pairs (1 - H(share of wrong labels, at most 1/2)): the bits stored; solved when all labels are right"};
  }

  EvaluatedOn evaluated_on() const override { return EvaluatedOn::all; }
  Scores evaluate(const Predict& predict, const StreamSource&, int) const override {
    Batch batch;
    std::vector<float> outputs;
    LossSum loss;
    std::size_t correct = 0;
    for (std::size_t done = 0; done < pairs(); done += batch.size) {
      batch.reset(signature(), length_, static_cast<int>(std::min<std::size_t>(64, pairs() - done)));
      for (int b = 0; b < batch.size; ++b) write(done + b, b, batch);
      predict(batch, outputs);
      loss += loss_of(signature(), batch, outputs);
      for (int b = 0; b < batch.size; ++b) {
        const float* logits = &outputs[2 * batch.at(length_ - 1, b)];
        correct += logits[labels_[done + b]] > logits[1 - labels_[done + b]];
      }
    }
    const double accuracy = static_cast<double>(correct) / static_cast<double>(pairs());
    const double bits = static_cast<double>(pairs()) * (1 - binary_entropy(std::min(1 - accuracy, 0.5)));
    return {{"bits", bits}, {"accuracy", accuracy}, {"loss", loss.mean()}};
  }

 private:
  std::size_t pairs() const { return prefixes_.size(); }
  int prefix_length() const { return std::min(length_, 64); }
  int prefix_bit(std::size_t pair, int t) const { return prefixes_[pair] >> (prefix_length() - 1 - t) & 1; }
  Stream suffix(std::size_t pair) const { return {map_, Purpose::map, 1, static_cast<std::uint32_t>(pair)}; }

  int last_bit(std::size_t pair) const {
    if (length_ <= prefix_length()) return prefix_bit(pair, length_ - 1);
    Stream stream = suffix(pair);
    stream.skip(length_ - 1 - prefix_length());
    return stream.below(2);
  }

  // Writes the pair as sequence `b`.
  void write(std::size_t pair, int b, Batch& batch) const {
    Stream stream = suffix(pair);
    for (int t = 0; t < length_; ++t)
      batch.symbols[batch.at(t, b)] = t < prefix_length() ? prefix_bit(pair, t) : static_cast<int>(stream.below(2));
    const std::size_t last = batch.at(length_ - 1, b);
    batch.classes[last] = labels_[pair];
    batch.weight[last] = batch.answer[last] = 1;
  }

  int length_;
  std::uint64_t map_;
  std::vector<std::uint64_t> prefixes_;  // the first bits of each string; the first one is the most significant
  std::vector<int> labels_;
  std::array<std::array<double, 2>, 2> labels_after_{};  // [last bit][label]: number of pairs
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  return solve_length("random-map with pairs = " + settings.text("pairs"), time_steps, 1, 0, min_length(settings));
}

void take_seed(Settings& settings, std::uint64_t seed) {
  if (settings.integer("map") == 0) settings.set("map", std::to_string(seed));
}

}  // namespace

TaskEntry random_map_task() {
  std::vector<Option> options =
      length_options("16", 1, "bits of a string = time steps; 2^length >= pairs; each length has its own map");
  options.push_back(integer_option("pairs", "1000", 2, 1000000, "number of strings"));
  options.push_back(integer_option("map", "0", 0, 4294967295, "seed of strings and labels; 0 = the seed of the run"));
  return {.name = "random-map",
          .summary = "memorize a random map from strings to labels: capacity in bits",
          .definition =
              R"(
              Input: one of `pairs` distinct random strings of `length` bits, chosen at random for each sequence.

              Target: at the last bit, the label of the string, 0 or 1. Strings and labels are random but the same
              throughout a run, so they can only be memorized. By default each seed has its own; with the option
              `map`, all runs memorize the same ones.

              Measure: `bits` is the mutual information of labels and answers, pairs (1 - H(error)), where error is
              the share of wrong labels over all pairs (at most 1/2) and H the binary entropy. Divided by the number
              of parameters, it is the capacity per parameter.

              Baseline: the predictor knows the map and the last bit: the entropy of the labels given the last bit,
              about ln 2.

              Source: the capacity of Collins, Sohl-Dickstein & Sussillo 2017, whose inputs are vectors.)",
          .options = std::move(options),
          .make = make_task<RandomMap>,
          .length_of_steps = length_of_steps,
          .take_seed = take_seed};
}

}  // namespace rnnbench::tasks
