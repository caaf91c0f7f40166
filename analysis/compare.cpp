#include "analysis/compare.h"

#include <algorithm>
#include <map>

#include "analysis/format.h"
#include "analysis/measurement.h"
#include "analysis/statistics/effect.h"
#include "analysis/statistics/paired.h"
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

void add_statistics(Comparison& comparison, Scale scale) {
  const double sign = comparison.higher_is_better ? 1 : -1;
  Values first, second;
  for (const Pair& pair : comparison.pairs) {
    first.push_back(sign * pair.first);
    second.push_back(sign * pair.second);
    comparison.advantages.push_back(first.back() - second.back());
  }
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
  if (is_of_solving(measurement) || is_time(measurement) || !rates_runs(measurement)) return;
  const auto stopped = [](const ModelRuns& model) {
    return std::count_if(model.runs.begin(), model.runs.end(),
                         [](const Run& run) { return run.stopped_when_solved(); });
  };
  if (stopped(first) + stopped(second) > 0)
    comparison.caveats.push_back(std::to_string(stopped(first)) + " of " + counted(first.runs.size(), "run") + " of " +
                                 first.label + " and " + std::to_string(stopped(second)) + " of " +
                                 std::to_string(second.runs.size()) + " of " + second.label +
                                 " stopped when they had solved the task: their test scores are those of that moment, "
                                 "and small differences between them mean nothing");
  for (const ModelRuns* model : {&first, &second})
    if (std::any_of(model->runs.begin(), model->runs.end(), [](const Run& run) { return run.kept_best(); }))
      comparison.caveats.push_back("the test scores of " + model->label +
                                   " are those of the weights with the best validation score (keep = best)");
  if (std::any_of(first.runs.begin(), first.runs.end(), [](const Run& run) { return run.tested_on_list(); }))
    comparison.caveats.push_back(caveat_of_list_test);
}

Comparison compare_models(const TaskRuns& task, const ModelRuns& first, const ModelRuns& second,
                          const Measurement& measurement) {
  const std::vector<const Run*> runs = runs_of(task);
  Comparison comparison;
  comparison.task = task.label;
  comparison.first = first.label;
  comparison.second = second.label;
  comparison.measure = measure_heading(measurement, runs);
  comparison.rates_runs = rates_runs(measurement);
  comparison.higher_is_better = !comparison.rates_runs || higher_is_better(measurement, runs);
  const double worst = worst_value(measurement, runs);
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

std::string signed_text(double value) { return (value > 0 ? "+" : "") + score_text(value); }

std::string range_text(const std::optional<Interval>& interval, std::string (*text)(double)) {
  return interval ? "  [" + text(interval->low) + ", " + text(interval->high) + "]" : "";
}

std::string probability_text(double value) { return fixed_text(value, 3); }

}  // namespace

