// The tasks of recall and capacity against their published definitions: the right answers are found anew from
// what is shown.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/options.h"
#include "tasks/catalogue.h"
#include "tests/tasks/samples.h"

using namespace rnnbench::test;

namespace {

// The class asked at step t of sequence b, or -1.
int asked(const Batch& batch, int t, int b) {
  const std::size_t i = batch.at(t, b);
  REQUIRE(batch.weight[i] == batch.answer[i]);
  return batch.answer[i] ? batch.classes[i] : -1;
}

}  // namespace

TEST_CASE("associative-recall: every key is queried once, and its target is its own value", "[tasks]") {
  for (const std::string filler : {"blank", "random"}) {
    const int length = 29, pairs = 5, keys = 9, values = 6;
    const auto task = task_of("associative-recall",
                              {{"length", "29"}, {"pairs", "5"}, {"keys", "9"}, {"values", "6"}, {"filler", filler}});
    const Batch batch = sampled(*task, 1000);
    std::set<int> fillers, keys_seen, values_seen;
    for (int b = 0; b < batch.size; ++b) {
      const auto shown = [&](int t) { return batch.symbols[batch.at(t, b)]; };
      std::map<int, int> value_of;
      std::set<int> distinct_values;
      for (int t = 0; t < 2 * pairs; t += 2) {
        REQUIRE((shown(t) >= 1 && shown(t) <= keys));
        REQUIRE((shown(t + 1) > keys && shown(t + 1) <= keys + values));
        REQUIRE((asked(batch, t, b) == -1 && asked(batch, t + 1, b) == -1));
        value_of[shown(t)] = shown(t + 1) - keys - 1;
        distinct_values.insert(shown(t + 1));
        keys_seen.insert(shown(t));
        values_seen.insert(shown(t + 1));
      }
      REQUIRE((value_of.size() == pairs && distinct_values.size() == pairs));
      for (int t = 2 * pairs; t < length; ++t) {
        if (asked(batch, t, b) == -1) {
          fillers.insert(shown(t));
          continue;
        }
        REQUIRE(t % 2 == 0);
        REQUIRE(value_of.count(shown(t)) == 1);
        REQUIRE(asked(batch, t, b) == value_of[shown(t)]);
        value_of.erase(shown(t));
      }
      REQUIRE(value_of.empty());
    }
    CHECK(keys_seen.size() == keys);
    CHECK(values_seen.size() == values);
    CHECK(fillers.size() == (filler == "blank" ? 1 : 1 + keys + values));
    CHECK(*fillers.begin() == 0);
    CHECK(task->baseline() == Approx(std::log(6)).epsilon(1e-14));
  }
}

TEST_CASE("associative-recall: places of the queries", "[tasks]") {
  for (const std::string gaps : {"power", "uniform"}) {
    const auto task = task_of("associative-recall", {{"length", "20"}, {"pairs", "1"}, {"gaps", gaps}});
    const Batch batch = sampled(*task, 20000);
    double sum = 0;
    const auto weight = [&](int gap) { return gaps == "uniform" ? 1 : std::pow(gap, -0.99); };
    for (int gap = 1; gap <= 9; ++gap) sum += weight(gap);
    for (int gap = 1; gap <= 9; ++gap) {
      int count = 0;
      for (int b = 0; b < batch.size; ++b) count += asked(batch, 2 * gap, b) >= 0;
      check_share(count, batch.size, weight(gap) / sum);
    }
  }
}

TEST_CASE("associative-recall: impossible settings are refused", "[tasks]") {
  CHECK_THROWS_WITH(task_of("associative-recall", {{"length", "15"}}),
                    "length = 15 is too short for associative-recall with pairs = 4, which needs 16 or more");
  CHECK_THROWS_WITH(task_of("associative-recall", {{"pairs", "5"}, {"values", "4"}}),
                    "values = 4 is less than pairs = 5, but the values of a sequence are distinct");
}

