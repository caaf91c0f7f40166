// The search by successive halving: what it tries, for whom, what is passed on and what is chosen.
#include "experiments/search/search.h"

#include <algorithm>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/declaration/grid.h"
#include "experiments/search/choose.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;

namespace {

Search search_of(const SettingPairs& lines, const std::string& study = "study") {
  std::vector<Assignment> written;
  for (const auto& [key, value] : lines)
    written.push_back({key, value, "search", 10 + static_cast<int>(written.size())});
  return Search("x.ini", study, written);
}

const SettingPairs biases = {{"forget-bias", "0, 1, 3, 5"}, {"update-bias", "0, 1, 3, 5"}};
SettingPairs replaced(SettingPairs settings, const SettingPairs& by) {
  for (const auto& [key, value] : by) {
    std::erase_if(settings, [&key = key](const auto& setting) { return setting.first == key; });
    settings.emplace_back(key, value);
  }
  return settings;
}

const SettingPairs models = {
    {"task", "adding"}, {"length", "10"}, {"cell", "rnn, lstm, gru"}, {"hidden", "4"}, {"updates", "400"}};

std::string search_refusal(const SettingPairs& lines, const SettingPairs& more = {}) {
  try {
    search_of(lines).check(declared(replaced(models, more)).runs);
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

// What a made-up trial of a point gives.
struct MadeUp {
  double measure = 0, loss = 1;
  int solved_at = 0;  // 0: not solved
  bool diverged = false;
};

// A file of made-up trials, and a search for one LSTM in it.
class MadeUpSearch {
 public:
  MadeUpSearch(const SettingPairs& lines, bool higher_is_better = true)
      : search(search_of(lines)), higher_is_better_(higher_is_better) {}

  // Trains everything that is due until the search is finished. `outcome` is called with rung, point, seed (from 0).
  template <class Outcome>
  SearchChoice finish(Outcome outcome) {
    SearchState state = search_state(search, runs, 'A', file);
    for (int rung = 0; !state.due.empty(); ++rung) {
      std::set<int> points;
      for (const RunSpec& run : state.due) {
        const int seed = static_cast<int>(run.seed % 100) - 1, point = point_of(run, rung, seed);
        points.insert(point);
        file.add(made_up(run, outcome(rung, point, seed)));
      }
      rungs.emplace_back(points.begin(), points.end());
      CHECK(state.choices.empty());
      state = search_state(search, runs, 'A', file);
    }
    REQUIRE(state.choices.size() == 1);
    return state.choices[0];
  }

  int third_of(int point) const {
    const SearchAxis& rate = *search.space().find("learning-rate");
    return rate.third_at(search.position(runs[0], rate, 'A', point));
  }

  const Search search;
  const std::vector<RunSpec> runs = declared(replaced(models, {{"cell", "lstm"}, {"seed", "1..3"}})).runs;
  std::vector<std::vector<int>> rungs;  // points

 private:
  int point_of(const RunSpec& run, int rung, int seed) const {
    for (int point = 0; point < 32; ++point)
      if (search.trial(runs[0], 'A', rung, point, seed).canonical() == run.canonical()) return point;
    FAIL("this trial has no point");
    return -1;
  }
  TrialRecord made_up(const RunSpec& run, const MadeUp& outcome) const {
    TrialRecord trial;
    trial.canonical = run.canonical();
    trial.solved = !outcome.diverged && outcome.solved_at > 0;
    trial.status = outcome.diverged ? "diverged" : trial.solved ? "solved" : "finished";
    if (trial.solved) trial.updates_to_solve = outcome.solved_at;
    trial.updates = run.training.integer("updates") / 2;  // as if it had ended early
    trial.measure = "recall";
    trial.higher_is_better = higher_is_better_;
    // A run that diverged has the scores before training.
    trial.validation = {{"loss", outcome.diverged ? 0.0 : outcome.loss},
                        {"recall", outcome.diverged ? (higher_is_better_ ? 1e6 : -1e6) : outcome.measure}};
    trial.result_hash = "0123456789abcdef";
    return trial;
  }

  const TemporaryFolder folder_;
  const bool higher_is_better_;

 public:
  TrialFile file{TrialFile::path_in(folder_.path(), 'A')};
};

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
  CHECK(smoke.planned_trials(declared(models).runs, 'A').size() == 3);
}

TEST_CASE("what is wrong with a search is said with its place", "[search][errors]") {
  CHECK(search_refusal({}) == "accepted");
  CHECK(search_refusal(biases) == "accepted");
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
  const SettingPairs lines = with(biases, {{"clip-norm", "0.3..10 log"}, {"schedule", "constant, cosine"}});
  const Search search = search_of(lines);
  const std::vector<RunSpec> runs = declared(models).runs;
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
  const SettingPairs lines = with(biases, {{"schedule", "constant, cosine"}});
  for (int study = 0; study < 10; ++study)
    for (const char letter : searches) {
      const Search search = search_of(lines, std::to_string(study));
      const SearchAxis& axis = *search.space().find("learning-rate");
      for (const char* cell : {"lstm", "gru", "lstm+gru"}) {
        const RunSpec run = declared(replaced(models, {{"cell", cell}})).runs[0];
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
  const RunSpec run = declared(replaced(models, {{"cell", "lstm"}})).runs[0];
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
      declared(replaced(models, {{"cell", "lstm"}, {"updates", "1000"}, {"evaluate-every", "40"}})).runs[0];
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
  const RunSpec brief = declared(replaced(models, {{"cell", "lstm"}, {"updates", "2"}})).runs[0];
  CHECK(search.trial(brief, 'A', 0, 0, 0).training.text("updates") == "1");
  CHECK(search.trial(brief, 'A', 0, 0, 0).training.text("warmup-updates") == "0");
  CHECK(search.with_point(brief, 'A', 0).training.text("warmup-updates") == "1");
}

TEST_CASE("planned trials are as many and as long as the real ones", "[search]") {
  const Search search = search_of({});
  std::map<std::pair<std::string, std::string>, int> counts;  // by cell and updates
  for (const RunSpec& run : search.planned_trials(declared(replaced(models, {{"seed", "1..5"}})).runs, 'B'))
    ++counts[{run.model.text("cell"), run.training.text("updates")}];
  CHECK(counts.size() == 9);
  for (const char* cell : {"rnn", "lstm", "gru"}) {
    CHECK(counts[{cell, "100"}] == 16);
    CHECK(counts[{cell, "200"}] == 10);
    CHECK(counts[{cell, "400"}] == 8);
  }
}

TEST_CASE("rungs pass on the best points, and into three or more the best of each third of the rates", "[search]") {
  MadeUpSearch made({});
  // The highest rates are the best after a quarter of the updates, the lowest at the end.
  const SearchAxis& rate = *made.search.space().find("learning-rate");
  const auto height = [&](int point) { return made.search.position(made.runs[0], rate, 'A', point); };
  const SearchChoice choice = made.finish([&](int rung, int point, int seed) {
    return MadeUp{rung == 0 ? height(point) : 1 - height(point) + 0.001 * seed};
  });
  REQUIRE(made.rungs.size() == 3);
  CHECK(made.rungs[0].size() == 16);
  std::vector<int> by_height = made.rungs[0];
  std::sort(by_height.begin(), by_height.end(), [&](int a, int b) { return height(a) > height(b); });
  const auto best_of_third = [&](int third) {
    return *std::find_if(by_height.begin(), by_height.end(), [&](int point) { return made.third_of(point) == third; });
  };
  std::vector<int> second = {by_height[0], by_height[1], by_height[2], best_of_third(1), best_of_third(0)};
  std::sort(second.begin(), second.end());
  CHECK(made.rungs[1] == second);
  std::vector<int> last = {best_of_third(0), best_of_third(1)};  // the lowest rates of the second rung
  std::sort(last.begin(), last.end());
  CHECK(made.rungs[2] == last);

  CHECK(choice.point == best_of_third(0));
  CHECK(choice.search == 'A');
  CHECK(choice.group == made.runs[0].canonical());
  CHECK(choice.measure == "recall");
  CHECK(choice.higher_is_better);
  CHECK_FALSE(choice.all_diverged);
  CHECK(choice.trials.size() == 16 + 5 + 2);
  CHECK(choice.trials[0].records.size() == 1);
  CHECK(choice.trials[16].records.size() == 2);
  const TrialScore& chosen = choice.trials.at(choice.chosen);
  CHECK(chosen.rung == 2);
  CHECK(chosen.point == choice.point);
  REQUIRE(chosen.records.size() == 4);
  CHECK(*chosen.measure == Approx(1 - height(choice.point) + 0.0015));
  for (int seed = 0; seed < 4; ++seed)
    CHECK(chosen.records[seed]->id() == made.search.trial(made.runs[0], 'A', 2, choice.point, seed).id());
  CHECK(choice.values == made.search.values(made.search.with_point(made.runs[0], 'A', choice.point)));
  // The reported runs have the chosen settings and their own seeds and updates.
  const std::vector<RunSpec> reported = reported_runs(made.search, made.runs, {choice});
  REQUIRE(reported.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(reported[i].seed == i + 1);
    CHECK(reported[i].training.text("updates") == "400");
    CHECK(made.search.values(reported[i]) == choice.values);
  }
}

TEST_CASE("a third without points is skipped", "[search]") {
  std::vector<TrialScore> best_first(6);
  for (int i = 0; i < 6; ++i) best_first[i].point = 10 + i;
  CHECK(promoted(best_first, {2, 2, 2, 2, 1, 0}, 4) == std::vector<int>{10, 11, 14, 15});
  CHECK(promoted(best_first, {2, 2, 2, 2, 2, 0}, 3) == std::vector<int>{10, 11, 15});
  CHECK(promoted(best_first, {2, 2, 2, 2, 1, 0}, 2) == std::vector<int>{10, 11});
  CHECK(promoted(best_first, {2, 2, 2, 2, 1, 0}, 9).size() == 6);
}

TEST_CASE("the thirds of a list are those of its sorted values", "[search]") {
  const Search search = search_of({{"learning-rate", "0.1, 0.001, 0.01, 0.002, 0.02, 0.2"}});
  const SearchAxis& axis = *search.space().find("learning-rate");
  std::vector<int> thirds;
  for (int i = 0; i < 6; ++i) thirds.push_back(axis.third_at((i + 0.5) / 6));
  CHECK(thirds == std::vector<int>{2, 0, 1, 0, 1, 2});
}

TEST_CASE("the best point has the best mean validation measure, then the lowest loss, then the lowest number",
          "[search]") {
  const SettingPairs three = {{"rungs", "3 x 2 at 1"}};
  const auto chosen = [&](const std::vector<MadeUp>& points, bool higher_is_better = true) {
    MadeUpSearch made(three, higher_is_better);
    return made.finish([&](int, int point, int) { return points[point]; }).point;
  };
  CHECK(chosen({{0.5}, {0.9}, {0.7}}) == 1);
  CHECK(chosen({{0.5}, {0.9}, {0.7}}, false) == 0);
  CHECK(chosen({{0.9, 1}, {0.9, 0.5}, {0.9, 0.7}}) == 1);
  CHECK(chosen({{0.9}, {0.9}, {0.9}}) == 0);
  CHECK(chosen({{0.5, 1, 10}, {0.6, 1, 300}, {0.4, 1, 1}}) == 1);  // solving counts for select = time only
  CHECK(chosen({{.diverged = true}, {-5}, {-6}}) == 1);            // although its scores before training are better
  CHECK(chosen({{.diverged = true}, {5}, {6}}, false) == 1);
  // The mean over seeds decides, and fewer diverged seeds come first.
  MadeUpSearch mean(three);
  CHECK(mean.finish([](int, int point, int seed) { return MadeUp{point == 1  ? 0.6
                                                                 : seed == 0 ? 1.0
                                                                             : 0.1}; }).point ==
        1);
  MadeUpSearch half(three);
  const SearchChoice of_half = half.finish([](int, int point, int seed) {
    return point == 2 ? MadeUp{0.1} : MadeUp{.measure = 0.9, .diverged = point == 0 || seed == 0};
  });
  CHECK(of_half.point == 2);
  CHECK_FALSE(of_half.all_diverged);
  CHECK(of_half.trials[0].failed == 2);
  CHECK_FALSE(of_half.trials[0].measure.has_value());
  CHECK(of_half.trials[1].failed == 1);
  CHECK(of_half.trials[1].measure == 0.9);
  MadeUpSearch lost(three);
  const SearchChoice of_lost = lost.finish([](int, int, int) { return MadeUp{.diverged = true}; });
  CHECK(of_lost.point == 0);
  CHECK(of_lost.all_diverged);
}

TEST_CASE("select = time takes the fewest updates to solve; runs that fail to solve count all their updates",
          "[search]") {
  const auto chosen = [](auto outcome) {
    MadeUpSearch made({{"rungs", "3 x 2 at 1"}, {"select", "time"}});
    return made.finish([&](int, int point, int seed) { return outcome(point, seed); });
  };
  CHECK(chosen([](int point, int) { return MadeUp{1.0 - point, 1, 300 - 100 * point}; }).point == 2);
  // Two solved seeds with a mean of 250 against one after 10 updates: (10 + 400) / 2 = 205.
  const SearchChoice choice = chosen([](int point, int seed) {
    return point == 0 ? MadeUp{0.9, 1, 250} : point == 1 ? MadeUp{0.5, 1, seed == 0 ? 10 : 0} : MadeUp{0.9, 1, 0};
  });
  CHECK(choice.point == 1);
  CHECK(choice.trials[0].updates_to_solve == 250);
  CHECK(choice.trials[1].updates_to_solve == 205);
  CHECK(choice.trials[1].solved == 1);
  CHECK(choice.trials[2].updates_to_solve == 400);  // not the 200 that it trained
  // Diverged runs count all updates too; the score decides among equals.
  CHECK(chosen([](int point, int) { return MadeUp{0.1 * point, 1, 0, point == 2}; }).point == 1);
  CHECK(chosen([](int point, int) { return MadeUp{0.5, 1.0 - 0.1 * point, 100}; }).point == 2);
}

TEST_CASE("a choice at the edge of a range or list is named", "[search]") {
  const Search search = search_of({{"learning-rate", "0.001..0.1 log"},
                                   {"clip-norm", "0..10"},
                                   {"forget-bias", "1, 0, 5, 3"},
                                   {"schedule", "constant, cosine"},
                                   {"beta1", "0.9"}});
  const auto edge = [&](const std::string& key, const std::string& value) {
    return search.space().find(key)->is_edge(value);
  };
  // 5 % of two decades are a factor of 1.2589.
  CHECK(edge("learning-rate", "0.00125"));
  CHECK_FALSE(edge("learning-rate", "0.00127"));
  CHECK_FALSE(edge("learning-rate", "0.0790"));
  CHECK(edge("learning-rate", "0.0799"));
  CHECK(edge("clip-norm", "0.499"));
  CHECK_FALSE(edge("clip-norm", "0.51"));
  CHECK(edge("clip-norm", "9.6"));
  CHECK(edge("forget-bias", "0"));
  CHECK(edge("forget-bias", "5"));
  CHECK_FALSE(edge("forget-bias", "1"));
  CHECK_FALSE(edge("forget-bias", "3"));
  CHECK_FALSE(edge("schedule", "constant"));  // choices have no order
  CHECK_FALSE(edge("beta1", "0.9"));          // nothing was searched

  MadeUpSearch made({{"forget-bias", "0, 1, 3, 5"}, {"rungs", "16 x 1 at 1"}});
  const SearchChoice choice = made.finish([&](int, int point, int) {
    const RunSpec run = made.search.with_point(made.runs[0], 'A', point);
    return MadeUp{run.model.text("forget-bias") == "5" ? 1.0 - 0.1 * std::abs(made.third_of(point) - 1) : 0.0};
  });
  CHECK(choice.edges == std::vector<std::string>{"forget-bias"});
}

TEST_CASE("points with equal settings are trained once", "[search]") {
  MadeUpSearch made({{"learning-rate", "0.01, 0.1"}, {"rungs", "16 x 1 at 1/2, 5 x 1 at 1"}});
  const SearchChoice choice = made.finish([](int, int, int) { return MadeUp{0.5}; });
  REQUIRE(made.rungs.size() == 2);
  CHECK(made.rungs[0].size() == 2);
  CHECK(made.rungs[1].size() == 2);
  CHECK(choice.trials.size() == 4);
}

TEST_CASE("what is due are the trials of a rung that are missing, for every group on its own", "[search]") {
  const TemporaryFolder folder;
  TrialFile file(TrialFile::path_in(folder.path(), 'A'));
  const Search search = search_of({{"rungs", "3 x 1 at 1/2, 1 x 2 at 1"}});
  const std::vector<RunSpec> runs = declared(replaced(models, {{"cell", "lstm, gru"}, {"seed", "1..4"}})).runs;
  const auto add = [&](const RunSpec& run) {
    TrialRecord trial;
    trial.canonical = run.canonical();
    trial.status = "finished";
    trial.measure = "loss";
    trial.validation = {{"loss", 0.5}};
    trial.result_hash = "0123456789abcdef";
    file.add(trial);
  };
  SearchState state = search_state(search, runs, 'A', file);
  CHECK(state.due.size() == 6);
  for (int point = 0; point < 3; ++point) add(search.trial(runs[0], 'A', 0, point, 0));
  state = search_state(search, runs, 'A', file);
  CHECK(state.due.size() == 2 + 3);  // the second rung of the LSTM, the first of the GRU
  CHECK(search_state(search, runs, 'B', file).due.size() == 6);
  add(state.due[0]);
  add(state.due[4]);
  state = search_state(search, runs, 'A', file);
  CHECK(state.due.size() == 1 + 2);
  CHECK(state.choices.empty());
  for (const RunSpec& run : state.due) add(run);
  state = search_state(search, runs, 'A', file);
  CHECK(state.due.size() == 2);
  for (const RunSpec& run : state.due) add(run);
  state = search_state(search, runs, 'A', file);
  CHECK(state.due.empty());
  REQUIRE(state.choices.size() == 2);
  CHECK(state.choices[0].group == group_of(runs[0]));
  CHECK(state.choices[1].group == group_of(runs[4]));
}
