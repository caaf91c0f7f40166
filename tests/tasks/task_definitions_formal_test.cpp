// Parity to Dyck against their definitions (formal_tasks.h). The worked examples there follow by hand from the words of
// the stream that the tests of copy and adding know from another implementation of Philox (in 0 .. 1: 0.4, 0.5, 0.08,
// 0.72, 0.89, 0.86, 0.80, 0.41; the first one draws the length).
#include <algorithm>
#include <cmath>
#include <map>

#include <catch2/catch.hpp>

#include "tests/tasks/formal_tasks.h"
#include "tests/tasks/samples.h"

using namespace rnnbench::test;
using namespace rnnbench::test::formal;

namespace {

// What a predictor that knows the step alone has to pay: the mean entropy of what is asked there.
class Tally {
 public:
  void add(std::size_t step, char answer, double probability) { odds_[step][answer] += probability; }
  double loss() const {
    double loss = 0, answers = 0;
    for (const auto& [step, classes] : odds_) {
      double all = 0;
      for (const auto& [answer, p] : classes) all += p;
      for (const auto& [answer, p] : classes) loss -= p * std::log(p / all);
      answers += all;
    }
    return loss / answers;
  }

 private:
  std::map<std::size_t, std::map<char, double>> odds_;
};

double binary_entropy(double p) { return -p * std::log(p) - (1 - p) * std::log(1 - p); }

}  // namespace

TEST_CASE("formal tasks: the worked examples", "[tasks]") {
  for (const Definition& d : definitions()) {
    CAPTURE(d.name, d.variant);
    Batch batch;
    task_of(d.name, lengths(d.worked, d.worked, d.variant))->sample(source, 1, batch);
    const Text text = d.read(batch, 0);
    CHECK(text.input == d.worked_input);
    CHECK(text.target == d.worked_target);
  }
}

TEST_CASE("formal tasks: the targets follow from the inputs, and lengths are drawn uniformly", "[tasks]") {
  for (const Definition& d : definitions()) {
    for (const auto& [shortest, longest] : {std::pair{d.min, d.min + 11}, {37, 37}, {500, 40}}) {
      CAPTURE(d.name, d.variant, shortest, longest);
      const auto task = task_of(d.name, lengths(shortest, longest, d.variant));
      const int lengths_drawn = std::max(longest - shortest, 0) + 1, sequences = 1200;
      Batch batch;
      task->sample(source, sequences, batch);
      std::map<std::size_t, int> drawn;
      for (int b = 0; b < sequences; ++b) {
        const Text text = d.read(batch, b);
        const auto compute = std::min(text.input.find('_'), text.input.size());
        const std::string shown = text.input.substr(0, compute), answer = d.answer(shown);
        const bool asked_after = compute < text.input.size();
        REQUIRE(text.input == shown + std::string(asked_after ? answer.size() : 0, '_'));
        REQUIRE(text.target == std::string(asked_after ? compute : 0, '.') + answer);
        for (std::size_t t = 0; t < text.target.size(); ++t) {
          const bool judged = d.name == "binary-addition" ? t <= text.target.find('#') : true;
          REQUIRE(batch.answer[batch.at(static_cast<int>(t), b)] == (text.target[t] != '.' && judged));
        }
        ++drawn[text.input.size()];
      }
      CHECK(drawn.size() == static_cast<std::size_t>(lengths_drawn));
      CHECK(static_cast<int>(drawn.rbegin()->first) == task->steps());
      const double mean = 1.0 * sequences / lengths_drawn;
      for (const auto& [steps, count] : drawn) CHECK(std::abs(count - mean) <= 5 * std::sqrt(mean));
    }
  }
}

