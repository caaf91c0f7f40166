#include "experiments/search/choose.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "core/error.h"

namespace rnnbench::experiments {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

// Adds the trial of a seed to the score of its point. `all_updates`: of the rung.
void add_seed(const TrialRecord& trial, std::int64_t all_updates, TrialScore& score) {
  score.records.push_back(&trial);
  const bool solved = trial.status != "diverged" && trial.updates_to_solve.has_value();
  score.solved += solved;
  score.updates_to_solve += static_cast<double>(solved ? *trial.updates_to_solve : all_updates);
  const auto measure = trial.score(trial.measure);
  if (trial.status == "diverged" || !measure) {
    ++score.failed;
    return;
  }
  score.measure = score.measure.value_or(0) + *measure;
  score.loss = score.loss.value_or(0) + trial.score("loss").value_or(infinite);
}

// What a failed seed counts as, as in the reported runs: no better than a model without memory, and no better than any
// trial of the rung.
struct Worst {
  double measure = 0, loss = 0;
};

Worst worst_of(const std::vector<TrialScore>& scores, bool higher_is_better) {
  Worst worst;
  for (const TrialScore& score : scores)
    for (const TrialRecord* trial : score.records) {
      if (std::isfinite(trial->baseline)) worst.loss = std::max(worst.loss, trial->baseline);
      if (trial->status == "diverged") continue;
      const auto measure = trial->score(trial->measure), loss = trial->score("loss");
      if (measure)
        worst.measure = higher_is_better ? std::min(worst.measure, *measure) : std::max(worst.measure, *measure);
      if (loss) worst.loss = std::max(worst.loss, *loss);
    }
  if (!higher_is_better) worst.measure = std::max(worst.measure, worst.loss);
  return worst;
}

// From sums over the seeds that finished to means over all seeds. A point without such a seed has no score.
void finish(const Worst& worst, TrialScore& score) {
  const auto seeds = static_cast<double>(score.records.size());
  score.updates_to_solve /= seeds;
  score.worst = worst.measure;
  if (score.measure) score.measure = (*score.measure + score.failed * worst.measure) / seeds;
  if (score.loss) score.loss = (*score.loss + score.failed * worst.loss) / seeds;
}

struct Due {
  RunSpec run;
  std::size_t position;  // among all trials of the group in the rung
};

// The search for one group of runs, as far as its trials are known.
class GroupSearch {
 public:
  GroupSearch(const Search& search, const RunSpec& group, char letter, const TrialFile& file)
      : search_(search), group_(group), file_(file) {
    choice_.group = group_of(group);
    choice_.search = letter;
  }

  // The trials that can be trained now, with their positions in the rung; empty when the search is finished.
  std::vector<Due> due() {
    std::vector<int> points = distinct_points();
    std::vector<TrialScore> scores;
    for (std::size_t r = 0; r < search_.rungs().size(); ++r) {
      if (r > 0) points = promoted(scores, thirds_of(scores), search_.rungs()[r].points);
      scores.clear();
      std::vector<Due> missing;
      std::size_t position = 0;
      for (const int point : points) scores.push_back(score(static_cast<int>(r), point, position, missing));
      if (!missing.empty()) return missing;
      const Worst worst = worst_of(scores, choice_.higher_is_better);
      for (TrialScore& point : scores) finish(worst, point);
      choice_.trials.insert(choice_.trials.end(), scores.begin(), scores.end());
      sort_best_first(scores, choice_.higher_is_better, search_.selects_time());
    }
    choose(scores.front());
    return {};
  }

  SearchChoice choice() && { return std::move(choice_); }

 private:
  // Points of short lists may have equal settings: only the first of them is trained.
  std::vector<int> distinct_points() const {
    std::vector<int> points;
    std::set<std::string> seen;
    for (int point = 0; point < search_.rungs().front().points; ++point)
      if (seen.insert(search_.with_point(group_, choice_.search, point).canonical()).second) points.push_back(point);
    return points;
  }

  std::vector<int> thirds_of(const std::vector<TrialScore>& scores) const {
    const SearchAxis& rate = *search_.space().find("learning-rate");
    std::vector<int> thirds;
    for (const TrialScore& score : scores)
      thirds.push_back(rate.third_at(search_.position(group_, rate, choice_.search, score.point)));
    return thirds;
  }

