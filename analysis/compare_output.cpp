#include "analysis/compare_output.h"

#include <algorithm>

namespace rnnbench::analysis {

namespace {

std::string signed_text(double value) { return (value > 0 ? "+" : "") + score_text(value); }

std::string range_text(const std::optional<Interval>& interval, std::string (*text)(double)) {
  return interval ? "  [" + text(interval->low) + ", " + text(interval->high) + "]" : "";
}

std::string probability_text(double value) { return fixed_text(value, 3); }

std::string interval_text(double value, const std::optional<Interval>& interval, std::string (*text)(double)) {
  return text(value) + (interval ? " [" + text(interval->low) + ", " + text(interval->high) + "]" : "");
}

Json interval_json(const std::optional<Interval>& interval) {
  return interval ? Json{interval->low, interval->high} : Json(nullptr);
}

Json runs_json(const std::vector<SeedScore>& runs) {
  Json list = Json::array();
  for (const SeedScore& run : runs) list.push_back({{"seed", run.seed}, {"value", run.value}});
  return list;
}

// "16", the number of pairs; "16 and 5, unpaired", the numbers of runs.
std::string count_of(const Comparison& c) {
  if (c.paired) return std::to_string(c.pairs.size());
  return std::to_string(c.first_runs.size()) + " and " + std::to_string(c.second_runs.size()) + ", unpaired";
}

// The runs of an unpaired comparison, a row for each.
Table run_table(const Comparison& c) {
  Table table{{{"model", false}, {"seed"}, {"value"}}, {}};
  for (const auto& [model, runs] : {std::pair{&c.first, &c.first_runs}, {&c.second, &c.second_runs}})
    for (const SeedScore& run : *runs)
      table.rows.push_back({&run == &runs->front() ? *model : "", std::to_string(run.seed), run.text});
  return table;
}

Table pair_table(const Comparison& c) {
  Table table{{{"seed"}, {c.first}, {c.second}, {c.rates_runs ? "advantage of " + c.first : std::string("difference")}},
              {}};
  for (std::size_t i = 0; i < c.pairs.size(); ++i)
    table.rows.push_back(
        {std::to_string(c.pairs[i].seed), c.pairs[i].first_text, c.pairs[i].second_text, signed_text(c.advantages[i])});
  return table;
}

// The interval, or the range of the differences where there is none.
std::string advantage_range(const Comparison& c) {
  if (c.mean_interval || !c.paired) return range_text(c.mean_interval, signed_text);
  const auto [min, max] = std::minmax_element(c.advantages.begin(), c.advantages.end());
  return "  (from " + signed_text(*min) + " to " + signed_text(*max) + ")";
}

// What is missing because of the number of runs, or "".
std::string too_few(const Comparison& c) {
  const std::size_t n = c.paired ? c.pairs.size() : std::min(c.first_runs.size(), c.second_runs.size());
  if (n >= min_runs_for_interval) return "";
  if (!c.paired) return "n = " + std::to_string(n) + ": no p-value and no interval below ten runs of each model\n";
  return "n = " + std::to_string(n) + ": " + (n < min_pairs_for_test ? "no p-value below nine pairs, " : "") +
         "no interval below ten\n";
}

// The explanations below the comparisons.
std::string explanations(const std::vector<Comparison>& comparisons) {
  const auto any = [&](auto&& condition) { return std::any_of(comparisons.begin(), comparisons.end(), condition); };
  const bool paired = any([](const Comparison& c) { return c.paired; });
  std::string text = paired ? "A pair consists of two runs with the same seed, and so with the same data.\n" : "";
  const bool rated = any([](const Comparison& c) { return c.rates_runs; });
  if (any([](const Comparison& c) { return !c.rates_runs; }))
    text += "difference: value of the first model minus value of the second\n";
  if (rated)
    text +=
        R"(advantage: value of the first model minus value of the second, with the sign chosen so that positive values are in favor
  of the first model
probability of improvement: the probability that a run of the first model is better than a run of the second, where ties
  count half (Mann-Whitney)
)";
  if (any([](const Comparison& c) { return c.ratio.has_value(); }))
    text +=
        R"(ratio: value of the first model divided by that of the second, geometric mean. Losses and times differ by factors, so
  their mean difference has no reliable interval
)";
  if (paired)
    text +=
        R"(intervals: 95 %; of the mean advantage and of the logarithm of the ratio by inverting the sign-flip test (if all scores
  are 0 or 1: by Newcombe), of the probability by Wilson
