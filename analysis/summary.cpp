#include "analysis/summary.h"

#include <algorithm>
#include <set>

#include "analysis/format.h"

namespace rnnbench::analysis {

namespace {

std::optional<double> number_at(const Json& object, const std::string& key) {
  if (!object.contains(key) || !object.at(key).is_number()) return std::nullopt;
  return object.at(key).get<double>();
}

SolveTime solve_time(Lifetimes runs) {
  std::sort(runs.begin(), runs.end(), [](const Lifetime& a, const Lifetime& b) {
    return a.time != b.time ? a.time < b.time : a.observed > b.observed;
  });
  SolveTime result;
  result.median = median_lifetime(runs);
  result.runs = std::move(runs);
  return result;
}

// A run that diverged or has no record counts as unsolved for its whole budget: training longer would not have solved
// the task.
SolveTime time_in_updates(const ModelRuns& model) {
  Lifetimes runs;
  for (const Run& run : model.runs) {
    const auto updates = run.solved() ? number_at(run.record->result, "updates_to_solve") : std::nullopt;
    const auto budget = number_at(run.spec.at("training"), "updates");
    if (updates || budget) runs.push_back({updates ? *updates : *budget, updates.has_value()});
  }
  return solve_time(std::move(runs));
}

// Runs have the same budget of updates, but not of seconds. If the seconds of an unsolved run counted, a run on a fast
// machine would look like one that was stopped early. So all unsolved runs count as unsolved for the longest time that
// any run of this model took.
SolveTime cpu_seconds_to_solve(const ModelRuns& model) {
  Lifetimes runs;
  double longest = 0;
  for (const Run& run : model.runs) {
    if (!run.recorded()) continue;
    const Json& measured = run.record->measured;
    longest = std::max(longest, number_at(measured, "train_cpu_seconds").value_or(0));
    const double seconds = run.solved() ? number_at(measured, "cpu_seconds_to_solve").value_or(0) : 0;
    if (seconds > 0) runs.push_back({seconds, true});
  }
  for (const Lifetime& run : runs) longest = std::max(longest, run.time);
  if (longest > 0) runs.resize(model.runs.size(), Lifetime{longest, false});
  return solve_time(std::move(runs));
}

}  // namespace

std::string SolveTime::text() const {
  if (runs.empty()) return "-";
  const auto one = [](const Lifetime& run) { return (run.observed ? "" : ">") + significant(run.time); };
  if (one(runs.front()) == one(runs.back())) return one(runs.front());
  // Without a median, more than half of the runs take longer than the budget.
  const std::string middle = median ? significant(*median) : one({runs.back().time, false});
  return middle + " [" + one(runs.front()) + ", " + one(runs.back()) + "]";
}

std::optional<double> median_of(const ModelRuns& model, const std::string& section, const std::string& key) {
  Values values;
  for (const Run& run : model.runs) {
    if (!run.recorded()) continue;
    const auto value = number_at(section == "result" ? run.record->result : run.record->measured, key);
    if (value) values.push_back(*value);
  }
  if (values.empty()) return std::nullopt;
  return median(values);
}

ScoreSummary summarize_scores(const TaskRuns& task, const ModelRuns& model, const Measurement& measurement) {
  const std::vector<const Run*> runs = runs_beside(task, model);
  const double worst = value_of_failure(measurement, runs).value_or(0);  // scores always have one
  ScoreSummary summary;
  std::vector<std::pair<double, std::string>> scored;
  for (const Run& run : model.runs) {
    const auto value = value_of(measurement, run);
    summary.scored += value.has_value();
    scored.emplace_back(value.value_or(worst), value            ? score_text(*value)
                                               : run.diverged() ? "diverged"
                                               : run.recorded() ? "not finite"
                                                                : "missing");
  }
  const bool higher = higher_is_better(measurement, runs);
  std::stable_sort(scored.begin(), scored.end(),
                   [&](const auto& a, const auto& b) { return higher ? a.first < b.first : a.first > b.first; });
  for (const auto& [value, text] : scored) {
    summary.values.push_back(value);
    summary.texts.push_back(text);
  }
  summary.iqm = interquartile_mean(summary.values);
  summary.median = median(summary.values);
  summary.mean = mean(summary.values);
  const auto [min, max] = std::minmax_element(summary.values.begin(), summary.values.end());
  summary.min = *min;
  summary.max = *max;
  if (static_cast<int>(model.runs.size()) >= min_runs_for_interval)
    summary.iqm_interval = bootstrap_interval(summary.values, iqm);
  return summary;
}

namespace {

// Over all runs, as that of summarize_scores; nothing where none has a score.
std::optional<double> median_score(const TaskRuns& task, const ModelRuns& model, const Measurement& measurement) {
  const double failed = value_of_failure(measurement, runs_beside(task, model)).value_or(0);
  bool any = false;
  Values values;
  for (const Run& run : model.runs) {
    const auto value = value_of(measurement, run);
    any = any || value;
    values.push_back(value.value_or(failed));
  }
  return any ? std::optional(median(values)) : std::nullopt;
}

}  // namespace

TestLengths test_lengths(const TaskRuns& task) {
  TestLengths result{{}, 0, task.measure};
  std::set<std::int64_t> lengths;
  for (const ModelRuns& model : task.models)
    for (const Run& run : model.runs) {
      if (!run.recorded()) continue;
      for (const Json& point : run.record->result.at("lengths")) {
        const std::int64_t length = point.at("length");
        lengths.insert(length);
        if (point.value("trained", false)) result.trained = length;
        if (!point.contains(task.measure)) result.measure = "loss";
      }
    }
  if (lengths.size() > 1) result.lengths.assign(lengths.begin(), lengths.end());
  return result;
}

Measurement at_length(const TestLengths& lengths, std::int64_t length) {
  return parse_measurement(lengths.measure + " at " + std::to_string(length));
}

namespace {

// The median over imported runs of what their files say; empty when none says it.
template <class Number>
std::optional<double> median_of(const ModelRuns& model, std::optional<Number> ImportedRun::*number) {
  Values values;
  for (const Run& run : model.runs)
    if (const auto& value = (*run.imported).*number) values.push_back(static_cast<double>(*value));
  return values.empty() ? std::nullopt : std::optional(median(values));
}

Summary summarize_imported(const TaskRuns& task, const ModelRuns& model) {
  Summary summary;
  summary.runs = static_cast<int>(model.runs.size());
  Values times;
  for (const Run& run : model.runs) {
    summary.diverged += run.diverged();
    if (const auto time = value_of(parse_measurement("wall_ms_per_update"), run)) times.push_back(*time);
  }
  summary.success = wilson_interval(0, summary.runs);
  summary.score = summarize_scores(task, model, parse_measurement(task.measure));
  if (summary.score.scored > 0) summary.test_scores.emplace_back(task.measure, summary.score.median);
  if (!times.empty()) summary.wall_ms_per_update = median(times);
  summary.parameters = median_of(model, &ImportedRun::parameters);
  summary.training_updates = median_of(model, &ImportedRun::updates);
  summary.training_seconds = median_of(model, &ImportedRun::seconds);
  return summary;
}

}  // namespace

Summary summarize(const TaskRuns& task, const ModelRuns& model) {
  if (model.imported()) return summarize_imported(task, model);
  Summary summary;
  summary.runs = static_cast<int>(model.runs.size());
  std::set<std::string> tests;
  for (const Run& run : model.runs) {
    summary.recorded += run.recorded();
    summary.solved += run.solved();
    summary.diverged += run.diverged();
    summary.stopped += run.stopped_when_solved();
    summary.missing += !run.recorded();
    if (!run.recorded() || run.diverged()) continue;
    for (const auto& [name, test] : run.record->result.at("final").at("test").items()) tests.insert(name);
  }
  for (const std::string& name : tests)
    if (const auto score = median_score(task, model, parse_measurement(name)))
      summary.test_scores.emplace_back(name, *score);
  summary.success = wilson_interval(summary.solved, summary.runs);
  summary.score = summarize_scores(task, model, parse_measurement(task.measure.empty() ? "loss" : task.measure));
  if (task.judges_solving) {
    summary.updates = time_in_updates(model);
    summary.cpu_seconds = cpu_seconds_to_solve(model);
  }
  summary.sequences_per_second = median_of(model, "measured", "sequences_per_second");
  summary.wall_ms_per_update = median_of(model, "measured", "ms_per_update");  // see wall_ms_per_update()
  summary.parameters = median_of(model, "result", "parameters");
  summary.hidden = median_of(model, "result", "hidden");
  summary.state_size = median_of(model, "result", "state_size");
  summary.training_updates = median_of(model, "result", "updates");
  summary.training_seconds = median_of(model, "measured", "train_wall_seconds");
  return summary;
}

}  // namespace rnnbench::analysis