TEST_CASE("selective-copying: the items in their order, wherever they stood", "[tasks]") {
  const int length = 12, items = 4, symbols = 5;
  const auto task = task_of("selective-copying", {{"length", "12"}, {"items", "4"}, {"symbols", "5"}});
  CHECK(task->steps() == length + items);
  const Batch batch = sampled(*task, 5000);
  std::vector<int> at(length), drawn(symbols);
  for (int b = 0; b < batch.size; ++b) {
    std::vector<int> shown, recalled;
    for (int t = 0; t < length; ++t) {
      REQUIRE(asked(batch, t, b) == -1);
      const int symbol = batch.symbols[batch.at(t, b)];
      if (symbol == 0) continue;
      REQUIRE(symbol <= symbols);
      shown.push_back(symbol - 1);
      ++drawn[symbol - 1];
      ++at[t];
    }
    for (int t = length; t < length + items; ++t) {
      REQUIRE(batch.symbols[batch.at(t, b)] == symbols + 1);
      recalled.push_back(asked(batch, t, b));
    }
    REQUIRE(shown == recalled);
  }
  for (const int count : at) check_share(count, batch.size, items / static_cast<double>(length));
  for (const int count : drawn) check_share(count, batch.size * items, 1.0 / symbols);
  CHECK(task->baseline() == Approx(std::log(5)).epsilon(1e-14));
  CHECK_THROWS_AS(task_of("selective-copying", {{"length", "15"}}), UserError);

  // One item wrong in every second sequence.
  const Scores scores = task->evaluate(
      [&](const Batch& told, std::vector<float>& outputs) {
        outputs.assign(told.symbols.size() * symbols, 0);
        for (std::size_t i = 0; i < told.classes.size(); ++i) outputs[i * symbols + told.classes[i]] = 1;
        for (int b = 0; b < told.size; b += 2) {
          const std::size_t i = told.at(length + 2, b);
          outputs[i * symbols + (told.classes[i] + 1) % symbols] = 2;
        }
      },
      source, 128);
  CHECK(score(scores, "accuracy") == 1 - 0.5 / items);
  CHECK(score(scores, "sequences") == 0.5);
}

TEST_CASE("induction-heads: what followed the special symbol in the first half", "[tasks]") {
  const auto task = task_of("induction-heads", {{"shortest", "3"}, {"length", "11"}, {"symbols", "4"}});
  const Batch batch = sampled(*task, 20000);
  std::map<int, std::set<int>> places;  // by the last step
  std::vector<int> followed(4);
  for (int b = 0; b < batch.size; ++b) {
    std::vector<int> specials, answers;
    for (int t = 0; t < batch.steps; ++t) {
      if (batch.symbols[batch.at(t, b)] == 4) specials.push_back(t);
      if (asked(batch, t, b) >= 0) answers.push_back(t);
    }
    REQUIRE(specials.size() == 2);
    REQUIRE(answers == std::vector<int>{specials[1]});
    REQUIRE(asked(batch, specials[1], b) == batch.symbols[batch.at(specials[0] + 1, b)]);
    places[specials[1]].insert(specials[0]);
    ++followed[asked(batch, specials[1], b)];
  }
  CHECK(places.size() == 9);  // lengths 3 .. 11
  for (const auto& [last, seen] : places) {
    CHECK(seen.size() == static_cast<std::size_t>(last / 2));
    CHECK(*seen.rbegin() == last / 2 - 1);
  }
  for (const int count : followed) check_share(count, batch.size, 0.25);

  // By default as published: every sequence has 256 steps, 16 symbols.
  const auto published = task_of("induction-heads", {});
  const Batch long_batch = sampled(*published, 20);
  CHECK(published->signature().inputs == 16);
  for (int b = 0; b < 20; ++b) CHECK(asked(long_batch, 255, b) >= 0);
}

TEST_CASE("look-ahead: labels are the symbols to come, or those that were", "[tasks]") {
  for (const std::string variant : {"future", "past"}) {
    const int delay = 3, length = 8, way = variant == "future" ? delay : -delay;
    const auto task = task_of("look-ahead", {{"length", "8"}, {"delay", "3"}, {"variant", variant}});
    CHECK_FALSE(task->signature().predicts_inputs);
    CHECK(task->steps() == length + delay);
    const Batch batch = sampled(*task, 500);
    std::vector<int> drawn(4);
    for (int b = 0; b < batch.size; ++b) {
      for (int t = 0; t < batch.steps; ++t) {
        const bool exists = t + way >= 0 && t + way < batch.steps;
        const std::size_t i = batch.at(t, b);
        REQUIRE(batch.classes[i] == (exists ? 1 + batch.symbols[batch.at(t + way, b)] : 0));
        REQUIRE(batch.weight[i] == 1);  // to the end: a model that reads backwards starts at the last step that counts
        REQUIRE(batch.answer[i] == exists);
        ++drawn[batch.symbols[batch.at(t, b)]];
      }
    }
    for (const int count : drawn) check_share(count, batch.size * batch.steps, 0.25);
    CHECK(task->baseline() == Approx(8 * 1.386294361119891 / 11).epsilon(1e-14));
  }
}

