// One row of the result table: the statistics of one model on one task over its seeds.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/measurement.h"
#include "analysis/statistics/survival.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// The time to solve over the runs of a model. A run that did not solve is a censored observation: its time is a lower
// bound.
struct SolveTime {
  Lifetimes runs;                // sorted; empty when nothing is recorded
  std::optional<double> median;  // Kaplan-Meier; empty when fewer than half of the runs solved
  std::string text() const;      // "2,750 [2,000, >5,000]", ">5,000", "-"
};

// The values of one measure over all runs of a model, from the worst to the best.
struct ScoreSummary {
  int scored = 0;                  // runs with a value. Without any, the statistics would be those of other models
  Values values;                   // a run without a value counts as the worst
  std::vector<std::string> texts;  // the same as text, or "diverged", "missing", "not finite"
  double iqm = 0, median = 0, mean = 0, min = 0, max = 0;
  std::optional<Interval> iqm_interval;  // 95 % bootstrap interval, from ten runs on
};
ScoreSummary summarize_scores(const TaskRuns& task, const ModelRuns& model, const Measurement& measurement);

struct Summary {
  int runs = 0, recorded = 0, solved = 0, diverged = 0, missing = 0;
  int stopped = 0;   // because they had solved the task
  Interval success;  // 95 % Wilson interval of solved / runs; without meaning for imported runs, as is `solved`

  ScoreSummary score;  // of the measure of the task, on test data

  // Medians over the runs that have a value.
  std::vector<std::pair<std::string, double>> test_scores;  // all scores on test data
  SolveTime updates, cpu_seconds;                           // empty where solving is not judged
  std::optional<double> sequences_per_second, wall_ms_per_update, parameters, hidden, state_size;
  std::optional<double> training_updates, training_seconds;  // done, and elapsed
};

Summary summarize(const TaskRuns& task, const ModelRuns& model);

// The lengths at which the runs of a task were tested, that of training among them, in ascending order; empty if there
// is no other.
struct TestLengths {
  std::vector<std::int64_t> lengths;
  std::int64_t trained = 0;
  std::string measure;  // of the task; "loss" if that is not recorded at every length
};
TestLengths test_lengths(const TaskRuns& task);
// The score at one of these lengths.
Measurement at_length(const TestLengths& lengths, std::int64_t length);

// The median over runs of a number in section "result" or "measured" of their records; empty when no run has it.
std::optional<double> median_of(const ModelRuns& model, const std::string& section, const std::string& key);

}  // namespace rnnbench::analysis
