// The search by successive halving: how it is declared, what it tries, and for whom.
#include "experiments/search/search.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "tests/experiments/search_fixture.h"

using namespace rnnbench::test;
using Catch::Contains;

namespace {

std::string search_refusal(const SettingPairs& lines, const SettingPairs& more = {}) {
  try {
    search_of(lines).check(declared(replaced(searched_models, more)).runs);
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a search has defaults, a sentence and a text for the protocol", "[search]") {
  const Search search = search_of({});
  CHECK(search.keys() == std::vector<std::string>{"learning-rate"});
  CHECK(search.text() ==
        "16 points x 1 seed at 1/4 of the updates, then 5 x 2 at 1/2 and 2 x 4 at 1; "
        "learning-rate in 0.0003..0.05 log; chosen by validation score");
  CHECK(search.canonical() ==
        "search = 1\ndesign = 1\nstudy = study\nlearning-rate = 3e-04..0.05 log (dimension 0)\n"
        "rungs = 16 x 1 at 0.25, 5 x 2 at 0.5, 2 x 4 at 1\nselect = score\n");
  const Search other = search_of({{"learning-rate", "1e-3..0.10 log"},
                                  {"clip-norm", "0.5..5"},
                                  {"beta2", "0.99, 0.999"},
                                  {"schedule", "constant, cosine"},
                                  {"rungs", "8  x 2 at 0.50, 1 x 3 at 1"},
                                  {"select", "time"}});
  CHECK(other.text() ==
        "8 points x 2 seeds at 0.50 of the updates, then 1 x 3 at 1; learning-rate in 1e-3..0.10 log; "
        "clip-norm in 0.5..5; beta2 in 0.99, 0.999; schedule in constant, cosine; chosen by updates to solve");
  CHECK(other.canonical() ==
        "search = 1\ndesign = 1\nstudy = study\nlearning-rate = 0.001..0.1 log (dimension 0)\n"
        "clip-norm = 0.5..5 (dimension 2)\nbeta2 = 0.99, 0.999 (dimension 14)\n"
        "schedule = constant, cosine (dimension 4)\nrungs = 8 x 2 at 0.5, 1 x 3 at 1\nselect = time\n");
  Search smoke = search_of({});
  smoke.limit_for_smoke();
  CHECK(smoke.planned_trials(declared(searched_models).runs, 'A').size() == 3);
}

TEST_CASE("what is wrong with a search is said with its place", "[search][errors]") {
  CHECK(search_refusal({}) == "accepted");
  CHECK(search_refusal(listed_biases) == "accepted");
  const std::string place = "x.ini:10: [search] ";
  CHECK_THAT(search_refusal({{"learning_rate", "0.1"}}),
             Contains(place + "unknown key 'learning_rate'; allowed are rungs, select and options of training and "
                              "models; did you mean 'learning-rate'"));
  CHECK_THAT(search_refusal({{"updates", "10, 20"}}), Contains(place + "unknown key 'updates'"));
  const std::string neither = place + "learning-rate = ";
  CHECK(search_refusal({{"learning-rate", "0.1..0.01 log"}}) ==
        neither + "0.1..0.01 log is neither a list nor a range such as 0.001..0.1 log with low < high, both above 0");
  CHECK(search_refusal({{"learning-rate", "0.1..x"}}) ==
        neither + "0.1..x is neither a list nor a range such as 0.001..0.1 log");
  CHECK_THAT(search_refusal({{"learning-rate", "0.1..1000"}}), Contains(place) && Contains("1e-09 to 100"));
  CHECK_THAT(search_refusal({{"select", "speed"}}), Contains(place) && Contains("one of score, time"));
  const std::string rungs = place + "rungs: ";
  for (const char* wrong : {"16", "16 x 1", "16 x 1 at 0", "16 x 1 at 2", "16 x 1 at 3/2", "0 x 1 at 1", "16 x 0 at 1",
                            "16 x 100 at 1", "1000 x 1 at 1", "16 x 1 at 1/0", "16 x 1 at nan", "16 x 1 at 1,"})
    CHECK_THAT(search_refusal({{"rungs", wrong}}), Contains(rungs) && Contains("is not a rung such as 16 x 1 at 1/4"));
  CHECK(search_refusal({{"rungs", "4 x 1 at 1/2, 4 x 1 at 1"}}) ==
        rungs + "'4 x 1 at 1' must have fewer points than the rung before it");
  CHECK(search_refusal({{"rungs", "4 x 1 at 1/2, 3 x 1 at 1/4, 2 x 1 at 1"}}) ==
        rungs + "'3 x 1 at 1/4' must not train for fewer updates than the rung before it");
  CHECK(search_refusal({{"rungs",
                         "10 x 1 at 1/2, 9 x 1 at 1/2, 8 x 1 at 1/2, 7 x 1 at 1/2, 6 x 1 at 1/2, "
                         "5 x 1 at 1/2, 4 x 1 at 1/2, 3 x 1 at 1/2, 2 x 1 at 1/2, 1 x 1 at 1"}}) ==
        rungs + "there are 10 rungs, but at most 9 are allowed");
  CHECK(search_refusal({{"rungs", "4 x 1 at 1/2"}}) == rungs + "the last rung must train for all updates: '... at 1'");
  CHECK(search_refusal({{"rungs", "4 x 1 at 1/2, 3 x 1 at 1/2, 2 x 1 at 1"}}) == "accepted");
  CHECK(search_refusal({{"rungs", "999 x 99 at 1"}}) ==
        place +
            "the search has more than the maximum of 100000 trials: 3 combinations of task and model, "
            "rungs = 999 x 99 at 1");
  CHECK(search_refusal({{"peephole", "yes, no"}}).starts_with(place));
  CHECK(search_refusal({{"forget-bias", "0, 1"}}, {{"cell", "gru"}}) ==
        place + "forget-bias = 0, 1 is used by no run of this grid");
  CHECK(search_refusal({{"min-rate", "0..0.5"}}) == place + "min-rate = 0..0.5 is used by no run of this grid");
  CHECK(search_refusal({{"min-rate", "0..0.5"}, {"schedule", "constant, cosine"}}) == "accepted");
  CHECK(search_refusal({{"clip-norm", "1..5"}}, {{"clip-norm", "1, 2"}}) ==
        place + "clip-norm cannot be searched, because runs of the grid are compared by it (1, 2)");
  CHECK(search_refusal({}, {{"learning-rate", "0.1, 0.2"}}) ==
        "x.ini: [search] learning-rate cannot be searched, because runs of the grid are compared by it (0.1, 0.2)");
  CHECK(search_refusal({{"select", "time"}}, {{"evaluate", "63"}}) ==
        place + "select = time needs runs that can decide whether they solved their task: set evaluate to 64 or more");
  CHECK(search_refusal({{"schedule", "constant, plateau"}}) ==
        place +
            "schedule = plateau counts evaluations, which must be equally far apart: set evaluate-every to a number "
            "of updates");
  // Without the name of a searched option: all squares of attention need terabytes.
  CHECK_THAT(
      search_refusal({{"attention", "none, dot"}}, {{"length", "1000000"}, {"batch", "1"}}),
      Catch::StartsWith("x.ini: [search] a trial cannot be trained: rnn on adding with hidden = 4, batch = 1 and"));
  const SettingPairs five = {{"beta1", "0.8, 0.9"},
                             {"beta2", "0.9, 0.99"},
                             {"epsilon", "1e-8, 1e-7"},
                             {"clip-value", "0, 1"},
                             {"batch", "8, 16"}};
  CHECK(search_refusal(five) ==
        "x.ini:14: [search] batch: a search has at most 4 options besides learning-rate, forget-bias, update-bias, "
        "clip-norm and schedule");
}

TEST_CASE("seeds of a search cannot be reported", "[search][errors]") {
  CHECK(Search::seed('A', 0, 0) == 1101);
  CHECK(Search::seed('B', 2, 3) == 2304);
  CHECK(Search::letter_of(1101) == 'A');
  CHECK(Search::letter_of(2999) == 'B');
  for (const char* seed : {"1101", "1202", "1304", "2101", "2304"})
    CHECK_THAT(search_refusal({}, {{"seed", std::string("1, ") + seed}}),
               Contains("x.ini: seed = ") && Contains("is a seed of the search (search "));
  for (const char* seed : {"1102", "1305", "1401", "3101", "101"})
    CHECK(search_refusal({}, {{"seed", std::string("1, ") + seed}}) == "accepted");
}

TEST_CASE("all models of a study are searched at the same points", "[search]") {
  const SettingPairs lines = with(listed_biases, {{"clip-norm", "0.3..10 log"}, {"schedule", "constant, cosine"}});
  const Search search = search_of(lines);
  const std::vector<RunSpec> runs = declared(searched_models).runs;
  search.check(runs);
  for (const char letter : searches) {
    std::map<std::string, std::map<std::string, int>> counts;  // by key and value
    for (int point = 0; point < 16; ++point) {
      std::map<std::string, std::set<std::string>> values;
      for (const RunSpec& run : runs)
        for (const auto& [key, value] : search.values(search.with_point(run, letter, point))) values[key].insert(value);
      for (const auto& [key, of_models] : values) {
        CHECK(of_models.size() == 1);
        ++counts[key][*of_models.begin()];
      }
    }
    CHECK(counts["learning-rate"].size() == 16);
    CHECK(counts["clip-norm"].size() == 16);
    for (const char* bias : {"forget-bias", "update-bias"})
      CHECK(counts[bias] == std::map<std::string, int>{{"0", 4}, {"1", 4}, {"3", 4}, {"5", 4}});
    CHECK(counts["schedule"] == std::map<std::string, int>{{"constant", 8}, {"cosine", 8}});
  }
  // An option that a model does not use is not searched for it.
  const auto keys_of = [&](const RunSpec& run) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : search.values(search.with_point(run, 'A', 0))) keys.push_back(key);
    return keys;
  };
  CHECK(keys_of(runs[0]) == std::vector<std::string>{"learning-rate", "clip-norm", "schedule"});
  CHECK(keys_of(runs[1]) == std::vector<std::string>{"learning-rate", "forget-bias", "clip-norm", "schedule"});
  CHECK(keys_of(runs[2]) == std::vector<std::string>{"learning-rate", "update-bias", "clip-norm", "schedule"});
  // Other studies and the other search have other points; other options and rungs change none.
  const auto rate = [&](const Search& of, char letter, int point) {
    return of.with_point(runs[1], letter, point).training.text("learning-rate");
  };
  for (int point = 0; point < 16; ++point) {
    CHECK(rate(search, 'A', point) != rate(search, 'B', point));
    CHECK(rate(search, 'A', point) != rate(search_of(lines, "another"), 'A', point));
    CHECK(rate(search, 'A', point) == rate(search_of({{"rungs", "4 x 1 at 1"}}), 'A', point));
  }
}

