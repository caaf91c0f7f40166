// The comparison of two models on every task, from made-up records.
#include "analysis/compare.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "analysis/compare_output.h"
#include "analysis/format.h"
#include "analysis/latex.h"
#include "analysis/statistics/effect.h"
#include "analysis/statistics/paired.h"
#include "analysis/table.h"
#include "tests/analysis/study_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

TEST_CASE("a comparison of test scores says how many runs stopped when solved", "[analysis]") {
  std::vector<Run> runs;
  for (int seed = 1; seed <= 3; ++seed)
    for (const made_up::Model* model : {&lstm, &gru}) {
      runs.push_back(made_up::run(adding, *model, seed));
      set_score(runs.back(), "mse", 0.005);
    }
  for (Run& run : runs) {
    run.spec["training"]["stop"] = "solved";
    run.record->result["status"] = "finished";
    run.record->result["solved"] = false;
  }
  Run& stopped = runs[0];
  stopped.record->result["status"] = "solved";
  stopped.record->result["solved"] = true;
  stopped.record->result["updates"] = 1;
  const auto comparison = compare(study_of(runs), "lstm", "gru", "");
  REQUIRE(comparison[0].caveats.size() == 1);
  CHECK(comparison[0].caveats[0].starts_with("1 of 3 runs of lstm and 0 of 3 of gru stopped when they had solved"));
  CHECK(compare_text(comparison).find("! 1 of 3 runs of lstm") != std::string::npos);
  CHECK(text_tables(study_of(runs)).find("after the last update; 1 of 6 runs stopped") != std::string::npos);
}

TEST_CASE("a comparison says whose test scores are those of the best weights", "[analysis]") {
  std::vector<Run> runs;
  for (int seed = 1; seed <= 3; ++seed)
    for (const made_up::Model* model : {&lstm, &gru}) {
      runs.push_back(made_up::run(adding, *model, seed));
      set_score(runs.back(), "mse", 0.005);
      if (model == &lstm) runs.back().spec["training"]["keep"] = "best";
    }
  const auto comparison = compare(study_of(runs), "lstm", "gru", "");
  REQUIRE(comparison[0].caveats.size() == 1);
  CHECK(comparison[0].caveats[0] ==
        "the test scores of lstm are those of the weights with the best validation score (keep = best)");
  CHECK(
      tested_weights(study_of(runs)) ==
      "the weights after the last update, of runs with keep = best those of the weights with the best validation score");
}

TEST_CASE("a comparison of scores on a file says that the file is a sample", "[analysis]") {
  std::vector<Run> runs;
  for (int seed = 1; seed <= 3; ++seed)
    for (const made_up::Model* model : {&lstm, &gru}) {
      runs.push_back(made_up::run(adding, *model, seed));
      runs.back().record->result["evaluated_on"] = "list";
    }
  CHECK(compare(study_of(runs), "lstm", "gru", "").at(0).caveats == std::vector<std::string>{caveat_of_list_test});
}

TEST_CASE("measures of solving are refused for runs with few validation sequences", "[analysis][errors]") {
  std::vector<Run> runs;
  for (const made_up::Model* model : {&lstm, &gru}) {
    runs.push_back(made_up::run(adding, *model, 1));
    runs.back().spec["training"]["evaluate"] = 63;
  }
  CHECK_THROWS_WITH(
      compare(study_of(runs), "lstm", "gru", "updates_to_solve"),
      "measure = updates_to_solve needs runs with evaluate = 64 or more, which those on task adding do not "
      "have");
}

