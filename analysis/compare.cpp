#include "analysis/compare.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/format.h"
#include "analysis/measurement.h"
#include "analysis/statistics/effect.h"
#include "analysis/statistics/paired.h"
#include "analysis/statistics/welch.h"
#include "core/error.h"

namespace rnnbench::analysis {

namespace {

struct Score {
  double value;
  std::string text;
};

std::vector<const Run*> runs_of_both(const ModelRuns& first, const ModelRuns& second) {
  std::vector<const Run*> runs = pointers(first.runs);
  for (const Run& run : second.runs) runs.push_back(&run);
  return runs;
}

std::string time_text(const Measurement& measurement, double time) {
  return measurement.name == "updates_to_solve" ? thousands(time) : significant(time);
}

// Nothing if the run is left out. `failed`: what a run without a value counts as (value_of_failure).
std::optional<Score> score_of(const Measurement& measurement, const Run& run, const std::optional<double>& failed) {
  const auto counted_as = value_or_failure(measurement, run, failed), own = value_of(measurement, run);
  if (!counted_as) return std::nullopt;
  const bool time = is_time_to_solve(measurement);
  if (!own || (time && run.diverged()))
    return Score{*counted_as, run.diverged() ? "diverged" : run.recorded() ? "not finite" : "missing"};
  const std::string text = time ? time_text(measurement, *own) : score_text(*own);
  return Score{*counted_as, is_unsolved(measurement, run) ? ">" + text : text};
}

std::optional<double> two_sided_p(Effect& effect, double boundary) {
  const auto above = effect.p_above(boundary), below = effect.p_below(boundary);
  return above ? std::optional(std::min(1.0, 2 * std::min(*above, *below))) : std::nullopt;
}

// Losses differ by factors: their mean difference has no reliable interval, but the mean of their logarithms has.
void add_ratio(Comparison& comparison) {
  Values ratios;
  for (const Pair& pair : comparison.pairs) ratios.push_back(pair.first / pair.second);
  const bool positive = std::all_of(comparison.pairs.begin(), comparison.pairs.end(),
                                    [](const Pair& pair) { return pair.first > 0 && pair.second > 0; });
  if (!positive) return;
  Effect effect(ratios, {}, Scale::logarithmic);
  comparison.ratio = effect.value();
  comparison.ratio_interval = effect.interval(0.95);
  comparison.p = two_sided_p(effect, 1);
}

// The same by sign: higher is better.
Values oriented(Values values, const Comparison& comparison) {
  if (!comparison.higher_is_better)
    for (double& value : values) value = -value;
  return values;
}

Values logarithms(Values values) {
  for (double& value : values) value = std::log(value);
  return values;
}

// What rounding leaves of differences that cancel is no effect.
void drop_rounding(double& advantage, const Values& first, const Values& second) {
  double largest = 0;
  for (const Values* values : {&first, &second})
    for (const double value : *values) largest = std::max(largest, std::abs(value));
  if (std::abs(advantage) < 1e-14 * largest) advantage = 0;
}

// Two independent samples, of all runs of either model.
void add_unpaired_statistics(Comparison& comparison, Scale scale) {
  const Values first = comparison.first_values(), second = comparison.second_values();
  const Values a = oriented(first, comparison), b = oriented(second, comparison);
  comparison.mean_advantage = mean(a) - mean(b);
  drop_rounding(comparison.mean_advantage, first, second);
  comparison.improvement = probability_of_improvement(a, b);
  const bool enough = static_cast<int>(std::min(a.size(), b.size())) >= min_runs_for_interval;
  if (enough) comparison.improvement_interval = improvement_interval(a, b);
  const auto positive = [](double value) { return value > 0; };
  if (scale != Scale::unbounded) {
    if (enough) comparison.mean_interval = welch_interval(a, b, 0.95);
    if (comparison.mean_interval) comparison.p = welch_test(a, b);
  } else if (std::all_of(first.begin(), first.end(), positive) && std::all_of(second.begin(), second.end(), positive)) {
    const Values log_first = logarithms(first), log_second = logarithms(second);
    comparison.ratio = std::exp(mean(log_first) - mean(log_second));
    const auto interval = enough ? welch_interval(log_first, log_second, 0.95) : std::nullopt;
    if (!interval) return;
    comparison.ratio_interval = Interval{std::exp(interval->low), std::exp(interval->high)};
    comparison.p = welch_test(log_first, log_second);
  }
}

void add_statistics(Comparison& comparison, Scale scale) {
  Values greater = comparison.first_values(), less = comparison.second_values();
  // What is greater if the first model is better. Values keep their signs, because those of rates, 0 and 1, are
  // recognized.
  if (!comparison.higher_is_better) std::swap(greater, less);
  for (std::size_t i = 0; i < greater.size(); ++i) comparison.advantages.push_back(greater[i] - less[i]);
  const int n = static_cast<int>(comparison.pairs.size());
  comparison.mean_advantage = mean(comparison.advantages);
  drop_rounding(comparison.mean_advantage, greater, less);
  comparison.improvement = probability_of_improvement(greater, less);
  if (n >= min_runs_for_interval) comparison.improvement_interval = improvement_interval(greater, less);
  if (scale == Scale::unbounded) {
    add_ratio(comparison);
  } else {
    Effect effect(std::move(greater), std::move(less), scale);
    comparison.mean_interval = effect.interval(0.95);
    comparison.p = two_sided_p(effect, 0);
  }
  // Whether both are equally good can be tested without an interval for how much they differ.
  if (!comparison.p && n >= min_pairs_for_test) comparison.p = sign_flip_test(comparison.advantages);
}

// `failed` is what an unsolved run counts as. Differences between scores of runs that stopped at the criterion say
// little about the models.
void add_caveats(const ModelRuns& first, const ModelRuns& second, const Measurement& measurement,
                 const std::optional<double>& failed, Comparison& comparison) {
  const std::vector<const Run*> runs = runs_of_both(first, second);
  if (const std::string why = unreliable_times(runs); is_time(measurement) && !why.empty())
    comparison.caveats.push_back(why);
  if (std::any_of(runs.begin(), runs.end(), [&](const Run* run) {
        return is_unsolved(measurement, *run) && value_of(measurement, *run) != failed;
      }))
    comparison.caveats.push_back("unsolved runs count with the longest training of all runs on the task, " +
                                 time_text(measurement, *failed) +
                                 (measurement.name == "updates_to_solve" ? " updates" : " CPU seconds"));
  for (const ModelRuns* model : {&first, &second})
    if (model->imported())
      comparison.caveats.push_back(
          model->label +
          ": results of another program, which rnnbench has not verified. It is not known on which sequences these "
          "runs were trained and tested, so runs are not paired by seed");
  if (is_of_solving(measurement) || is_time(measurement) || !rates_runs(measurement)) return;
  std::vector<std::string> stopped;  // "1 of 3 runs of lstm"
  bool any_stopped = false;
  for (const ModelRuns* model : {&first, &second}) {
    if (model->imported()) continue;  // it is not known
    const auto count =
        std::count_if(model->runs.begin(), model->runs.end(), [](const Run& run) { return run.stopped_when_solved(); });
    any_stopped = any_stopped || count > 0;
    stopped.push_back(std::to_string(count) + " of " +
                      (stopped.empty() ? counted(model->runs.size(), "run") : std::to_string(model->runs.size())) +
                      " of " + model->label);
  }
  if (any_stopped)
    comparison.caveats.push_back(join(stopped, " and ") +
                                 " stopped when they had solved the task: their test scores are those of that moment, "
                                 "and small differences between them mean nothing");
  for (const ModelRuns* model : {&first, &second})
    if (std::any_of(model->runs.begin(), model->runs.end(), [](const Run& run) { return run.kept_best(); }))
      comparison.caveats.push_back("the test scores of " + model->label +
                                   " are those of the weights with the best validation score (keep = best)");
  if (comparison.paired &&
      std::any_of(first.runs.begin(), first.runs.end(), [](const Run& run) { return run.tested_on_list(); }))
    comparison.caveats.push_back(caveat_of_list_test);
}

// What a model has no number for (the forget gate of a GRU, a measure that an imported file does not have) must not
// count as the failure of its runs.
void check_known(const TaskRuns& task, const ModelRuns& model, const Measurement& measurement) {
  if (!model.imported()) {
    const auto finished = [](const Run& run) { return run.recorded() && !run.diverged(); };
    const auto has = [&](const Run& run) { return has_measure(measurement, run); };
    if (std::any_of(model.runs.begin(), model.runs.end(), finished) &&
        std::none_of(model.runs.begin(), model.runs.end(), has))
      throw UserError("measure = " + measurement.text + " is not a number of the runs of " + model.label + " on task " +
                      task.label);
    return;
  }
  for (const Run& run : model.runs)
    if (!has_measure(measurement, run))
      throw UserError("measure = " + measurement.text + " is not known of " + model.label + ", seed " +
                      std::to_string(run.seed()) + " (" + run.imported->place + "), whose score is " +
                      run.imported->measure);
}

void add_left_out(Comparison& comparison, std::size_t count, const std::string& noun) {
  if (count > 0)
    comparison.caveats.push_back(
        counted(count, noun) + (count == 1 ? " is" : " are") +
        " left out: runs that diverged or are missing, or whose value is not finite, have no such number");
}

Comparison compare_models(const TaskRuns& task, const ModelRuns& first, const ModelRuns& second,
                          const Measurement& measurement) {
  check_lengths_beyond(measurement, runs_of_both(first, second));
  for (const ModelRuns* model : {&first, &second}) check_known(task, *model, measurement);
  const std::vector<const Run*> runs = runs_beside(task, first.imported() ? first : second);
  Comparison comparison;
  comparison.task = task.label;
  comparison.first = first.label;
  comparison.second = second.label;
  comparison.measure = measure_heading(measurement, runs);
  comparison.rates_runs = rates_runs(measurement);
  comparison.higher_is_better = !comparison.rates_runs || higher_is_better(measurement, runs);
  const auto failed = value_of_failure(measurement, runs);
  comparison.paired = !first.imported() && !second.imported();
  std::size_t left_out = 0;
  const auto refuse = [&] {
    throw UserError("measure = " + measurement.text + ": all runs of " + first.label + " or of " + second.label +
                    " on task " + task.label + " diverged or are missing, and have no such number");
  };
  if (!comparison.paired) {
    for (const auto& [model, scores] : {std::pair{&first, &comparison.first_runs}, {&second, &comparison.second_runs}})
      for (const Run& run : model->runs) {
        if (auto score = score_of(measurement, run, failed))
          scores->push_back({run.seed(), score->value, std::move(score->text)});
        else
          ++left_out;
      }
    if (comparison.first_runs.empty() || comparison.second_runs.empty()) refuse();
    add_unpaired_statistics(comparison, scale_of(measurement.name));
    add_left_out(comparison, left_out, "run");
    add_caveats(first, second, measurement, failed, comparison);
    return comparison;
  }
  std::map<std::uint64_t, const Run*> by_seed;
  for (const Run& run : second.runs) by_seed[run.seed()] = &run;
  for (const Run& run : first.runs) {
    const auto other = by_seed.find(run.seed());
    if (other == by_seed.end()) continue;
    auto a = score_of(measurement, run, failed), b = score_of(measurement, *other->second, failed);
    if (a && b)
      comparison.pairs.push_back({run.seed(), a->value, b->value, std::move(a->text), std::move(b->text)});
    else
      ++left_out;
  }
  if (comparison.pairs.empty() && left_out > 0) refuse();
  if (!comparison.pairs.empty()) add_statistics(comparison, scale_of(measurement.name));
  add_left_out(comparison, left_out, "pair");
  add_caveats(first, second, measurement, failed, comparison);
  return comparison;
}

}  // namespace

namespace {

Values values_of(const std::vector<Pair>& pairs, double Pair::*side, const std::vector<SeedScore>& runs) {
  Values values;
  for (const Pair& pair : pairs) values.push_back(pair.*side);
  for (const SeedScore& run : runs) values.push_back(run.value);
  return values;
}

}  // namespace

Values Comparison::first_values() const { return values_of(pairs, &Pair::first, first_runs); }
Values Comparison::second_values() const { return values_of(pairs, &Pair::second, second_runs); }

std::vector<Comparison> compare(const Study& study, const std::string& first, const std::string& second,
                                const std::string& measure) {
  check_model(study, first);
  check_model(study, second);
  if (first == second) throw UserError("cell = " + first + "," + second + " compares a model with itself");
  std::vector<Comparison> comparisons;
  std::string without_record;
  for (const TaskRuns& task : study.tasks) {
    if (task.measure.empty()) continue;
    const Measurement measurement = parse_measurement(measure.empty() ? task.measure : measure);
    const auto has_results = [](const ModelRuns& model) {
      return model.imported() ||
             std::any_of(model.runs.begin(), model.runs.end(), [](const Run& run) { return run.recorded(); });
    };
    for (const ModelRuns& a : task.models) {
      for (const ModelRuns& b : task.models) {
        // Complete labels must match. Labels without variant match in all variants that both models have.
        const bool by_label = a.label == first && b.label == second;
        const bool by_base = a.base == first && b.base == second && a.variant == b.variant;
        const bool by_name = (a.imported() || b.imported()) && is_named(study, a, first) && is_named(study, b, second);
        if (!by_label && !by_base && !by_name) continue;
        if (!has_results(a) || !has_results(b)) {
          without_record = (has_results(a) ? b : a).label + " on " + task.label;
          continue;
        }
        if (&a == &b) throw UserError("cell = " + first + "," + second + " compares a model with itself");
        check_measure(task, measurement);
        Comparison comparison = compare_models(task, a, b, measurement);
        if (!comparison.pairs.empty() || !comparison.paired) comparisons.push_back(std::move(comparison));
      }
    }
  }
  if (comparisons.empty() && !without_record.empty())
    throw UserError("cell = " + first + "," + second + ": no run of " + without_record + " has a record");
  if (comparisons.empty()) {
    throw UserError("cell = " + first + "," + second +
                    ": these models have no task, settings and seed in common; name them by the complete labels of the "
                    "table, such as '" +
                    model_labels(study).back() + "'");
  }
  if (!without_record.empty())
    comparisons.back().caveats.push_back("no run of " + without_record + " has a record, so it is not compared there");
  Values p;
  for (const Comparison& comparison : comparisons) {
    if (comparison.p) p.push_back(*comparison.p);
  }
  const Values adjusted = holm(p);
  std::size_t next = 0;
  for (Comparison& comparison : comparisons) {
    if (comparison.p) comparison.adjusted_p = adjusted[next++];
  }
  return comparisons;
}

}  // namespace rnnbench::analysis
