// Copy and adding against their published definitions. The sampled numbers were computed by another
// implementation of Philox, so data cannot change unnoticed; if it has to, numerics_version goes up.
#include <cmath>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/options.h"
#include "tasks/catalogue.h"
#include "tests/tasks/samples.h"

using namespace rnnbench::test;

TEST_CASE("copy: the worked example of each variant", "[tasks]") {
  Batch batch;
  const auto arjovsky = task_of("copy", {{"length", "4"}, {"items", "3"}});
  arjovsky->sample(source, 2, batch);
  CHECK(in_time(batch, batch.symbols, 0) == std::vector<int>{4, 5, 1, 0, 0, 0, 9, 0, 0, 0});
  CHECK(in_time(batch, batch.classes, 0) == std::vector<int>{0, 0, 0, 0, 0, 0, 0, 4, 5, 1});
  CHECK(in_time(batch, batch.symbols, 1) == std::vector<int>{6, 1, 1, 0, 0, 0, 9, 0, 0, 0});
  CHECK(batch.weight == std::vector<float>(20, 1));
  CHECK(batch.answer == std::vector<std::uint8_t>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1});

  const auto tcn = task_of("copy", {{"length", "4"}, {"items", "3"}, {"variant", "tcn"}});
  tcn->sample(source, 2, batch);
  CHECK(in_time(batch, batch.symbols, 0) == std::vector<int>{4, 5, 1, 0, 0, 0, 9, 9, 9, 9});
  CHECK(in_time(batch, batch.classes, 0) == std::vector<int>{0, 0, 0, 0, 0, 0, 0, 4, 5, 1});
}

TEST_CASE("copy: published sizes and baselines", "[tasks]") {
  for (const auto& [length, baseline] : std::map<std::string, double>{
           {"100", 0.1733}, {"200", 0.0945}, {"300", 0.0650}, {"500", 0.0400}, {"1000", 0.0204}}) {
    const auto task = task_of("copy", {{"length", length}});
    CHECK(task->steps() == std::stoi(length) + 20);
    CHECK(std::abs(task->baseline() - baseline) < 0.00005);
    CHECK(task->optimum() == 0);
  }
  CHECK(task_of("copy", {})->signature().inputs == 10);
  CHECK(task_of("copy", {})->signature().outputs == 9);
  CHECK(task_of("copy", {{"variant", "tcn"}})->signature().outputs == 10);
}

TEST_CASE("copy: recall and bits count the answers alone", "[tasks]") {
  const auto task = task_of("copy", {{"length", "5"}});
  // Remembers the first `known` items and guesses the others evenly.
  const auto scores = [&](int known) {
    return task->evaluate(
        [&](const Batch& batch, std::vector<float>& outputs) {
          task->memoryless(batch, outputs);
          for (int t = 15; t < 15 + known; ++t) {
            for (int b = 0; b < batch.size; ++b) outputs[batch.at(t, b) * 9 + batch.classes[batch.at(t, b)]] = 1000;
          }
        },
        source, 1000);
  };
  CHECK(score(scores(10), "recall") == 1);
  CHECK(score(scores(10), "bits") == Approx(3));
  CHECK(score(scores(4), "bits") == Approx(4 * 3 / 10.0));
  CHECK(score(scores(4), "loss") == Approx(6 * std::log(8) / 25));
  // Chance is 1/8 on the six others: 6000 guesses.
  CHECK(std::abs(score(scores(4), "recall") - (0.4 + 0.6 / 8)) < 0.6 * 5 * std::sqrt(7 / 64.0 / 6000));
  CHECK(task->solved({{"recall", 0.99}}));
  CHECK_FALSE(task->solved({{"recall", 0.9899}}));
}

TEST_CASE("adding: the worked example of each variant", "[tasks]") {
  const float unit = 0x1p-24f;
  Batch batch;
  task_of("adding", {{"length", "6"}})->sample(source, 1, batch);
  CHECK(batch.values == std::vector<float>{1325220 * unit, 0, 12031753 * unit, 1, 14875779 * unit, 0, 14479262 * unit,
                                           0, 13468867 * unit, 1, 6796784 * unit, 0});
  CHECK(batch.targets.back() == 12031753 * unit + 13468867 * unit);
  CHECK(batch.weight == std::vector<float>{0, 0, 0, 0, 0, 1});

  task_of("adding", {{"length", "6"}, {"variant", "tcn"}})->sample(source, 1, batch);
  CHECK(batch.values[2 * 2 + 1] + batch.values[2 * 3 + 1] == 2);
  CHECK(batch.targets.back() == 14875779 * unit + 14479262 * unit);

  task_of("adding", {{"length", "10"}, {"variant", "hochreiter"}})->sample(source, 1, batch);
  std::vector<float> markers;
  for (int t = 0; t < 10; ++t) markers.push_back(batch.values[2 * t + 1]);
  CHECK(markers == std::vector<float>{-1, 0, 1, 1, 0, 0, 0, 0, 0, -1});
  const float third = 2 * 14875779 * unit - 1, fourth = 2 * 14479262 * unit - 1;
  CHECK(batch.values[2 * 2] == third);
  CHECK(batch.targets.back() == 0.5f + (third + fourth) / 4);
}