TEST_CASE("a comparison pairs by seed and speaks for the better model", "[analysis]") {
  std::vector<Run> runs;
  const std::vector<double> first = {0.010, 0.020, 0.030}, second = {0.020, 0.010, 0.060};
  for (int seed = 1; seed <= 3; ++seed) {
    runs.push_back(made_up::run(adding, lstm, seed));
    set_score(runs.back(), "mse", first[seed - 1]);
  }
  for (int seed = 4; seed >= 1; --seed) {  // another order, and a seed without partner
    runs.push_back(made_up::run(adding, gru, seed));
    set_score(runs.back(), "mse", seed <= 3 ? second[seed - 1] : 1e-9);
  }
  const auto comparisons = compare(study_of(runs), "lstm", "gru", "");
  REQUIRE(comparisons.size() == 1);
  const Comparison& c = comparisons[0];
  REQUIRE(c.pairs.size() == 3);
  CHECK(c.pairs[0].seed == 1);
  // Lower is better: gru - lstm.
  CHECK(c.advantages[0] == Approx(0.010));
  CHECK(c.advantages[1] == Approx(-0.010));
  CHECK(c.advantages[2] == Approx(0.030));
  CHECK(c.mean_advantage == Approx(0.010));
  CHECK(c.improvement == Approx(5.0 / 9));  // 4 wins and 2 ties of 9 pairings
  CHECK_FALSE(c.p);
  CHECK_FALSE(c.mean_interval);
  CHECK(compare(study_of(runs), "gru", "lstm", "")[0].mean_advantage == Approx(-0.010));
}

TEST_CASE("no p-value below nine pairs, no interval below ten", "[analysis]") {
  for (int seeds : {8, 9, 10}) {
    const auto comparisons = compare(made_up::study(seeds), "lstm", "gru", "");
    REQUIRE(comparisons.size() == 3);
    for (const Comparison& c : comparisons) {
      CHECK(c.p.has_value() == (seeds >= 9));
      CHECK((c.ratio ? c.ratio_interval : c.mean_interval).has_value() == (seeds >= 10));
      CHECK(c.improvement_interval.has_value() == (seeds >= 10));
      if (c.p) CHECK(*c.adjusted_p >= *c.p);
    }
    const std::string text = compare_text(comparisons);
    for (const Comparison& c : comparisons) {
      for (const Pair& pair : c.pairs) CHECK(text.find(pair.first_text) != std::string::npos);
    }
  }
}

TEST_CASE("one comparison needs no adjustment, and several say for how many", "[analysis]") {
  std::vector<Run> runs;
  for (const auto* task : {&copy, &adding})
    for (const auto* model : {&lstm, &gru})
      for (int seed = 1; seed <= 10; ++seed) runs.push_back(made_up::run(*task, *model, seed));
  const std::string two = compare_text(compare(study_of(runs), "lstm", "gru", ""));
  CHECK(two.find(", adjusted for 2 comparisons p = ") != std::string::npos);
  CHECK(two.find("Holm") != std::string::npos);
  runs.resize(20);
  const std::string one = compare_text(compare(study_of(runs), "lstm", "gru", ""));
  CHECK(one.find("sign-flip test              p = ") != std::string::npos);
  CHECK(one.find("adjusted") == std::string::npos);
}

