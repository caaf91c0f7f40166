// A declared comparison decided by the records: effect, interval, p-values, verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/study.h"
#include "findings/measurement.h"
#include "findings/statement.h"

namespace rnnbench::findings {

enum class Verdict { supported, contradicted, undecided, not_applicable, not_run };
std::string verdict_text(Verdict verdict);  // "not applicable"

// One left side on one task: a number for every seed.
struct ComparisonPart {
  std::string label;    // "lstm - gru", with the task where there are several
  std::string context;  // the task with its options, a line "key=value" for each
  std::vector<std::uint64_t> seeds;
  Values values;                     // left - right; the left side alone when the right one is a number
  int failures = 0;                  // runs behind them that diverged or have no record, and count as the worst
  double effect = 0;                 // mean of values
  std::optional<Interval> interval;  // 95 %, from ten seeds on (mean_interval of paired.h)
  // From nine seeds on. Two-sided for > < >= <=; of two one-sided tests for ~.
  std::optional<double> p_for, p_against;
  Verdict verdict = Verdict::undecided;  // by the interval (of 90 % where ~ is claimed) and the boundary alone
  double boundary = 0;                   // the declared one that is nearest to the effect
  // Beside the decision, where the right side is no number: the probability that a run of the left side has the larger
  // value (Mann-Whitney), with its interval from ten seeds on.
  std::optional<double> improvement;
  std::optional<Interval> improvement_interval;
  // Where two models' times to solve are compared: of the times themselves, unsolved runs censored (from nine seeds
  // on).
  std::optional<double> log_rank_p;
};

// All parts together: supported when all are, contradicted when one is.
struct Outcome {
  Statement statement;
  Measurement measurement;
  double margin = 0;
  std::vector<ComparisonPart> parts;
  Verdict verdict = Verdict::undecided;
  // Of the whole: for "all hold" the largest p of the parts, for "one does not" their smallest times their number; the
  // smaller of the two.
  std::optional<double> p;
  const ComparisonPart& decisive() const;  // the part that the verdict hangs on
};

// Runs are those of one experiment with their records. Values are paired by seed. Throws UserError when a model of the
// statement has no run, or more than one for a seed, or when none of its runs has such a measure.
Outcome decide(const Statement& statement, const Measurement& measurement, double margin, const std::vector<Run>& runs);

// How many seeds would clear a part of its boundary, on either side, if effect and spread stayed as they are, and the
// verdict had to outlive a correction for so many tests (see seeds_to_decide of paired.h). Nothing below ten seeds.
std::optional<int> seeds_needed(const Outcome& outcome, const ComparisonPart& part, double tests);

// Whether a run is one of a model expression: the cell, and every setting it names.
bool matches(const Expression& model, const Run& run);
// The value of a setting as it is written on a command line; "" when the run does not use it.
std::string setting_of(const Run& run, const std::string& key);

// "+12.3 [4.5, 20.1]": signed for differences, plain where the statement compares with a number.
std::string effect_text(const Outcome& outcome, const ComparisonPart& part);

}  // namespace rnnbench::findings
