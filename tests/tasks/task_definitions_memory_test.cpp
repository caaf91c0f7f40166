// The tasks of memory against their published definitions: the right answers are found anew from what is shown.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <regex>
#include <set>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/options.h"
#include "tasks/catalogue.h"
#include "tests/tasks/samples.h"

using namespace rnnbench::test;

namespace {

// The one step with weight, which is the one answer.
int asked_step(const Batch& batch, int b) {
  const std::vector<int> weight = in_time(batch, batch.weight, b);
  REQUIRE(std::count(weight.begin(), weight.end(), 0) == batch.steps - 1);
  REQUIRE(weight == in_time(batch, batch.answer, b));
  return static_cast<int>(std::find(weight.begin(), weight.end(), 1) - weight.begin());
}

std::set<int> range(int first, int last) {
  std::set<int> numbers;
  for (int n = first; n <= last; ++n) numbers.insert(n);
  return numbers;
}

}  // namespace

TEST_CASE("temporal-order: lengths and windows of 1997, and the class from the symbols", "[tasks]") {
  const std::map<int, std::vector<std::set<int>>> published = {{2, {range(10, 20), range(50, 60)}},
                                                               {3, {range(10, 20), range(33, 43), range(66, 76)}}};
  for (const auto& [relevant, windows] : published) {
    const auto task = task_of("temporal-order", {{"relevant", std::to_string(relevant)}});
    const Batch batch = sampled(*task, 4000);
    std::vector<std::set<int>> places(relevant);
    std::set<int> lengths, distractors;
    std::map<int, int> classes;
    for (int b = 0; b < batch.size; ++b) {
      const std::vector<int> shown = in_time(batch, batch.symbols, b);
      const int last = asked_step(batch, b);
      lengths.insert(last + 1);
      REQUIRE(shown[0] == 0);
      REQUIRE(shown[last] == 1);
      int found = 0, order = 0;
      for (int t = 1; t < last; ++t) {
        REQUIRE(shown[t] >= 2);
        if (shown[t] > 3) {
          distractors.insert(shown[t]);
        } else {
          REQUIRE(found < relevant);
          places[found++].insert(t);
          order = order * 2 + (shown[t] == 3);
        }
      }
      REQUIRE(found == relevant);
      REQUIRE(batch.classes[batch.at(last, b)] == order);
      ++classes[order];
    }
    CHECK(places == windows);
    CHECK(lengths == range(100, 110));
    CHECK(distractors == range(4, 7));
    CHECK(classes.size() == std::size_t{1} << relevant);
    for (const auto& [order, count] : classes) check_share(count, batch.size, std::pow(0.5, relevant));
    CHECK(task->baseline() == Approx(relevant * 0.693147180559945).epsilon(1e-14));
  }
}

TEST_CASE("temporal-order: windows never meet", "[tasks]") {
  for (int length = 20; length <= 60; ++length) {
    const auto task = task_of("temporal-order", {{"length", std::to_string(length)}, {"relevant", "4"}});
    const Batch batch = sampled(*task, 200);
    for (int b = 0; b < batch.size; ++b) {
      const std::vector<int> shown = in_time(batch, batch.symbols, b);
      REQUIRE(std::count(shown.begin(), shown.end(), 2) + std::count(shown.begin(), shown.end(), 3) == 4);
    }
  }
}