TEST_CASE("losses are compared by their ratio, and scores of 0 and 1 by their rates", "[analysis]") {
  std::vector<Run> runs;
  Values ratios;
  for (int seed = 1; seed <= 10; ++seed) {
    const double first = std::pow(10, -seed / 3.0), second = first * (1.2 + 0.1 * seed);
    for (const auto& [model, mse] : {std::pair{&lstm, first}, {&gru, second}}) {
      runs.push_back(made_up::run(adding, *model, seed));
      set_score(runs.back(), "mse", mse);
    }
    ratios.push_back(std::log(first / second));
  }
  const Comparison loss = compare(study_of(runs), "lstm", "gru", "").at(0);
  CHECK_FALSE(loss.mean_interval);
  REQUIRE(loss.ratio);
  REQUIRE(loss.ratio_interval);
  CHECK(*loss.ratio == Approx(std::exp(mean(ratios))));
  CHECK(loss.ratio_interval->high == Approx(std::exp(mean_interval(ratios, 0.95).high)));
  CHECK(loss.p == std::ldexp(1, -9));
  const std::string text = compare_text({loss});
  CHECK(text.find("ratio                       " + score_text(*loss.ratio) + "  [") != std::string::npos);
  CHECK(text.find("geometric mean") != std::string::npos);
  set_score(runs[0], "mse", 0);  // has no logarithm
  const Comparison zero = compare(study_of(runs), "lstm", "gru", "").at(0);
  CHECK_FALSE(zero.ratio);
  CHECK_FALSE(zero.mean_interval);
  CHECK(zero.p == sign_flip_test(zero.advantages));

  std::vector<Run> recalls;
  for (int seed = 1; seed <= 10; ++seed)
    for (const auto* model : {&lstm, &gru}) {
      recalls.push_back(made_up::run(copy, *model, seed));
      set_score(recalls.back(), "recall", 1);
    }
  const Comparison same = compare(study_of(recalls), "lstm", "gru", "").at(0);
  REQUIRE(same.mean_interval);
  CHECK(same.mean_interval->high == Approx(BinaryPairs{10, 0, 0, 0}.interval(0.95).high));
  CHECK(same.p == 1);
}

namespace {

// Ten pairs on adding.
std::vector<Run> ten_pairs() {
  std::vector<Run> runs;
  for (int seed = 1; seed <= 10; ++seed)
    for (const made_up::Model* model : {&lstm, &gru}) runs.push_back(made_up::run(adding, *model, seed));
  return runs;
}

}  // namespace

TEST_CASE("rates of failure are compared as rates, and a run without a record has failed", "[analysis]") {
  std::vector<Run> runs = ten_pairs();
  for (std::size_t i = 0; i < 8; i += 2) runs[i] = made_up::diverged(runs[i]);
  runs[8] = made_up::missing(runs[8]);
  const Comparison some = compare(study_of(runs), "lstm", "gru", "diverged").at(0);
  CHECK(some.mean_advantage == -0.5);
  REQUIRE(some.mean_interval);
  CHECK(some.mean_interval->low == Approx(BinaryPairs{0, 0, 5, 5}.interval(0.95).low));
  CHECK(some.pairs[4].first_text == "missing");
  for (Run& run : runs) run = made_up::diverged(run.recorded() ? run : made_up::run(adding, lstm, 5));
  const Comparison all = compare(study_of(runs), "lstm", "gru", "diverged").at(0);
  REQUIRE(all.mean_interval);
  CHECK(all.mean_interval->high == Approx(BinaryPairs{10, 0, 0, 0}.interval(0.95).high));
}

TEST_CASE("what does not rate runs is compared where both have it, and says so", "[analysis]") {
  std::vector<Run> runs = ten_pairs();
  runs[1] = made_up::missing(runs[1]);
  const Comparison sizes = compare(study_of(runs), "lstm", "gru", "parameters").at(0);
  CHECK(sizes.pairs.size() == 9);
  CHECK(sizes.mean_advantage == lstm.parameters - gru.parameters);
  CHECK(sizes.caveats.at(0) ==
        "1 pair is left out: runs that diverged or are missing, or whose value is not finite, have no such number");
  CHECK(compare_text({sizes}).find("probability of improvement") == std::string::npos);
  CHECK(compare_json({sizes}).at(0).at("improvement").is_null());

  for (std::size_t i = 0; i < runs.size(); i += 2)
    runs[i].record->result["probe"] = {{"scalars", {{"forget gate idle", 0.5}}}};
  CHECK(user_error([&] { compare(study_of(runs), "lstm", "gru", "forget gate idle"); }) ==
        "measure = forget gate idle is not a number of the runs of gru on task adding");
  for (std::size_t i = 1; i < runs.size(); i += 2)
    if (runs[i].recorded()) runs[i] = made_up::diverged(runs[i]);
  CHECK(
      user_error([&] { compare(study_of(runs), "lstm", "gru", "forget gate idle"); }) ==
      "measure = forget gate idle: all runs of lstm or of gru on task adding diverged or are missing, and have no such "
      "number");
}

