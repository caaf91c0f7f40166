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

Score score_of(const Measurement& measurement, const Run& run, double worst) {
  const auto value = value_of(measurement, run);
  const std::string failure = run.diverged() ? "diverged" : run.recorded() ? "not finite" : "missing";
  if (!is_time_to_solve(measurement)) {
    if (value) return {*value, score_text(*value)};
    return {worst, failure};
  }
  const auto text = measurement.name == "updates_to_solve" ? thousands : significant;
  if (value) return {*value, run.solved() ? text(*value) : run.diverged() ? failure : ">" + text(*value)};
  const bool updates = measurement.name == "updates_to_solve";
  return {updates ? run.spec.at("training").at("updates").get<double>() : worst, failure};
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

// Two independent samples, of all runs of either model.
void add_unpaired_statistics(Comparison& comparison, Scale scale) {
  const Values first = comparison.first_values(), second = comparison.second_values();
  const Values a = oriented(first, comparison), b = oriented(second, comparison);
  comparison.mean_advantage = mean(a) - mean(b);
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
  Values first = oriented(comparison.first_values(), comparison),
         second = oriented(comparison.second_values(), comparison);
  for (std::size_t i = 0; i < first.size(); ++i) comparison.advantages.push_back(first[i] - second[i]);
  const int n = static_cast<int>(comparison.pairs.size());
  comparison.mean_advantage = mean(comparison.advantages);
  comparison.improvement = probability_of_improvement(first, second);
  if (n >= min_runs_for_interval) comparison.improvement_interval = improvement_interval(first, second);
  if (scale == Scale::unbounded) {
    add_ratio(comparison);
  } else {
    Effect effect(std::move(first), std::move(second), scale);
    comparison.mean_interval = effect.interval(0.95);
    comparison.p = two_sided_p(effect, 0);
  }
  // Whether both are equally good can be tested without an interval for how much they differ.
  if (!comparison.p && n >= min_pairs_for_test) comparison.p = sign_flip_test(comparison.advantages);
}

// Differences between scores of runs that stopped at the criterion say little about the models.
void add_caveats(const ModelRuns& first, const ModelRuns& second, const Measurement& measurement,
                 Comparison& comparison) {
  if (is_time(measurement)) {
    std::vector<const Run*> runs = pointers(first.runs);
    for (const Run& run : second.runs) runs.push_back(&run);
    if (const std::string why = unreliable_times(runs); !why.empty()) comparison.caveats.push_back(why);
  }
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

// What an imported run has no number for must not count as its failure.
void check_known(const ModelRuns& model, const Measurement& measurement) {
  if (!model.imported()) return;
  for (const Run& run : model.runs)
    if (!has_measure(measurement, run))
      throw UserError("measure = " + measurement.text + " is not known of " + model.label + ", seed " +
                      std::to_string(run.seed()) + " (" + run.imported->place + "), whose score is " +
                      run.imported->measure);
}

Comparison compare_models(const TaskRuns& task, const ModelRuns& first, const ModelRuns& second,
                          const Measurement& measurement) {
  for (const ModelRuns* model : {&first, &second}) check_known(*model, measurement);
  const std::vector<const Run*> runs = runs_beside(task, first.imported() ? first : second);
  Comparison comparison;
  comparison.task = task.label;
  comparison.first = first.label;
  comparison.second = second.label;
  comparison.measure = measure_heading(measurement, runs);
  comparison.rates_runs = rates_runs(measurement);
  comparison.higher_is_better = !comparison.rates_runs || higher_is_better(measurement, runs);
  const double worst = worst_value(measurement, runs);
  comparison.paired = !first.imported() && !second.imported();
  if (!comparison.paired) {
    for (const auto& [model, scores] : {std::pair{&first, &comparison.first_runs}, {&second, &comparison.second_runs}})
      for (const Run& run : model->runs) {
        Score score = score_of(measurement, run, worst);
        scores->push_back({run.seed(), score.value, std::move(score.text)});
      }
    add_unpaired_statistics(comparison, scale_of(measurement.name));
    add_caveats(first, second, measurement, comparison);
    return comparison;
  }
  std::map<std::uint64_t, const Run*> by_seed;
  for (const Run& run : second.runs) by_seed[run.seed()] = &run;
  for (const Run& run : first.runs) {
    const auto other = by_seed.find(run.seed());
    if (other == by_seed.end()) continue;
    const Score a = score_of(measurement, run, worst), b = score_of(measurement, *other->second, worst);
    comparison.pairs.push_back({run.seed(), a.value, b.value, a.text, b.text});
  }
  if (!comparison.pairs.empty()) add_statistics(comparison, scale_of(measurement.name));
  add_caveats(first, second, measurement, comparison);
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
  for (const TaskRuns& task : study.tasks) {
    if (task.measure.empty()) continue;
    const Measurement measurement = parse_measurement(measure.empty() ? task.measure : measure);
    const auto has_results = [&](const ModelRuns& model) { return task.has_record || model.imported(); };
    for (const ModelRuns& a : task.models) {
      for (const ModelRuns& b : task.models) {
        // Complete labels must match. Labels without variant match in all variants that both models have.
        const bool by_label = a.label == first && b.label == second;
        const bool by_base = a.base == first && b.base == second && a.variant == b.variant;
        const bool by_name = (a.imported() || b.imported()) && is_named(study, a, first) && is_named(study, b, second);
        if ((!by_label && !by_base && !by_name) || !has_results(a) || !has_results(b)) continue;
        if (&a == &b) throw UserError("cell = " + first + "," + second + " compares a model with itself");
        check_measure(task, measurement);
        Comparison comparison = compare_models(task, a, b, measurement);
        if (!comparison.pairs.empty() || !comparison.paired) comparisons.push_back(std::move(comparison));
      }
    }
  }
  if (comparisons.empty()) {
    throw UserError("cell = " + first + "," + second +
                    ": these models have no task, settings and seed in common; name them by the complete labels of the "
                    "table, such as '" +
                    model_labels(study).back() + "'");
  }
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
