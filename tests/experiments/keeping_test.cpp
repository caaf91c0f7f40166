// Options that follow the validation score: evaluate-every, keep = best, stop = patience, schedule = plateau.
#include <limits>

#include <catch2/catch.hpp>

#include "experiments/training/evaluation.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

// A rate so high that the loss gets worse again and again.
const SettingPairs unsteady = {{"task", "adding"},        {"length", "5"}, {"cell", "lstm"},       {"hidden", "8"},
                               {"learning-rate", "0.05"}, {"batch", "4"},  {"evaluate-every", "7"}};

// The point of the curve with the lowest mean squared error, the first of equals.
Json best_point(const Record& record) {
  Json best = record.result.at("curve").at(0);
  for (const Json& point : record.result.at("curve"))
    if (point.at("mse") < best.at("mse")) best = point;
  return best;
}

}  // namespace

TEST_CASE("evaluations are evaluate-every updates apart, and the last comes at the end", "[keeping]") {
  const Record record = records_of(declared(with(unsteady, {{"updates", "24"}}))).at(0);
  std::vector<int> updates;
  for (const Json& point : record.result.at("curve")) updates.push_back(point.at("update"));
  CHECK(updates == std::vector<int>{0, 7, 14, 21, 24});
}

TEST_CASE("the best score is the first of equals and never infinite", "[keeping]") {
  Best best;
  CHECK_FALSE(best.evaluated(std::numeric_limits<double>::quiet_NaN(), false, 0));
  CHECK_FALSE(best.update.has_value());
  CHECK(best.evaluated(2, false, 10));
  CHECK_FALSE(best.evaluated(2, false, 20));
  CHECK_FALSE(best.evaluated(-std::numeric_limits<double>::infinity(), false, 30));
  CHECK((best.update == 10 && best.score == 2 && best.waited == 2));
  CHECK(best.evaluated(1, false, 40));
  CHECK_FALSE(best.evaluated(2, false, 50));
  CHECK(best.evaluated(2, true, 60));
  CHECK((best.update == 60 && best.waited == 0));
}

TEST_CASE("with keep = best, the tested weights are those of the best evaluation", "[keeping]") {
  const Record best = records_of(declared(with(unsteady, {{"updates", "210"}, {"keep", "best"}}))).at(0);
  const Json point = best_point(best);
  REQUIRE(point.at("update") > 0);
  REQUIRE(point.at("update") < 210);
  CHECK(best.result.at("kept") == Json{{"weights", "best"}, {"update", point.at("update")}});
  // Training only so far gives the same weights.
  const std::string updates = point.at("update").dump();
  const Record last = records_of(declared(with(unsteady, {{"updates", updates}}))).at(0);
  CHECK(last.result.at("weights") == best.result.at("weights"));
  CHECK(last.result.at("final").at("test") == best.result.at("final").at("test"));
  CHECK_FALSE(last.result.contains("kept"));
}

TEST_CASE("with stop = patience, training ends so many evaluations after the best", "[keeping]") {
  const Record record =
      records_of(declared(with(unsteady, {{"updates", "5000"}, {"stop", "patience"}, {"patience", "3"}}))).at(0);
  const Json& curve = record.result.at("curve");
  REQUIRE(record.result.at("updates") < 5000);
  CHECK(best_point(record) == curve.at(curve.size() - 4));
}

TEST_CASE("plateau and patience need evaluations that are equally far apart", "[keeping][errors]") {
  for (const auto& [key, value] : SettingPairs{{"schedule", "plateau"}, {"stop", "patience"}}) {
    CAPTURE(key);
    const SettingPairs settings = {{"task", "adding"}, {"cell", "lstm"}, {key, value}};
    CHECK(why_refused(settings) ==
          "command line: " + key + " = " + value +
              " counts evaluations, which must be equally far apart: set evaluate-every to a number of "
              "updates");
    CHECK(why_refused(with(settings, {{"evaluate-every", "50"}})) == "accepted");
  }
}

TEST_CASE("a run with plateau, patience and best weights resumes to the same bytes", "[keeping]") {
  const SettingPairs settings = with(unsteady, {{"updates", "420"},
                                                {"optimizer", "adamw"},
                                                {"schedule", "plateau"},
                                                {"warmup-updates", "5"},
                                                {"plateau-patience", "1"},
                                                {"plateau-factor", "0.5"},
                                                {"stop", "patience"},
                                                {"patience", "12"},
                                                {"keep", "best"}});
  const Record whole = records_of(declared(settings)).at(0);
  REQUIRE(whole.result.at("updates") > 100);
  const RunSpec run = declared(settings).runs.at(0);
  const TemporaryFolder folder;
  ResultsFolder results(folder.path(), "unsteady");
  results.prepare();
  for (const int updates : {1, 13, 29, 8, 31}) {
    InterruptAfter interrupt(updates);
    REQUIRE_FALSE(train(run, results, quiet_runner(), interrupt).finished);
  }
  InterruptAfter never(1 << 30);
  const TrainOutcome resumed = train(run, results, quiet_runner(), never);
  CHECK(resumed.record.result == whole.result);
  CHECK(resumed.record.measured.at("resumed") == 5);
}
