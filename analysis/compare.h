// Paired comparison of two models: on every task, seed by seed, all else equal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/study.h"

namespace rnnbench::analysis {

struct Pair {
  std::uint64_t seed = 0;
  double first = 0, second = 0;         // scores
  std::string first_text, second_text;  // "0.9987", "diverged", "missing", ">4,000"
};

// One task; all numbers are oriented so that more than 0, or a probability above 1/2, speaks for the first
// model.
struct Comparison {
  std::string task;           // with the variant that both models share: "copy (length 50), hidden 64"
  std::string first, second;  // labels
  std::string measure;
  bool higher_is_better = true;
  std::vector<Pair> pairs;  // by seed
  Values advantages;        // first - second where higher is better, otherwise second - first

  double mean_advantage = 0;
  std::optional<Interval> mean_interval;         // what the sign-flip test does not reject, from ten on
  double improvement = 0;                        // probability that a run of the first model beats one of the second
  std::optional<Interval> improvement_interval;  // Wilson's, from ten runs each on
  std::optional<double> p, adjusted_p;           // sign-flip test from nine pairs on; by Holm over all comparisons
};

// `first` and `second` are labels, or labels without their parentheses, which compares every variant that
// both have. `measure` is "" (each task's own), "loss", or "updates-to-solve", where an unsolved run counts
// as its budget, a bound that makes differences smaller than they are. Throws UserError for names that the
// study does not have, and when the models share no task, variant and seed.
std::vector<Comparison> compare(const Study& study, const std::string& first, const std::string& second,
                                const std::string& measure);

std::string compare_text(const std::vector<Comparison>& comparisons);

// "lstm,gru (hidden 32, layers 2)" at commas outside parentheses.
std::vector<std::string> split_labels(const std::string& text);

}  // namespace rnnbench::analysis
