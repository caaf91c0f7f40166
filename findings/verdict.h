// A comparison in numbers, and the verdict on it: effects after both searches, intervals, p-values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/statistics/replicated.h"
#include "findings/comparison.h"

namespace rnnbench::findings {

enum class Verdict {
  supported,
  contradicted,
  no_difference,      // a difference is claimed, and there is none as large as the margin
  mixed,              // on some tasks or for some models one verdict, on others another
  depends_on_search,  // the settings that the two searches found give different answers
  not_testable,       // all sides are at the best or the worst score, where no difference can show
  undecided,
  not_applicable,
  not_run
};
inline constexpr int verdicts = 9;
std::string verdict_text(Verdict verdict);  // "not applicable"

// The boundaries of a statement in the unit of what is compared: the margin below and above 0, or below and above the
// number that is compared with. Of a non-inferiority claim, which has only one, both are the same.
Boundaries boundaries_of(const Statement& statement, double margin);

// Whether a number of this kind lies between 0 and 1 if those of the runs do: a model, or the minimum, maximum or mean
// of such numbers.
bool is_share(const Expression& expression);

// The scale of what a statement compares. Ratios that are compared with a number have a logarithmic one.
Scale comparison_scale(const Expression& left, const Expression& right, const Measurement& measurement);

// One left side on one task. Index 0 is of the runs after search A, index 1 of those after search B.
struct ComparisonPart {
  std::size_t left_side = 0;  // index into Statement::left
  std::string label;          // "lstm - gru", followed by " on TASK" when the comparison is made on several tasks
  std::string task_settings;  // the task with its options, as lines "key=value\n"
  std::array<std::vector<std::uint64_t>, 2> seeds;
  std::array<Values, 2> values;  // of each seed: left - right, or left alone when the right side is a number
  std::array<PairedNumbers, 2> numbers;
  Scale scale = Scale::linear;
  int failures = 0;  // runs behind these values that diverged or have no record, and count as the worst
  Replicated effect;
  // For readers, without influence on the verdict, when the right side is not a number: the probability that a run of
  // the left side has the larger value (Mann-Whitney), with its interval from ten seeds on.
  std::optional<double> improvement;
  std::optional<Interval> improvement_interval;
  // When two models' times to solve are compared: p-value of the log-rank test, unsolved runs censored.
  std::optional<double> log_rank_p;
  // Only of a comparison that decides a claim:
  bool testable = true;
  std::optional<double> adjusted_p;  // effect.smallest_p() after Holm's correction over the family
  Verdict verdict = Verdict::undecided;

  std::size_t size() const { return values[0].size() + values[1].size(); }
  double mean() const { return (effect.mean[0] + effect.mean[1]) / 2; }
};

struct Outcome {
  Statement statement;
  Measurement measurement;
  double margin = 0;
  Boundaries boundaries;
  std::vector<ComparisonPart> parts;
  Verdict verdict = Verdict::undecided;
  bool searched = false;  // A and B are searches; if not, just the two halves of the seeds

  bool compares_with_number() const { return statement.right.kind == Expression::Kind::number; }
  bool decides() const { return statement.relation != Relation::none; }
  // The part to show where there is room for one: of those with the verdict of the whole, or of all if none has, the
  // one with the largest p-value.
  const ComparisonPart& least_clear() const;
};

// All but what depends on the other claims of the family (testable, adjusted_p, verdict). `runs` are those of one study
// with their records; `seeds` those after search A and after B. Values are paired by seed. Throws UserError as
// paired_values.
Outcome compare(const Statement& statement, const Measurement& measurement, double margin, const std::vector<Run>& runs,
                const std::array<std::vector<std::uint64_t>, 2>& seeds);

// The same comparison with another margin, as if nothing else had changed; verdicts are those of before.
Outcome with_margin(const Outcome& outcome, double margin);

// The verdicts of the parts and of the whole from the adjusted p-values. A claim has the verdict that all of its
// testable parts have. It depends on the search if one of them does, is mixed if all are decided but not alike, not
// testable if no part is, and undecided otherwise.
void judge(Outcome& outcome);

// "+12.3", "-": the mean after search 0 (A) or 1 (B), with a sign for differences, without one when the statement
// compares with a number.
std::string mean_text(const Outcome& outcome, const ComparisonPart& part, std::size_t search);
// "[+4.5, +20.1]", with signs as mean_text.
std::string interval_text(const Outcome& outcome, Interval interval);
// The hull of the 95 % intervals of A and B; "" without one.
std::string hull_text(const Outcome& outcome, const ComparisonPart& part);
// "A +12.3, B +11.9, [+4.5, +20.1]"
std::string effect_text(const Outcome& outcome, const ComparisonPart& part);
// What the hull has to lie beyond or within for the claim to hold: "> +0.05", "< 0.5", "within ±0.02", "0.9 to 1.1"; ""
// when nothing is claimed.
std::string boundary_text(const Outcome& outcome);

}  // namespace rnnbench::findings