sign-flip test: two-sided p-value of the hypothesis that both models are equally good; of the ratios, if there are any;
  McNemar's test if all scores are 0 or 1
)";
  if (any([](const Comparison& c) { return !c.paired; }))
    text +=
        R"(without pairs: all runs of both models count, as independent samples. Intervals (95 %) of the mean advantage and of the
  logarithm of the ratio, and the p-value, are Welch's; the interval of the probability is Wilson's
)";
  if (comparisons.size() > 1) text += "adjusted: for the number of comparisons, by Holm\n";
  if (rated)
    text +=
        "Runs that diverged or are missing have the worst score of the task, or their whole budget as updates to solve.\n";
  return text;
}

}  // namespace

Table compare_table(const std::vector<Comparison>& comparisons, bool with_models) {
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
    table.rows.push_back({c.task, c.first + ", " + c.second, c.measure, count_of(c), score_text(mean(c.first_values())),
                          score_text(mean(c.second_values())),
                          interval_text(c.mean_advantage, c.mean_interval, signed_text),
                          c.ratio ? interval_text(*c.ratio, c.ratio_interval, score_text) : "-",
                          c.rates_runs ? interval_text(c.improvement, c.improvement_interval, probability_text) : "-",
                          c.adjusted_p ? significant(*c.adjusted_p) : "-"});
  if (with_models) return table;
  table.columns.erase(table.columns.begin() + 1);
  for (auto& row : table.rows) row.erase(row.begin() + 1);
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
                    {"paired", c.paired},
                    {"pairs", std::move(pairs)},
                    {"first_runs", runs_json(c.first_runs)},
                    {"second_runs", runs_json(c.second_runs)},
                    {"mean_advantage", c.mean_advantage},
                    {"mean_advantage_interval", interval_json(c.mean_interval)},
                    {"ratio", or_null(c.ratio)},
                    {"ratio_interval", interval_json(c.ratio_interval)},
                    {"improvement", c.rates_runs ? Json(c.improvement) : Json(nullptr)},
                    {"improvement_interval", c.rates_runs ? interval_json(c.improvement_interval) : Json(nullptr)},
                    {"p", or_null(c.p)},
                    {"adjusted_p", or_null(c.adjusted_p)},
                    {"caveats", c.caveats}});
  }
  return list;
}

std::string compare_text(const std::vector<Comparison>& comparisons) {
  std::string text;
  for (const Comparison& c : comparisons) {
    text += c.task + ": " + c.first + " compared with " + c.second + ", " + c.measure + (c.paired ? "" : ", unpaired") +
            "\n\n" + (c.paired ? pair_table(c) : run_table(c)).text() + "\n";
    text += std::string(c.rates_runs ? "mean advantage              " : "mean difference             ") +
            signed_text(c.mean_advantage) + advantage_range(c) + "\n";
    if (c.rates_runs)
      text += "probability of improvement  " + probability_text(c.improvement) +
              range_text(c.improvement_interval, probability_text) + "\n";
    if (c.ratio)
      text += "ratio                       " + score_text(*c.ratio) + range_text(c.ratio_interval, score_text) + "\n";
    if (c.p) {
      text += (c.paired ? "sign-flip test              p = " : "Welch's test                p = ") + significant(*c.p);
      if (comparisons.size() > 1)
        text += ", adjusted for " + counted(comparisons.size(), "comparison") + " p = " + significant(*c.adjusted_p);
      text += "\n";
    }
    for (const std::string& caveat : c.caveats) text += "! " + caveat + "\n";
    text += too_few(c) + "\n";
  }
  return text + explanations(comparisons);
}

}  // namespace rnnbench::analysis
