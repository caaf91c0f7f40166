// What the cells are known for: the LSTM bridges what the vanilla network cannot, and counts beyond its training.
#include <algorithm>

#include <catch2/catch.hpp>

#include "experiments/declaration/grid.h"
#include "experiments/running/runner.h"
#include "tests/experiments/run_fixture.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

namespace rnnbench::test {
namespace {

Json result_of(const std::vector<std::pair<std::string, std::string>>& settings) {
  Declaration declaration;
  for (const auto& [key, value] : settings) declaration.overrides.push_back({key, value, "", 0});
  const Experiment experiment = expand(declaration);
  REQUIRE(experiment.runs.size() == 1);
  TemporaryFolder folder;
  ResultsFolder results_folder(folder.path(), "learning");
  results_folder.prepare();
  Observer observer;
  const TrainOutcome outcome = train(experiment.runs[0], results_folder, {}, observer);
  REQUIRE(outcome.finished);
  return outcome.record.result;
}

double final_score(const Json& result) {
  return result.at("final").at("test").at(result.at("measure").at("name").get<std::string>()).get<double>();
}

}  // namespace

TEST_CASE("an LSTM solves the adding problem at 50 steps, for each of two seeds", "[learning]") {
  if (!optimized) return;  // thousands of updates
  for (const char* seed : {"1", "2"}) {
    const Json result = result_of({{"task", "adding"},
                                   {"length", "50"},
                                   {"cell", "lstm"},
                                   {"hidden", "48"},
                                   {"forget-bias", "1"},
                                   {"learning-rate", "0.005"},
                                   {"updates", "4000"},
                                   {"stop", "solved"},
                                   {"seed", seed}});
    CAPTURE(seed, result.at("updates").dump());
    CHECK(result.at("solved").get<bool>());
    CHECK(final_score(result) < 0.012);  // solved on validation at 0.01; the test stream is another sample
  }
}

TEST_CASE("a vanilla network does not solve the adding problem at 150 steps", "[learning]") {
  if (!optimized) return;  // thousands of updates
  const Json result = result_of({{"task", "adding"},
                                 {"length", "150"},
                                 {"cell", "rnn"},
                                 {"hidden", "48"},
                                 {"learning-rate", "0.001"},
                                 {"updates", "3000"},
                                 {"stop", "solved"}});
  CHECK_FALSE(result.at("solved").get<bool>());
  CHECK(final_score(result) > 0.1);  // the memoryless predictor is at 1/6
}

TEST_CASE("an LSTM can accept a^n b^n beyond the lengths it was trained on", "[learning]") {
  if (!optimized) return;  // thousands of updates
  // About half of all seeds find the counter at this size.
  int solved = 0;
  double longest = 0;
  for (const char* seed : {"1", "2", "3"}) {
    const Json result = result_of({{"task", "counting"},
                                   {"variant", "anbn"},
                                   {"length", "20"},
                                   {"cell", "lstm"},
                                   {"hidden", "12"},
                                   {"learning-rate", "0.01"},
                                   {"updates", "3000"},
                                   {"stop", "solved"},
                                   {"seed", seed}});
    solved += result.at("solved").get<bool>();
    longest = std::max(longest, final_score(result));
  }
  CHECK(solved >= 1);
  CHECK(longest >= 40);
}

}  // namespace rnnbench::test