std::vector<Comparison> compare(const Study& study, const std::string& first, const std::string& second,
                                const std::string& measure) {
  check_model(study, first);
  check_model(study, second);
  if (first == second) throw UserError("cell = " + first + "," + second + " compares a model with itself");
  std::vector<Comparison> comparisons;
  for (const TaskRuns& task : study.tasks) {
    if (task.measure.empty()) continue;
    const Measurement measurement = parse_measurement(measure.empty() ? task.measure : measure);
    check_measure(task, measurement);
    for (const ModelRuns& a : task.models) {
      for (const ModelRuns& b : task.models) {
        // Complete labels must match. Labels without variant match in all variants that both models have.
        const bool by_label = a.label == first && b.label == second;
        const bool by_base = a.base == first && b.base == second && a.variant == b.variant;
        if (!by_label && !by_base) continue;
        Comparison comparison = compare_models(task, a, b, measurement);
        if (!comparison.pairs.empty()) comparisons.push_back(std::move(comparison));
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

namespace {

std::string interval_text(double value, const std::optional<Interval>& interval, std::string (*text)(double)) {
  return text(value) + (interval ? " [" + text(interval->low) + ", " + text(interval->high) + "]" : "");
}

double mean_of(const std::vector<Pair>& pairs, double Pair::*side) {
  Values values;
  for (const Pair& pair : pairs) values.push_back(pair.*side);
  return mean(values);
}

Json interval_json(const std::optional<Interval>& interval) {
  return interval ? Json{interval->low, interval->high} : Json(nullptr);
}

}  // namespace

Table compare_table(const std::vector<Comparison>& comparisons) {
  Table table{{{"task", false},
               {"models", false},
               {"measure", false},
               {"n"},
               {"mean of first"},
               {"mean of second"},
               {"advantage [95 %]"},
               {"ratio [95 %]"},
               {"P(improvement) [95 %]"},
               {"p (Holm)"}},
              {}};
  for (const Comparison& c : comparisons)
    table.rows.push_back({c.task, c.first + ", " + c.second, c.measure, std::to_string(c.pairs.size()),
                          score_text(mean_of(c.pairs, &Pair::first)), score_text(mean_of(c.pairs, &Pair::second)),
                          interval_text(c.mean_advantage, c.mean_interval, signed_text),
                          c.ratio ? interval_text(*c.ratio, c.ratio_interval, score_text) : "-",
                          interval_text(c.improvement, c.improvement_interval, probability_text),
                          c.adjusted_p ? significant(*c.adjusted_p) : "-"});
  return table;
}

Json compare_json(const std::vector<Comparison>& comparisons) {
  Json list = Json::array();
  for (const Comparison& c : comparisons) {
    Json pairs = Json::array();
    for (std::size_t i = 0; i < c.pairs.size(); ++i)
      pairs.push_back({{"seed", c.pairs[i].seed},
                       {"first", c.pairs[i].first},
                       {"second", c.pairs[i].second},
                       {"advantage", c.advantages[i]}});
    list.push_back({{"task", c.task},
                    {"first", c.first},
                    {"second", c.second},
                    {"measure", c.measure},
                    {"higher_is_better", c.rates_runs ? Json(c.higher_is_better) : Json(nullptr)},
                    {"pairs", std::move(pairs)},
                    {"mean_advantage", c.mean_advantage},
                    {"mean_advantage_interval", interval_json(c.mean_interval)},
                    {"ratio", or_null(c.ratio)},
                    {"ratio_interval", interval_json(c.ratio_interval)},
                    {"improvement", c.improvement},
                    {"improvement_interval", interval_json(c.improvement_interval)},
                    {"p", or_null(c.p)},
                    {"adjusted_p", or_null(c.adjusted_p)},
                    {"caveats", c.caveats}});
  }
  return list;
}

std::string compare_text(const std::vector<Comparison>& comparisons) {
  std::string text;
  const bool several = comparisons.size() > 1;
  for (const Comparison& c : comparisons) {
    const int n = static_cast<int>(c.pairs.size());
    const std::string effect = c.rates_runs ? "advantage" : "difference";
    Table table{{{"seed"}, {c.first}, {c.second}, {c.rates_runs ? "advantage of " + c.first : effect}}, {}};
    for (std::size_t i = 0; i < c.pairs.size(); ++i) {
      table.rows.push_back({std::to_string(c.pairs[i].seed), c.pairs[i].first_text, c.pairs[i].second_text,
                            signed_text(c.advantages[i])});
    }
    const auto [min, max] = std::minmax_element(c.advantages.begin(), c.advantages.end());
    text += c.task + ": " + c.first + " compared with " + c.second + ", " + c.measure + "\n\n" + table.text() + "\n";
    text += "mean " + effect + (c.rates_runs ? "              " : "             ") + signed_text(c.mean_advantage) +
            range_text(c.mean_interval, signed_text) +
            (c.mean_interval ? "" : "  (from " + signed_text(*min) + " to " + signed_text(*max) + ")") + "\n";
    text += "probability of improvement  " + probability_text(c.improvement) +
            range_text(c.improvement_interval, probability_text) + "\n";
    if (c.ratio)
      text += "ratio                       " + score_text(*c.ratio) + range_text(c.ratio_interval, score_text) + "\n";
    if (c.p) {
      text += "sign-flip test              p = " + significant(*c.p);
      if (several)
        text += ", adjusted for " + counted(comparisons.size(), "comparison") + " p = " + significant(*c.adjusted_p);
      text += "\n";
    }
    for (const std::string& caveat : c.caveats) text += "! " + caveat + "\n";
    if (n < min_runs_for_interval) {
      text += "n = " + std::to_string(n) + ": " + (n < min_pairs_for_test ? "no p-value below nine pairs, " : "") +
              "no interval below ten\n";
    }
    text += "\n";
  }
  text += R"(A pair consists of two runs with the same seed, and so with the same data.
advantage: value of the first model minus value of the second, with the sign chosen so that positive values are in favor
  of the first model
probability of improvement: the probability that a run of the first model is better than a run of the second, where ties
  count half (Mann-Whitney)
)";
  if (std::any_of(comparisons.begin(), comparisons.end(), [](const Comparison& c) { return c.ratio.has_value(); }))
    text +=
        R"(ratio: value of the first model divided by that of the second, geometric mean. Losses and times differ by factors, so
  their mean difference has no reliable interval
)";
  text +=
      R"(intervals: 95 %; of the mean advantage and of the logarithm of the ratio by inverting the sign-flip test (if all scores
  are 0 or 1: by Newcombe), of the probability by Wilson
sign-flip test: two-sided p-value of the hypothesis that both models are equally good; of the ratios, if there are any;
  McNemar's test if all scores are 0 or 1
)";
  if (several) text += "adjusted: for the number of comparisons, by Holm\n";
  return text +
         "Runs that diverged or are missing have the worst score of the task, or their whole budget as updates to solve.\n";
}

}  // namespace rnnbench::analysis