TEST_CASE("multiplication: the product of the marked numbers", "[tasks]") {
  for (const std::string variant : {"arjovsky", "tcn", "hochreiter"}) {
    const auto task = task_of("multiplication", {{"length", "30"}, {"variant", variant}});
    const Batch batch = sampled(*task, 1000);
    for (int b = 0; b < batch.size; ++b) {
      double product = 1;
      std::vector<int> marked;
      for (int t = 0; t < 30; ++t) {
        const float* input = &batch.values[2 * batch.at(t, b)];
        REQUIRE((input[0] >= 0 && input[0] < 1));
        if (input[1] == 1)
          product *= input[0], marked.push_back(t);
        else
          REQUIRE(input[1] == (variant == "hochreiter" && (t == 0 || t == 29) ? -1 : 0));
      }
      REQUIRE(marked.size() == 2);
      if (variant == "arjovsky") REQUIRE((marked[0] < 15 && marked[1] >= 15));
      if (variant == "hochreiter") REQUIRE((marked[0] >= 1 && marked[0] <= 9 && marked[1] <= 14));
      REQUIRE(asked_step(batch, b) == 29);
      REQUIRE(std::abs(batch.targets[batch.at(29, b)] - product) < 1e-7);
    }
    CHECK(task->baseline() == 7.0 / 144);
    if (variant == "hochreiter") continue;
    CHECK(task->solved({{"mse", 0.0029}}));
    CHECK_FALSE(task->solved({{"mse", 0.00292}}));
  }
}

TEST_CASE("criteria of 1997: at most so many errors in 2,000 sequences", "[tasks]") {
  const auto multiplication = task_of("multiplication", {{"variant", "hochreiter"}});
  CHECK(multiplication->solved({{"correct", 1 - 13 / 2000.0}}));
  CHECK_FALSE(multiplication->solved({{"correct", 1 - 14 / 2000.0}}));
  for (const char* name : {"temporal-order", "noise-free-lag"}) {
    const auto task = task_of(name, {});
    CHECK(task->solved({{"accuracy", 1}}));
    CHECK_FALSE(task->solved({{"accuracy", 0.9995}}));
  }
}

TEST_CASE("noise-free-lag: the target of every step is the next symbol, with and without local regularities",
          "[tasks]") {
  const auto regular = task_of("noise-free-lag", {{"length", "6"}, {"symbols", "3"}});
  Batch batch = sampled(*regular, 1000);
  int xs = 0;
  for (int b = 0; b < batch.size; ++b) {
    const int first = batch.symbols[b];
    xs += first == 3;
    REQUIRE((first == 3 || first == 4));
    REQUIRE(in_time(batch, batch.symbols, b) == std::vector<int>{first, 0, 1, 2, 0, 1});
    REQUIRE(in_time(batch, batch.classes, b) == std::vector<int>{0, 1, 2, 0, 1, first});
    REQUIRE(in_time(batch, batch.answer, b) == std::vector<int>{0, 0, 0, 0, 0, 1});
  }
  CHECK(batch.weight == std::vector<float>(batch.weight.size(), 1));
  check_share(xs, batch.size, 0.5);
  CHECK(regular->signature().predicts_inputs);
  CHECK(task_of("noise-free-lag", {})->baseline() == Approx(0.00693147180559945).epsilon(1e-13));

  const auto random = task_of("noise-free-lag", {{"variant", "random"}});
  batch = sampled(*random, 100);
  std::map<int, int> drawn;
  for (int b = 0; b < batch.size; ++b) {
    std::vector<int> text = in_time(batch, batch.symbols, b);
    for (int t = 1; t < 100; ++t) ++drawn[text[t]];
    text.push_back(text[0]);
    text.erase(text.begin());
    REQUIRE(in_time(batch, batch.classes, b) == text);
  }
  CHECK(drawn.size() == 99);
  for (const auto& [symbol, count] : drawn) check_share(count, 9900, 1 / 99.0);
  CHECK(*random->optimum() == Approx(99 * std::log(99) / 100).epsilon(1e-14));
  CHECK(random->baseline() == Approx((99 * std::log(99) + std::log(2)) / 100).epsilon(1e-14));
}