TEST_CASE("quarters of the rates meet every bias and both schedules", "[search]") {
  const SettingPairs lines = with(listed_biases, {{"schedule", "constant, cosine"}});
  for (int study = 0; study < 10; ++study)
    for (const char letter : searches) {
      const Search search = search_of(lines, std::to_string(study));
      const SearchAxis& axis = *search.space().find("learning-rate");
      for (const char* cell : {"lstm", "gru", "lstm+gru"}) {
        const RunSpec run = declared(replaced(searched_models, {{"cell", cell}})).runs[0];
        std::set<std::string> rate_and_bias, rate_and_schedule, bias_and_schedule, biases_together;
        for (int point = 0; point < 16; ++point) {
          const RunSpec at = search.with_point(run, letter, point);
          const std::string quarter =
              std::to_string(static_cast<int>(4 * search.position(run, axis, letter, point))) + " ";
          for (const char* key : {"forget-bias", "update-bias"}) {
            if (at.model.text_or(key, "").empty()) continue;
            const std::string bias = std::string(key) + at.model.text(key) + " ";
            rate_and_bias.insert(quarter + bias);
            bias_and_schedule.insert(bias + at.training.text("schedule"));
          }
          rate_and_schedule.insert(quarter + at.training.text("schedule"));
          biases_together.insert(at.model.text_or("forget-bias", "") + " " + at.model.text_or("update-bias", ""));
        }
        const std::size_t kinds = std::string(cell) == "lstm+gru" ? 2 : 1;
        CHECK(rate_and_bias.size() == 16 * kinds);
        CHECK(rate_and_schedule.size() == 8);
        CHECK(bias_and_schedule.size() == 8 * kinds);
        if (kinds == 2) CHECK(biases_together.size() >= 8);
      }
    }
}