TEST_CASE("adding: marks fall on every place that the variant allows, and on no other", "[tasks]") {
  const int length = 40;
  std::map<std::string, std::set<std::pair<int, int>>> allowed;
  for (int i = 0; i < length; ++i) {
    for (int j = i + 1; j < length; ++j) {
      if (i < 20 && j >= 20) allowed["arjovsky"].insert({i, j});
      allowed["tcn"].insert({i, j});
      if (i >= 1 && i <= 9 && j <= 19) allowed["hochreiter"].insert({i, j});
    }
  }
  for (const auto& [variant, places] : allowed) {
    CAPTURE(variant);
    const auto task = task_of("adding", {{"length", "40"}, {"variant", variant}});
    std::set<std::pair<int, int>> seen;
    Batch batch;
    task->sample(source, 20000, batch);
    for (int b = 0; b < batch.size; ++b) {
      std::vector<int> marked;
      double sum = 0;
      for (int t = 0; t < length; ++t) {
        const float* input = &batch.values[2 * batch.at(t, b)];
        if (input[1] == 1) marked.push_back(t), sum += input[0];
      }
      REQUIRE(marked.size() == 2);
      seen.insert({marked[0], marked[1]});
      const double target = variant == "hochreiter" ? 0.5 + sum / 4 : sum;
      REQUIRE(std::abs(batch.targets[batch.at(length - 1, b)] - target) < 1e-6);
    }
    CHECK(seen == places);
  }
}

TEST_CASE("adding: the mean costs 1/6, not the misprinted 0.1767, and 1/24 in the scaling of 1997", "[tasks]") {
  const auto cost = [](const Task& task) {
    return score(
        task.evaluate([&](const Batch& batch, std::vector<float>& outputs) { task.memoryless(batch, outputs); }, source,
                      100000),
        "mse");
  };
  // The square of a sum of two even numbers has relative standard deviation sqrt(1.4): 0.0037 for 100,000
  // sequences.
  const auto arjovsky = task_of("adding", {{"length", "4"}});
  CHECK(arjovsky->baseline() == 1.0 / 6);
  CHECK(std::abs(cost(*arjovsky) * 6 - 1) < 4 * 0.0037);
  const auto hochreiter = task_of("adding", {{"length", "6"}, {"variant", "hochreiter"}});
  CHECK(hochreiter->baseline() == 1.0 / 24);
  CHECK(std::abs(cost(*hochreiter) * 24 - 1) < 4 * 0.0037);
}

TEST_CASE("adding: scores and the criterion", "[tasks]") {
  const auto task = task_of("adding", {{"length", "4"}});
  const auto scores = [&](float error) {
    return task->evaluate(
        [&](const Batch& batch, std::vector<float>& outputs) {
          outputs = batch.targets;
          for (float& output : outputs) output += error;
        },
        source, 500);
  };
  CHECK(score(scores(0.03f), "mse") == Approx(0.0009).epsilon(1e-4));
  CHECK(score(scores(0.03f), "loss") == score(scores(0.03f), "mse"));
  CHECK(score(scores(0.03f), "correct") == 1);
  CHECK(score(scores(0.05f), "correct") == 0);
  CHECK(task->solved({{"mse", 0.00999}}));
  CHECK_FALSE(task->solved({{"mse", 0.01}}));

  // 1997: an absolute error below 0.04 in each of 2,000 sequences. A mean squared error of 0.01 is a quarter of the
  // baseline of this variant, which a network reaches without having learned to add.
  const auto hochreiter = task_of("adding", {{"length", "20"}, {"variant", "hochreiter"}});
  CHECK(hochreiter->measure().name == "correct");
  CHECK_FALSE(hochreiter->solved({{"mse", 0.0017}, {"correct", 0.999}}));
  CHECK(hochreiter->solved({{"mse", 0.0017}, {"correct", 1}}));
}

TEST_CASE("adding: a sequence too short for its marks is refused", "[tasks]") {
  const Settings settings = settings_of("adding", {{"length", "5"}, {"variant", "hochreiter"}});
  CHECK_THROWS_AS(find_task("adding").make(settings), UserError);
  CHECK_THROWS_WITH(find_task("adding").make(settings),
                    "length = 5 is too short for adding with variant = hochreiter, which needs 6 or more");
}