TEST_CASE("a model without a single record is not compared", "[analysis][errors]") {
  std::vector<Run> runs = ten_pairs();
  for (std::size_t i = 1; i < runs.size(); i += 2) runs[i] = made_up::missing(runs[i]);
  CHECK(user_error([&] { compare(study_of(runs), "lstm", "gru", ""); }) ==
        "cell = lstm,gru: no run of gru on adding has a record");
  CHECK(text_tables(study_of(runs)).find("no record yet") != std::string::npos);
  for (const made_up::Model* model : {&lstm, &gru}) runs.push_back(made_up::run(copy, *model, 1));
  const auto compared = compare(study_of(runs), "lstm", "gru", "");
  REQUIRE(compared.size() == 1);
  CHECK(compared[0].caveats.back() == "no run of gru on adding has a record, so it is not compared there");
}

TEST_CASE("a diverged run has no smaller excess than a model without memory", "[analysis]") {
  std::vector<Run> runs;
  for (const made_up::Model* model : {&lstm, &gru}) {
    runs.push_back(made_up::run(made_up::tasks()[2], *model, 1));
    set_score(runs.back(), "excess", 0.001);
  }
  runs[0] = made_up::diverged(runs[0]);
  const Comparison excess = compare(study_of(runs), "lstm", "gru", "excess").at(0);
  CHECK(excess.pairs.at(0).first == Approx(0.62 - 0.21));
  CHECK(excess.mean_advantage < 0);
}

TEST_CASE("a model that stops early without solving its task is not faster than one that solves it", "[analysis]") {
  std::vector<Run> runs;
  for (int seed = 1; seed <= 10; ++seed) {
    runs.push_back(made_up::run(copy, rnn, seed));  // solves nothing
    runs.back().spec["training"]["updates"] = 100;
    runs.back().record->measured["train_cpu_seconds"] = 1;
    runs.push_back(made_up::run(copy, lstm, seed));
    runs.back().record->measured["train_cpu_seconds"] = 60;
    Json& result = runs.back().record->result;
    result["solved"] = true, result["status"] = "solved", result["updates_to_solve"] = 2000;
    runs.back().record->measured["cpu_seconds_to_solve"] = 30;
  }
  const Comparison updates = compare(study_of(runs), "rnn", "lstm", "updates_to_solve").at(0);
  CHECK(updates.advantages == Values(10, 2000 - 4000));
  CHECK(updates.pairs[0].first_text == ">100");
  CHECK(updates.caveats.at(0) ==
        "unsolved runs count with the longest training of all runs on the task, 4,000 updates");
  const Comparison seconds = compare(study_of(runs), "rnn", "lstm", "cpu_seconds_to_solve").at(0);
  CHECK(seconds.advantages == Values(10, 30 - 60));
  CHECK(seconds.ratio == Approx(2));
}

TEST_CASE("what rounding leaves of advantages that cancel is no effect", "[analysis]") {
  std::vector<Run> runs = ten_pairs();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double more = i / 2 < 5 ? 0.1 : -0.1;
    set_score(runs[i], "relative", 0.3 + (i % 2 == 0 ? more * 3 : more * 0));
  }
  const Comparison none = compare(study_of(runs), "lstm", "gru", "relative").at(0);
  CHECK(none.mean_advantage == 0);
}

TEST_CASE("bare names compare every variant that both models have", "[analysis]") {
  std::vector<Run> runs;
  for (int hidden : {32, 64}) {
    for (const auto* model : {&lstm, &gru}) {
      runs.push_back(made_up::run(copy, *model, 1, {{"hidden", hidden}}));
    }
  }
  const Study study = study_of(runs);
  CHECK(compare(study, "lstm", "gru", "").size() == 2);
  CHECK(compare(study, "lstm (hidden 32)", "lstm (hidden 64)", "").size() == 1);
  CHECK(split("lstm (hidden 32, layers 2), gru") == std::vector<std::string>{"lstm (hidden 32, layers 2)", "gru"});
}