// So the memoryless predictor is the best one, and not only one whose loss was computed rightly: where it says 1/2 (as
// the baseline ln 2 does), the answers are balanced.
TEST_CASE("formal tasks: at every step each answer is as frequent as the memoryless predictor says", "[tasks]") {
  for (const Definition& d : definitions()) {
    const auto task = task_of(d.name, lengths(3, 8, d.variant));
    const int n = task->signature().outputs;
    Batch batch;
    std::vector<float> outputs;
    task->sample(source, 30000, batch);
    task->memoryless(batch, outputs);
    struct Cell {
      int times = 0;
      std::vector<double> probabilities, seen;
    };
    std::map<std::pair<int, int>, Cell> cells;  // by step and symbol
    for (int t = 0; t < batch.steps; ++t) {
      for (int b = 0; b < batch.size; ++b) {
        const std::size_t i = batch.at(t, b);
        if (batch.weight[i] == 0) continue;
        Cell& cell = cells[{t, batch.symbols[i]}];
        if (cell.times++ == 0) {
          double sum = 0;
          for (int k = 0; k < n; ++k)
            cell.probabilities.push_back(std::exp(outputs[i * n + k])), sum += cell.probabilities.back();
          for (double& p : cell.probabilities) p /= sum;
          cell.seen.assign(n, 0);
        }
        ++cell.seen[batch.classes[i]];
      }
    }
    for (const auto& [at, cell] : cells) {
      for (int k = 0; k < n; ++k) {
        CAPTURE(d.name, d.variant, at.first, at.second, k, cell.times);
        const double p = cell.probabilities[k];
        CHECK(std::abs(cell.seen[k] - p * cell.times) <= 5 * std::sqrt(p * (1 - p) * cell.times) + 0.01);
      }
    }
  }
}

TEST_CASE("formal tasks: every string of a length is equally probable", "[tasks]") {
  const auto check = [](const std::string& name, int length, std::size_t strings) {
    CAPTURE(name);
    const Definition& d = definition_of(name);
    const int count = 20000;
    Batch batch;
    task_of(name, lengths(length, length))->sample(source, count, batch);
    std::map<std::string, int> drawn;
    for (int b = 0; b < count; ++b) ++drawn[d.read(batch, b).input];
    CHECK(drawn.size() == strings);
    const double mean = count / static_cast<double>(strings);
    for (const auto& [string, times] : drawn) CHECK(std::abs(times - mean) <= 5 * std::sqrt(mean));
  };
  for (const char* bits : {"parity", "even-pairs", "reverse-string", "duplicate-string", "odds-first"})
    check(bits, 5, 32);
  check("cycle-navigation", 4, 81);
  check("modular-arithmetic", 2, 75);
  check("missing-duplicate", 2, 4 * 4);
  check("bucket-sort", 3, 125);
  check("binary-addition", 4, 6);  // 1+1 .. 1+3 and 1+1 .. 3+1
}

