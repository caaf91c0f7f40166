// The search by successive halving: what a rung passes on, and what is chosen.
#include <algorithm>
#include <cmath>
#include <set>

#include <catch2/catch.hpp>

#include "experiments/search/choose.h"
#include "experiments/search/search.h"
#include "tests/experiments/search_fixture.h"

using namespace rnnbench::test;

namespace {

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
  const std::vector<RunSpec> runs = declared(replaced(searched_models, {{"cell", "lstm"}, {"seed", "1..3"}})).runs;
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
  // The mean over seeds decides. A diverged seed counts as the worst: 0, or the highest loss and no less than the
  // baseline.
  MadeUpSearch mean(three);
  CHECK(mean.finish([](int, int point, int seed) { return MadeUp{point == 1  ? 0.6
                                                                 : seed == 0 ? 1.0
                                                                             : 0.1}; }).point ==
        1);
  MadeUpSearch half(three);
  const SearchChoice of_half = half.finish([](int, int point, int seed) {
    return point == 2 ? MadeUp{0.1} : MadeUp{.measure = 0.9, .diverged = point == 0 || seed == 0};
  });
  CHECK(of_half.point == 1);  // (0.9 + 0) / 2 against 0.1
  CHECK_FALSE(of_half.all_diverged);
  CHECK(of_half.trials[0].failed == 2);
  CHECK_FALSE(of_half.trials[0].measure.has_value());
  CHECK(of_half.trials[1].failed == 1);
  CHECK(of_half.trials[1].measure == 0.45);
  MadeUpSearch low(three, false);
  const SearchChoice of_low = low.finish([](int, int point, int seed) {
    return point == 0 ? MadeUp{7, 7} : MadeUp{.measure = 1, .loss = 1, .diverged = point == 2 || seed == 0};
  });
  CHECK(of_low.point == 1);
  CHECK(of_low.trials[1].measure == 4);  // the mean of 1 and 7
  MadeUpSearch large(three, false);      // losses that are far smaller than the measure
  const SearchChoice of_large = large.finish([](int, int point, int seed) {
    return point == 0 ? MadeUp{9, 0.5} : MadeUp{.measure = 1, .loss = 0.5, .diverged = point == 2 || seed == 0};
  });
  CHECK(of_large.trials[1].measure == 5);  // the mean of 1 and 9
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
  const std::vector<RunSpec> runs = declared(replaced(searched_models, {{"cell", "lstm, gru"}, {"seed", "1..4"}})).runs;
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