TEST_CASE("wrong names in a comparison get one sentence", "[analysis]") {
  const Study study = made_up::study();
  CHECK(user_error([&] { compare(study, "lstn", "gru", ""); }).find("did you mean 'lstm'") != std::string::npos);
  CHECK(user_error([&] { compare(study, "lstm", "lstm", ""); }).find("with itself") != std::string::npos);
  CHECK(user_error([&] {
          compare(study_of({made_up::run(copy, lstm, 1), made_up::run(copy, gru, 2)}), "lstm", "gru", "");
        }) ==
        "cell = lstm,gru: these models have no task, settings and seed in common; name them by the complete labels "
        "of the table, such as 'gru'");
  const std::string unknown = user_error([&] { compare(study, "lstm", "gru", "los"); });
  CHECK(unknown.find("did you mean 'loss'") != std::string::npos);
  CHECK(unknown.find("which have recall, loss, relative_loss, skill, ") != std::string::npos);
  CHECK(user_error([&] { compare(study, "lstm", "gru", "recall at 51"); }).find("recall at 51 is not a number") !=
        std::string::npos);
}

TEST_CASE("every measure of a claim can be compared", "[analysis]") {
  std::vector<Run> runs;
  for (int seed = 1; seed <= 3; ++seed)
    for (const auto* model : {&lstm, &gru}) {
      runs.push_back(made_up::run(copy, *model, seed));
      Json& result = runs.back().record->result;
      const double score = model == &lstm ? 0.25 : 0.5;
      for (Json& point : result["lengths"])
        if (point["length"] != 20) point["recall"] = point["length"] == 50 ? score : score / 2;
      result["solved"] = model == &gru || seed == 1;
      result["updates_to_solve"] = result["solved"] ? Json(100 * seed) : Json(nullptr);
      result["parameters"] = model == &lstm ? 400 : 300;
    }
  const auto compared = [&](const std::string& measure) {
    return compare(study_of(runs), "lstm", "gru", measure).at(0);
  };
  CHECK(compared("recall at 50").mean_advantage == Approx(-0.25));
  CHECK(compared("recall beyond").mean_advantage == Approx(-0.1875));
  CHECK(compared("recall beyond").measure == "recall beyond (higher is better)");
  CHECK(compared("solved").mean_advantage == Approx(-2.0 / 3));
  const Comparison times = compared("updates_to_solve");
  CHECK(times.advantages == Values{0, 200 - 4000, 300 - 4000});  // an unsolved run counts with its budget
  CHECK(times.pairs[1].first_text == ">4,000");
  CHECK(times.pairs[1].second_text == "200");
  CHECK(latex_table(compare_table({times}), "", "")
            .find("updates\\_to\\_solve (lower is better) & 3 & 2,700 & 200 & $-$2,500") != std::string::npos);
  CHECK(compare_table({times}).columns[1].title == "models");
  CHECK(compare_table({times}, false).columns[1].title == "measure");
  CHECK(compare_table({times}, false).rows[0][1] == "updates_to_solve (lower is better)");
  CHECK(compare_json({times}).at(0).at("pairs").at(1).at("advantage") == -3800);
  const Comparison sizes = compared("parameters");
  CHECK(sizes.mean_advantage == 100);  // a difference: fewer parameters are neither better nor worse
  CHECK(compare_text({sizes}).find("mean difference") != std::string::npos);
  runs[0].record->measured["oversubscribed"] = true;
  CHECK(compare_text({compared("cpu_seconds_to_solve")}).find("! 1 of 6 runs were timed on a busy machine") !=
        std::string::npos);
}