TEST_CASE("noise-free-lag: with a trigger, at least q distractors and one more with probability 9/10", "[tasks]") {
  const auto task = task_of("noise-free-lag", {{"variant", "trigger"}, {"length", "7"}, {"symbols", "5"}});
  const Batch batch = sampled(*task, 10000);
  std::map<int, int> more;
  for (int b = 0; b < batch.size; ++b) {
    const std::vector<int> shown = in_time(batch, batch.symbols, b);
    const int last = asked_step(batch, b);
    REQUIRE(shown[0] == 8);
    REQUIRE((shown[1] == 5 || shown[1] == 6));
    REQUIRE(shown[last] == 7);
    for (int t = 2; t < last; ++t) REQUIRE(shown[t] < 5);
    REQUIRE(batch.classes[batch.at(last, b)] == shown[1]);
    ++more[last - 2 - 7];
  }
  CHECK(more.begin()->first == 0);
  CHECK(more.rbegin()->first == 50);
  for (int k = 0; k < 30; ++k) check_share(more[k], batch.size, 0.1 * std::pow(0.9, k));
  check_share(more[50], batch.size, std::pow(0.9, 50));
  CHECK(task->signature().one_answer);
  CHECK_FALSE(task->signature().predicts_inputs);
}

namespace {

// The strings of the embedded Reber grammar of at most `most` symbols, with their chance, by trying every path
// (about 1.5^most of them).
std::map<std::string, double> reber_strings(std::size_t max) {
  const std::map<int, std::vector<std::pair<char, int>>> inner = {{1, {{'T', 2}, {'P', 3}}},
                                                                  {2, {{'S', 2}, {'X', 4}}},
                                                                  {3, {{'T', 3}, {'V', 5}}},
                                                                  {4, {{'X', 3}, {'S', 6}}},
                                                                  {5, {{'P', 4}, {'V', 6}}}};
  std::map<std::string, double> strings;
  std::function<void(const std::string&, int, double)> walk = [&](const std::string& text, int node, double chance) {
    if (text.size() + 6 > max) return;  // B . B text E . E
    if (node == 6) {
      for (const std::string outer : {"T", "P"}) strings["B" + outer + "B" + text + "E" + outer + "E"] = chance / 2;
      return;
    }
    for (const auto& [symbol, next] : inner.at(node)) walk(text + symbol, next, chance / 2);
  };
  walk("", 1, 1);
  double sum = 0;
  for (const auto& [text, chance] : strings) sum += chance;
  for (auto& [text, chance] : strings) chance /= sum;
  return strings;
}

std::string text_of(const std::vector<int>& symbols) {
  std::string text;
  for (const int symbol : symbols) text += "BTPSXVE"[symbol];
  return text;
}

// Loss of the best guess from the current symbol, and entropy, per predicted symbol of these texts.
std::pair<double, double> bounds(const std::map<std::string, double>& texts) {
  std::map<std::pair<char, char>, double> pairs;
  std::map<char, double> singles;
  double steps = 0, entropy = 0, loss = 0;
  for (const auto& [text, chance] : texts) {
    for (std::size_t t = 0; t + 1 < text.size(); ++t) {
      pairs[{text[t], text[t + 1]}] += chance;
      singles[text[t]] += chance;
      steps += chance;
    }
    entropy -= chance * std::log(chance);
  }
  for (const auto& [pair, count] : pairs) loss -= count * std::log(count / singles[pair.first]);
  return {loss / steps, entropy / steps};
}

}  // namespace

TEST_CASE("reber: inputs are strings of the grammar, targets the next symbol; accuracy counts the outer one",
          "[tasks]") {
  const std::regex grammar("B(T|P)B(TS*X(XT*VP)*(S|XT*VV)|PT*V(V|P(XT*VP)*(S|XT*VV)))E\\1E");
  const auto task = task_of("reber", {{"length", "20"}});
  const Batch batch = sampled(*task, 3000);
  std::map<std::string, int> drawn;
  for (int b = 0; b < batch.size; ++b) {
    const std::vector<int> weight = in_time(batch, batch.weight, b), answer = in_time(batch, batch.answer, b);
    const auto shown = std::find(weight.begin(), weight.end(), 0) - weight.begin();
    const std::string text = "B" + text_of(in_time(batch, batch.classes, b)).substr(0, shown);
    REQUIRE(text_of(in_time(batch, batch.symbols, b)).substr(0, shown) + "E" == text);
    REQUIRE(std::regex_match(text, grammar));
    REQUIRE(std::count(weight.begin(), weight.end(), 1) == shown);
    REQUIRE(std::count(answer.begin(), answer.end(), 1) == 1);
    REQUIRE(answer[shown - 2] == 1);
    ++drawn[text];
  }
  int seen = 0;
  for (const auto& [text, chance] : reber_strings(21))
    if (chance > 0.01) check_share(drawn[text], batch.size, chance), ++seen;
  CHECK(seen > 10);
}