  TrialScore score(int rung, int point, std::size_t& position, std::vector<Due>& missing) {
    TrialScore score;
    score.rung = rung;
    score.point = point;
    for (int seed = 0; seed < search_.rungs()[rung].seeds; ++seed, ++position) {
      RunSpec run = search_.trial(group_, choice_.search, rung, point, seed);
      if (seed == 0) score.values = search_.values(run);
      if (const TrialRecord* trial = file_.find(run.id())) {
        choice_.measure = trial->measure;
        choice_.higher_is_better = trial->higher_is_better;
        add_seed(*trial, run.training.integer("updates"), score);
      } else {
        missing.push_back({std::move(run), position});
      }
    }
    return score;
  }

  void choose(const TrialScore& best) {
    choice_.point = best.point;
    choice_.values = best.values;
    for (std::size_t i = 0; i < choice_.trials.size(); ++i)
      if (choice_.trials[i].rung == best.rung && choice_.trials[i].point == best.point) choice_.chosen = i;
    choice_.all_diverged = std::all_of(choice_.trials.begin(), choice_.trials.end(), [](const TrialScore& score) {
      return score.failed == static_cast<int>(score.records.size());
    });
    for (const auto& [key, value] : choice_.values)
      if (search_.space().find(key)->is_edge(value)) choice_.edges.push_back(key);
  }

  const Search& search_;
  const RunSpec& group_;
  const TrialFile& file_;
  SearchChoice choice_;
};

}  // namespace

std::string group_of(RunSpec run) {
  run.seed = 1;
  return run.canonical();
}

std::vector<const RunSpec*> groups_of(const std::vector<RunSpec>& runs) {
  std::vector<const RunSpec*> groups;
  std::set<std::string> seen;
  for (const RunSpec& run : runs)
    if (seen.insert(group_of(run)).second) groups.push_back(&run);
  return groups;
}

void sort_best_first(std::vector<TrialScore>& scores, bool higher_is_better, bool by_time) {
  const auto key = [&](const TrialScore& score) {
    const double measure = !score.measure ? infinite : higher_is_better ? -*score.measure : *score.measure;
    return std::tuple(by_time ? score.updates_to_solve : 0.0, measure, score.loss.value_or(infinite), score.point);
  };
  std::sort(scores.begin(), scores.end(), [&](const TrialScore& a, const TrialScore& b) { return key(a) < key(b); });
}

std::vector<int> promoted(const std::vector<TrialScore>& best_first, const std::vector<int>& thirds, int count) {
  std::vector<int> points;
  const auto take = [&](std::size_t i) {
    const int point = best_first[i].point;
    if (static_cast<int>(points.size()) < count && std::count(points.begin(), points.end(), point) == 0)
      points.push_back(point);
  };
  if (count >= 3)
    for (int third = 0; third < 3; ++third) {
      const auto best = std::find(thirds.begin(), thirds.end(), third);
      if (best != thirds.end()) take(static_cast<std::size_t>(best - thirds.begin()));
    }
  for (std::size_t i = 0; i < best_first.size(); ++i) take(i);
  std::sort(points.begin(), points.end());
  return points;
}

SearchState search_state(const Search& search, const std::vector<RunSpec>& runs, char letter, const TrialFile& file) {
  SearchState state;
  std::size_t groups = 0;
  for (const RunSpec* group : groups_of(runs)) {
    GroupSearch group_search(search, *group, letter, file);
    for (Due& due : group_search.due()) {
      const Rung& rung = search.rungs()[static_cast<std::size_t>(Search::rung_of(due.run.seed))];
      state.positions.push_back(groups * static_cast<std::size_t>(rung.points * rung.seeds) + due.position);
      state.due.push_back(std::move(due.run));
    }
    ++groups;
    if (state.due.empty()) state.choices.push_back(std::move(group_search).choice());
  }
  if (!state.due.empty()) state.choices.clear();
  return state;
}

std::vector<RunSpec> reported_runs(const Search& search, const std::vector<RunSpec>& declared,
                                   const std::vector<SearchChoice>& choices) {
  std::map<std::string, const SearchChoice*> choice_of;
  for (const SearchChoice& choice : choices) choice_of[choice.group] = &choice;
  std::vector<RunSpec> runs;
  for (const RunSpec& run : declared) {
    const SearchChoice* choice = choice_of.at(group_of(run));
    runs.push_back(search.with_point(run, choice->search, choice->point));
  }
  return runs;
}

}  // namespace rnnbench::experiments