TEST_CASE("formal tasks: baselines by enumeration and by hand", "[tasks]") {
  const auto baseline = [](const std::string& name, int shortest, int longest, const Changes& variant = {}) {
    return task_of(name, lengths(shortest, longest, variant))->baseline();
  };
  const auto near = [](double value) { return Approx(value).epsilon(1e-12).margin(1e-14); };
  for (const char* even :
       {"parity", "even-pairs", "reverse-string", "duplicate-string", "odds-first", "missing-duplicate"})
    CHECK(baseline(even, 2, 9) == near(std::log(2)));
  CHECK(baseline("parity", 1, 40, {{"asked", "every"}}) == near(std::log(2) * 19.5 / 20.5));
  CHECK(baseline("parity", 8, 8, {{"asked", "every"}}) == near(std::log(2) * 7 / 8));

  const double two_moves = std::log(9) - (3 * std::log(3) + 2 * 2 * std::log(2)) / 9;  // 3, 2, 2, 1, 1 of 9
  CHECK(baseline("cycle-navigation", 1, 1) == near(std::log(3)));
  CHECK(baseline("cycle-navigation", 2, 2) == near(two_moves));
  CHECK(baseline("cycle-navigation", 1, 2) == near((std::log(3) + two_moves) / 2));
  CHECK(baseline("cycle-navigation", 1000, 1000) == near(std::log(5)));

  Tally arithmetic, sorting, addition;
  for (int i = 0; i < 5 * 3 * 5 * 3 * 5; ++i) {
    std::string expression;
    for (int place = 0, rest = i; place < 5; rest /= place++ % 2 ? 3 : 5)
      expression += place % 2 ? "+-*"[rest % 3] : "01234"[rest % 5];
    arithmetic.add(5, value_modulo_5(expression)[0], 1.0 / 1125);
  }
  CHECK(baseline("modular-arithmetic", 1, 1) == near(std::log(5)));
  CHECK(baseline("modular-arithmetic", 3, 3) == near(arithmetic.loss()));
  CHECK(baseline("modular-arithmetic", 1000, 1000) == near(std::log(5)));

  for (int i = 0; i < 125; ++i) {
    std::string three{"01234"[i % 5], "01234"[i / 5 % 5], "01234"[i / 25]}, two = three.substr(0, 2);
    std::sort(two.begin(), two.end());
    std::sort(three.begin(), three.end());
    for (int j = 0; j < 2; ++j) sorting.add(2 + j, two[j], 1.0 / 125);
    for (int j = 0; j < 3; ++j) sorting.add(3 + j, three[j], 1.0 / 125);  // step 3 is asked by both lengths
  }
  CHECK(baseline("bucket-sort", 1, 1) == near(std::log(5)));
  CHECK(baseline("bucket-sort", 2, 3) == near(sorting.loss()));
  // The borders between the symbols blur over the square root of the length.
  CHECK(baseline("bucket-sort", 3000, 3000) == Approx(baseline("bucket-sort", 750, 750) / 2).epsilon(0.01));

  const auto bits = [](int number, int width) {
    std::string text;
    for (int i = 0; i < width; ++i) text += odd(number >> i);
    return text;
  };
  for (int length = 3; length <= 9; ++length) {
    for (int a = 1; a <= length - 2; ++a) {
      const int b = length - 1 - a, first = (1 << a) - 1, second = (1 << b) - 1;
      for (int i = 0; i < first * second; ++i) {
        const std::string sum = sum_of_binaries(bits(1 + i % first, a) + "+" + bits(1 + i / first, b));
        for (std::size_t j = 0; j < sum.size(); ++j)
          addition.add(length + j, sum[j], 1.0 / (length - 2) / first / second);
      }
    }
  }
  CHECK(baseline("binary-addition", 3, 3) == near(0));  // 1 + 1
  CHECK(baseline("binary-addition", 3, 9) == near(addition.loss()));
  CHECK(std::isfinite(baseline("binary-addition", 1500, 1500)));  // powers of two beyond the range of double
}

TEST_CASE("dyck: baselines of a random walk", "[tasks]") {
  const auto baseline = [](int shortest, int longest, const Changes& variant) {
    return task_of("dyck", lengths(shortest, longest, variant))->baseline();
  };
  const Changes one{{"variant", "dyck-1"}}, two{{"variant", "dyck-2"}};
  const auto near = [](double value) { return Approx(value).epsilon(1e-12).margin(1e-14); };
  CHECK(baseline(4, 4, one) == near(binary_entropy(0.75) / 2 / 4));
  CHECK(baseline(3, 3, two) == near(std::log(2) / 4 / 3));
  CHECK(baseline(1, 3, two) == near(std::log(2) / 4 / 6));
  for (const int kinds : {1, 2}) {
    double loss = 0, central = 1;  // C(s, s/2) / 2^s of the last even s
    for (int s = 1; s <= 40; ++s) {
      if (s % 2 == 1) {
        loss += (1 - central) / 2 * std::log(kinds);
        continue;
      }
      central *= 1 - 1.0 / s;
      const double none = 2 * central;
      if (s > 2) loss += (binary_entropy(none) + (1 - none) * std::log(kinds)) / 2;
    }
    CHECK(baseline(40, 40, kinds == 1 ? one : two) == near(loss / 40));
  }
  CHECK(baseline(1, 40, {{"depth", "1"}}) == 0);
  CHECK(baseline(5, 5, {{"depth", "2"}}) == near(2 * std::log(2) / 2 / 5));
}