TEST_CASE("reber: baseline and optimum are those of all possible strings", "[tasks]") {
  for (const int length : {8, 9, 12, 21}) {
    CAPTURE(length);
    const std::map<std::string, double> strings = reber_strings(length + 1);
    const auto single = task_of("reber", {{"length", std::to_string(length)}});
    CHECK(single->baseline() == Approx(bounds(strings).first).epsilon(1e-12));
    CHECK(*single->optimum() == Approx(bounds(strings).second).epsilon(1e-12));

    std::map<std::string, double> streams;
    std::function<void(const std::string&, double)> go_on = [&](const std::string& text, double chance) {
      if (static_cast<int>(text.size()) > length)
        streams[text.substr(0, length + 1)] += chance;
      else
        for (const auto& [next, p] : strings) go_on(text + next, chance * p);
    };
    go_on("", 1);
    const auto continual = task_of("reber", {{"length", std::to_string(length)}, {"variant", "continual"}});
    CHECK(continual->baseline() == Approx(bounds(streams).first).epsilon(1e-10));
    CHECK(*continual->optimum() == Approx(bounds(streams).second).epsilon(1e-10));
    const Batch batch = sampled(*continual, 200);
    CHECK(batch.weight == std::vector<float>(batch.weight.size(), 1));
    for (int b = 0; b < batch.size; ++b) {
      const std::string next = text_of(in_time(batch, batch.classes, b));
      const std::string text = text_of(in_time(batch, batch.symbols, b)) + next.back();
      REQUIRE(text.substr(1) == next);
      REQUIRE(streams.count(text) == 1);
      // The end of a string is an E before B, or before the end of the text and after T or P.
      for (int t = 0; t + 2 <= length; ++t)
        REQUIRE(batch.answer[batch.at(t, b)] == (text[t] == 'E' && text[t + 1] != 'B'));
    }
  }
}

TEST_CASE("reber: a predictor that forgets the outer symbol is legal, but right half of the time", "[tasks]") {
  std::map<std::string, std::set<char>> next;
  for (const auto& [text, chance] : reber_strings(27))
    for (std::size_t t = 1; t < text.size(); ++t) next[text.substr(0, t)].insert(text[t]);
  const auto task = task_of("reber", {{"length", "20"}});
  const auto scores = [&](bool remembers) {
    return task->evaluate(
        [&](const Batch& batch, std::vector<float>& outputs) {
          outputs.assign(batch.symbols.size() * 7, 0);
          for (int b = 0; b < batch.size; ++b) {
            const std::string text = text_of(in_time(batch, batch.symbols, b));
            for (int t = 0; t < batch.steps && batch.weight[batch.at(t, b)] > 0; ++t) {
              for (const char symbol : next.at(text.substr(0, t + 1))) {
                const auto place = std::string("BTPSXVE").find(symbol);
                outputs[batch.at(t, b) * 7 + place] = 1;
                if (!remembers && batch.answer[batch.at(t, b)]) outputs[batch.at(t, b) * 7 + 3 - place] = 1;
              }
            }
          }
        },
        {1, Purpose::test, 0, 0}, 1000);
  };
  const Scores knows = scores(true), forgets = scores(false);
  for (const char* name : {"accuracy", "legal", "sequences"}) CHECK(score(knows, name) == 1);
  check_share(static_cast<int>(std::lround(1000 * score(forgets, "accuracy"))), 1000, 0.5);
  CHECK(score(forgets, "sequences") == 0);
  double steps = 0;
  for (const auto& [text, chance] : reber_strings(21)) steps += chance * static_cast<double>(text.size() - 1);
  CHECK(score(forgets, "legal") == Approx(1 - 1 / steps).epsilon(0.01));
}
