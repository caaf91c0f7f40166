// Decides a comparison from the records: effect, interval, p-values and verdict.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "analysis/statistics/effect.h"
#include "findings/comparison.h"

namespace rnnbench::findings {

enum class Verdict { supported, contradicted, undecided, not_applicable, not_run };
std::string verdict_text(Verdict verdict);  // "not applicable"

// Where the effect lies if the claim holds, in the unit of what is compared: above `low` and below `high`. Unless
// equivalence is claimed, one of them is infinite. Both are for statements that only show a number.
struct ClaimedRange {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  Values boundaries() const;  // the finite ones
  bool equivalence() const { return boundaries().size() == 2; }
};
ClaimedRange claimed_range(const Statement& statement, double margin);

// The scale of what a statement compares. Ratios that are compared with a number have a logarithmic one.
Scale comparison_scale(const Expression& left, const Expression& right, const Measurement& measurement);

// One left side on one task.
struct ComparisonPart {
  std::string label;          // "lstm - gru", followed by " on TASK" when the comparison is made on several tasks
  std::string task_settings;  // the task with its options, as lines "key=value\n"
  std::vector<std::uint64_t> seeds;
  Values values;                     // of each seed: left - right, or left alone when the right side is a number
  Values first, second;              // see PairedValues
  Scale scale = Scale::linear;       // of the comparison, which chooses the methods of `Effect`
  int failures = 0;                  // runs behind these values that diverged or have no record, and count as the worst
  double effect = 0;                 // mean of values; of ratios the geometric mean
  std::optional<Interval> interval;  // 95 %, from ten seeds on, where a method is reliable (see Effect)
  // From nine seeds on, where a method is reliable. Two-sided for > < >= <=; from two one-sided tests for ~.
  std::optional<double> p_for, p_against;
  // At 5 %, before any correction: the interval (for ~ the one of 90 %) lies beyond the boundary, and the test rejects
  // the opposite. Of sign flips, either implies the other; of binary outcomes, neither does.
  Verdict verdict = Verdict::undecided;
  // For readers, without influence on the verdict, when the right side is not a number: the probability that a run of
  // the left side has the larger value (Mann-Whitney), with its interval from ten seeds on.
  std::optional<double> improvement;
  std::optional<Interval> improvement_interval;
  // When two models' times to solve are compared: p-value of the log-rank test, unsolved runs censored (from nine seeds
  // on).
  std::optional<double> log_rank_p;
};

// All parts together: supported when all are, contradicted when one is.
struct Outcome {
  Statement statement;
  Measurement measurement;
  double margin = 0;
  ClaimedRange claimed;
  std::vector<ComparisonPart> parts;
  Verdict verdict = Verdict::undecided;
  // The smaller of two p-values: for "all parts hold", the largest of the parts; for "one does not", the smallest of
  // the parts times their number.
  std::optional<double> p;
  const ComparisonPart& decisive() const;  // the part that decides the verdict
  bool compares_with_number() const { return statement.right.kind == Expression::Kind::number; }
};

// `runs` are those of one experiment with their records. Values are paired by seed. Throws UserError as paired_values.
Outcome decide(const Statement& statement, const Measurement& measurement, double margin, const std::vector<Run>& runs);

// How many seeds would move the interval of a part clear of the boundary, on either side, if effect and spread stayed
// as they are and the p-value had to survive a correction for so many tests (see seeds_to_decide of paired.h). Nothing
// without an interval.
std::optional<int> seeds_needed(const Outcome& outcome, const ComparisonPart& part, double tests);

// "+12.3 [4.5, 20.1]": with a sign for differences, without one when the statement compares with a number.
std::string effect_text(const Outcome& outcome, const ComparisonPart& part);
// What the interval has to lie beyond or within for the claim to hold: "> +0.05", "< 0.5", "within ±0.02", "0.9
// to 1.1";
// "" when nothing is claimed.
std::string boundary_text(const Outcome& outcome);

}  // namespace rnnbench::findings