namespace {

// String to label, as shown in an exact evaluation.
std::map<std::string, int> map_of(const Task& task) {
  std::map<std::string, int> labels;
  std::size_t shown = 0;
  task.evaluate(
      [&](const Batch& batch, std::vector<float>& outputs) {
        outputs.assign(batch.symbols.size() * 2, 0);
        for (int b = 0; b < batch.size; ++b, ++shown) {
          std::string bits;
          for (int t = 0; t < batch.steps; ++t) bits += static_cast<char>('0' + batch.symbols[batch.at(t, b)]);
          labels[bits] = asked(batch, batch.steps - 1, b);
        }
      },
      source, 1);
  CHECK(labels.size() == shown);  // distinct
  return labels;
}

}  // namespace

TEST_CASE("random-map: a function of distinct strings, the same for every seed", "[tasks]") {
  CHECK(map_of(*task_of("random-map", {{"length", "5"}, {"pairs", "32"}})).size() == 32);  // every string there is
  CHECK_THROWS_AS(task_of("random-map", {{"length", "4"}, {"pairs", "17"}}), UserError);
  for (const std::string length : {"16", "70"}) {
    const auto task = task_of("random-map", {{"length", length}});
    const std::map<std::string, int> labels = map_of(*task);
    REQUIRE(labels.size() == 1000);
    CHECK(labels != map_of(*task_of("random-map", {{"length", length}, {"map", "2"}})));
    std::vector<int> ones(std::stoi(length));
    std::map<std::pair<char, int>, double> with_last;
    int positive = 0;
    for (const auto& [bits, label] : labels) {
      for (std::size_t t = 0; t < bits.size(); ++t) ones[t] += bits[t] == '1';
      ++with_last[{bits.back(), label}];
      positive += label;
    }
    for (const int count : ones) check_share(count, 1000, 0.5);
    check_share(positive, 1000, 0.5);
    double entropy = 0;
    for (const auto& [key, count] : with_last)
      entropy -= count * std::log(count / (with_last[{key.first, 0}] + with_last[{key.first, 1}]));
    CHECK(task->baseline() == Approx(entropy / 1000).epsilon(1e-12));

    std::set<std::string> seen;
    for (const std::uint64_t seed : {1, 2}) {
      Batch batch;
      task->sample({seed, Purpose::training, 0, 0}, 3000, batch);
      for (int b = 0; b < batch.size; ++b) {
        std::string bits;
        for (int t = 0; t < batch.steps; ++t) bits += static_cast<char>('0' + batch.symbols[batch.at(t, b)]);
        REQUIRE(labels.at(bits) == asked(batch, batch.steps - 1, b));
        seen.insert(bits);
      }
    }
    CHECK(seen.size() > 970);  // 1000 (1 - e^-6) are expected
  }
}

TEST_CASE("random-map: bits are the mutual information over all pairs", "[tasks]") {
  const auto task = task_of("random-map", {});
  // Wrong on the first `wrong` pairs.
  const auto scores = [&](int wrong) {
    int pair = 0;
    return task->evaluate(
        [&](const Batch& batch, std::vector<float>& outputs) {
          outputs.assign(batch.symbols.size() * 2, 0);
          for (int b = 0; b < batch.size; ++b, ++pair) {
            const std::size_t i = batch.at(batch.steps - 1, b);
            outputs[2 * i + (pair < wrong ? 1 - batch.classes[i] : batch.classes[i])] = 1;
          }
        },
        source, 1);
  };
  CHECK(score(scores(0), "bits") == 1000);
  CHECK(task->solved(scores(0)));
  CHECK_FALSE(task->solved(scores(1)));
  CHECK(score(scores(110), "accuracy") == Approx(0.89).epsilon(1e-14));
  CHECK(score(scores(110), "bits") == Approx(500.084).epsilon(1e-6));  // H(0.11) = 0.499916
  CHECK(std::abs(score(scores(500), "bits")) < 1e-9);
  CHECK(std::abs(score(scores(900), "bits")) < 1e-9);
}