TEST_CASE("dyck: no word is deeper than depth, and unset depth is as deep as the word is long", "[tasks]") {
  const auto deepest = [](const Changes& changes) {
    Batch batch;
    task_of("dyck", changes)->sample(source, 2000, batch);
    std::size_t depth = 0;
    for (int b = 0; b < batch.size; ++b) {
      const Text text = definition_of("dyck").read(batch, b);
      for (std::size_t n = 1; n <= text.input.size(); ++n)
        depth = std::max(depth, open_brackets(text.input.substr(0, n)).size());
    }
    return depth;
  };
  CHECK(deepest(lengths(8, 8)) == 8);
  for (const int depth : {1, 2, 3})
    CHECK(deepest(lengths(8, 20, {{"depth", std::to_string(depth)}})) == std::size_t(depth));
}

TEST_CASE("formal tasks: accuracy counts answers, sequences counts strings without a mistake", "[tasks]") {
  // Wrong at the given step of every second sequence.
  const auto scores = [](const Task& task, int wrong) {
    const int n = task.signature().outputs;
    return task.evaluate(
        [&](const Batch& batch, std::vector<float>& outputs) {
          outputs.assign(batch.classes.size() * n, 0);
          for (std::size_t i = 0; i < batch.classes.size(); ++i) outputs[i * n + batch.classes[i]] = 10;
          for (int b = 0; b < batch.size; b += 2) {
            const std::size_t i = batch.at(wrong, b);
            outputs[i * n + (batch.classes[i] + 1) % n] = 20;
          }
        },
        source, 400);
  };
  const Scores reversed = scores(*task_of("reverse-string", lengths(5, 5)), 7);
  CHECK(score(reversed, "accuracy") == 0.9);
  CHECK(score(reversed, "sequences") == 0.5);
  CHECK_FALSE(task_of("reverse-string", {})->solved(reversed));

  const auto dyck = task_of("dyck", lengths(100, 100));
  CHECK(score(scores(*dyck, 50), "accuracy") == 0.995);
  CHECK_FALSE(dyck->solved(scores(*dyck, 50)));  // judged by words
  CHECK(dyck->solved({{"accuracy", 1}, {"sequences", 0.99}, {"loss", 1}}));

  // 1 + 1 = 01#0: what follows the end symbol is not judged, but is in the loss.
  const auto addition = task_of("binary-addition", lengths(3, 3));
  CHECK(score(scores(*addition, 6), "accuracy") == 1);
  CHECK(score(scores(*addition, 6), "sequences") == 1);
  CHECK(score(scores(*addition, 6), "loss") > 1);
  CHECK(score(scores(*addition, 5), "accuracy") == Approx(1 - 0.5 / 3));
}

TEST_CASE("formal tasks: the sizes that a model is built from", "[tasks]") {
  for (const Definition& d : definitions()) {
    CAPTURE(d.name, d.variant);
    const auto shape = [&](int length) { return task_of(d.name, lengths(length, length, d.variant))->signature(); };
    const Signature small = shape(d.min), large = shape(99);
    CHECK(small.inputs == static_cast<int>(d.symbols.size()));
    CHECK(small.outputs == static_cast<int>(d.classes.size()));
    CHECK(large.inputs == small.inputs);
    CHECK(large.outputs == small.outputs);
    CHECK(large.one_answer == (d.worked_target.find_first_not_of('.') + 1 == d.worked_target.size()));
    CHECK(large.one_answer == small.one_answer);
    CHECK(large.predicts_inputs == (d.name == "dyck"));
  }
}