TEST_CASE("a range is covered from end to end, with 'log' on a logarithmic scale", "[search]") {
  const RunSpec run = declared(replaced(searched_models, {{"cell", "lstm"}})).runs[0];
  const Search search = search_of({{"learning-rate", "0.0001..0.01 log"},
                                   {"clip-norm", "1..3"},
                                   {"training-set", "500..20000"},
                                   {"batch", "1..4"}});
  std::vector<double> rates, norms;
  std::map<std::int64_t, int> batches;
  for (int point = 0; point < 16; ++point) {
    const Settings training = search.with_point(run, 'A', point).training;
    rates.push_back(training.real("learning-rate"));
    norms.push_back(training.real("clip-norm"));
    ++batches[training.integer("batch")];
    CHECK(training.integer("training-set") >= 500);
    CHECK(training.integer("training-set") <= 20000);
  }
  std::sort(rates.begin(), rates.end());
  std::sort(norms.begin(), norms.end());
  for (int i = 0; i < 16; ++i) {  // the i-th of 16 strata, and half a unit of the third digit
    CHECK(std::log10(rates[i]) + 4 >= 2 * i / 16.0 - 0.0022);
    CHECK(std::log10(rates[i]) + 4 <= 2 * (i + 1) / 16.0 + 0.0022);
    CHECK(norms[i] >= 1 + 2 * i / 16.0 - 0.0051);
    CHECK(norms[i] <= 1 + 2 * (i + 1) / 16.0 + 0.0051);
  }
  CHECK(batches == std::map<std::int64_t, int>{{1, 4}, {2, 4}, {3, 4}, {4, 4}});
}

