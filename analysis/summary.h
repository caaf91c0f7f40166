// The numbers of one row of the result table: one model on one task, over its seeds.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/statistics/survival.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// A time to solve over the runs of a model. Runs that did not solve are never dropped: they bound the time
// from below.
struct SolveTime {
  Lifetimes runs;                // sorted; empty when nothing is recorded
  std::optional<double> median;  // Kaplan-Meier; nothing when fewer than half are known to solve
  std::string text() const;      // "2,750 [2,000, >5,000]", ">5,000", "-"
};

struct Summary {
  int runs = 0, recorded = 0, solved = 0, diverged = 0, missing = 0;
  Interval success;  // Wilson, of solved / runs

  Values scores;                                           // of every run, worst first (see TaskRuns::worst_score)
  std::vector<std::string> points;                         // the same as text; "diverged" and "missing" by name
  double iqm = 0, median = 0, mean = 0, min = 0, max = 0;  // of scores
  std::optional<Interval> iqm_interval;                    // from ten runs on

  // Medians over the runs that have them.
  std::vector<std::pair<std::string, double>> test_scores;  // every score of the test stream
  SolveTime updates, cpu_seconds;
  std::optional<double> sequences_per_second, wall_ms_per_update, parameters, hidden;
};

Summary summarize(const TaskRuns& task, const ModelRuns& model);

// The median over runs with a record of one number of `result` or `measured`; nothing when no run has it.
std::optional<double> median_of(const ModelRuns& model, const std::string& section, const std::string& key);

}  // namespace rnnbench::analysis
