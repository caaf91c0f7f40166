// Comparison of two models on every task. Runs with the same seed and the same settings form a pair, because they were
// trained on the same sequences. Of imported runs this is not known: they are compared as independent samples.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/statistics/statistics.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

struct Pair {
  std::uint64_t seed = 0;
  double first = 0, second = 0;         // scores
  std::string first_text, second_text;  // "0.9987", "diverged", "missing", ">4,000"
};

struct SeedScore {
  std::uint64_t seed = 0;
  double value = 0;
  std::string text;  // as in Pair
};

// The comparison on one task. Advantages above 0 and probabilities above 1/2 are in favor of the first model.
struct Comparison {
  std::string task;           // label of the task: "copy (length 50)"
  std::string first, second;  // labels
  std::string measure;        // with its direction: "recall at 50 (higher is better)"
  bool rates_runs = true;     // otherwise there is no advantage, just a difference
  bool higher_is_better = true;
  bool paired = true;       // not if a model is imported
  std::vector<Pair> pairs;  // by seed; none if not paired
  Values advantages;        // of the pairs: first - second where higher is better, otherwise second - first
  std::vector<SeedScore> first_runs, second_runs;  // if not paired: all runs of either model, by seed

  // Of the pairs, or of all runs.
  Values first_values() const;
  Values second_values() const;

  std::vector<std::string> caveats;  // sentences on what the numbers do not include

  double mean_advantage = 0;
  // From ten pairs on, where a method is reliable (see Effect); if not paired, Welch's from ten runs of each model on.
  std::optional<Interval> mean_interval;
  // Of losses that are all above 0: the geometric mean of the first model's loss divided by the second's, and its
  // interval from ten pairs on; if not paired, the ratio of the geometric means, and Welch's interval of it.
  std::optional<double> ratio;
  std::optional<Interval> ratio_interval;
  double improvement = 0;  // probability that a run of the first model is better than one of the second
  std::optional<Interval> improvement_interval;  // Wilson's; from ten runs of each model on
  // Two-sided, of the hypothesis that both models are equally good, from nine pairs on: by sign flips of the
  // advantages, or of the logarithms of the ratios if there is a ratio; exact McNemar test if all scores are 0 or 1. If
  // not paired, Welch's test where there is an interval. Adjusted by Holm over all tasks.
  std::optional<double> p, adjusted_p;
};

// `first` and `second` are names of models (is_named). Without their parentheses, every variant that both models have
// is compared, and with an imported model every variant. `measure` is any measure of analysis/measurement.h, or "" for
// the measure of each task. In times to solve, an unsolved run counts as all of its training, which is a lower bound,
// so true differences may be larger. A model without a record on a task is not compared on it. Where a measure does not
// rate runs, those without a value are left out. Throws UserError for unknown names, for a measure that a model does
// not have or that is not known of every run of an imported model, and when the models have no task, variant and seed
// in common.
std::vector<Comparison> compare(const Study& study, const std::string& first, const std::string& second,
                                const std::string& measure);

}  // namespace rnnbench::analysis