TEST_CASE("a trial has the seed, the updates and the warm-up of its rung", "[search]") {
  const Search search = search_of({{"schedule", "cosine"}, {"rungs", "16 x 1 at 1/3, 5 x 2 at 1/2, 2 x 4 at 1"}});
  const RunSpec run =
      declared(replaced(searched_models, {{"cell", "lstm"}, {"updates", "1000"}, {"evaluate-every", "40"}})).runs[0];
  const auto trial = [&](int rung, int point, int seed) { return search.trial(run, 'B', rung, point, seed); };
  CHECK(trial(0, 0, 0).seed == 2101);
  CHECK(trial(2, 1, 3).seed == 2304);
  CHECK(trial(0, 3, 0).training.text("updates") == "333");
  CHECK(trial(0, 3, 0).training.text("warmup-updates") == "33");
  CHECK(trial(1, 3, 0).training.text("updates") == "500");
  CHECK(trial(2, 3, 0).training.text("updates") == "1000");
  CHECK(trial(2, 3, 0).training.text("warmup-updates") == "100");
  CHECK(trial(0, 3, 0).training.text("evaluate-every") == "40");
  CHECK(trial(0, 3, 0).task.values() == run.task.values());
  CHECK(trial(0, 3, 0).training.text("learning-rate") == trial(2, 3, 1).training.text("learning-rate"));
  // A run of few updates keeps a warm-up that is shorter than the run.
  const RunSpec brief = declared(replaced(searched_models, {{"cell", "lstm"}, {"updates", "2"}})).runs[0];
  CHECK(search.trial(brief, 'A', 0, 0, 0).training.text("updates") == "1");
  CHECK(search.trial(brief, 'A', 0, 0, 0).training.text("warmup-updates") == "0");
  CHECK(search.with_point(brief, 'A', 0).training.text("warmup-updates") == "1");
}

TEST_CASE("a trial measures nothing but validation scores", "[search]") {
  const Search search = search_of({});
  const RunSpec run =
      declared(replaced(searched_models, {{"cell", "lstm"}, {"test-length", "20, 30"}, {"probe", "gradients"}}))
          .runs[0];
  const RunSpec trial = search.trial(run, 'A', 0, 0, 0), reported = search.with_point(run, 'A', 0);
  CHECK(trial.training.text("probe") == "none");
  CHECK_FALSE(trial.task.has("test-length"));
  CHECK(reported.training.text("probe") == "gradients");
  CHECK(reported.task.text("test-length") == run.task.text("test-length"));
}

TEST_CASE("planned trials are as many and as long as the real ones", "[search]") {
  const Search search = search_of({});
  std::map<std::pair<std::string, std::string>, int> counts;  // by cell and updates
  for (const RunSpec& run : search.planned_trials(declared(replaced(searched_models, {{"seed", "1..5"}})).runs, 'B'))
    ++counts[{run.model.text("cell"), run.training.text("updates")}];
  CHECK(counts.size() == 9);
  for (const char* cell : {"rnn", "lstm", "gru"}) {
    CHECK(counts[{cell, "100"}] == 16);
    CHECK(counts[{cell, "200"}] == 10);
    CHECK(counts[{cell, "400"}] == 8);
  }
}
