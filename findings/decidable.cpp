#include "findings/decidable.h"

#include <algorithm>

#include "analysis/format.h"
#include "core/error.h"
#include "core/text.h"
#include "findings/verdict.h"

namespace rnnbench::findings {
namespace {

constexpr double significance = 0.05;

[[noreturn]] void refuse(const Finding& finding, const std::string& why) {
  throw UserError(finding.study->file.string() + ": " + finding.name + ": " + why);
}

// A loss has no reliable interval for its mean, so a comparison of its mean would never be decided.
void check_scale(const Finding& finding) {
  const Statement& statement = finding.primary.statement;
  for (const Expression& side : statement.left)
    if (comparison_scale(side, statement.right, finding.primary.measurement) == Scale::unbounded)
      refuse(
          finding,
          "'" + statement.text + "' compares means of " + finding.primary.measurement.text +
              ", which spans orders of magnitude, so that no interval of its mean is reliable; compare a ratio with a "
              "number, such as lstm / gru < 1, whose logarithm is used, or relative_loss or skill");
}

// Measures of solving need enough validation sequences, or networks at chance level count as solved.
void check_solving(const Finding& finding) {
  std::vector<const DeclaredComparison*> comparisons{&finding.primary};
  for (const DeclaredComparison& also : finding.also) comparisons.push_back(&also);
  for (const DeclaredComparison* comparison : comparisons) {
    if (!is_of_solving(comparison->measurement)) continue;
    for (const RunSpec& run : finding.study->experiment.runs)
      if (!can_decide_solving(run))
        refuse(finding, "evaluate = " + run.training.text("evaluate") + " is too small for " +
                            comparison->measurement.text + ", which needs " + std::to_string(min_evaluate_to_solve) +
                            " or more");
  }
}

// Too few binary outcomes cannot establish equivalence, whatever they are: all 32 of 32 runs solved on both sides are
// compatible with a difference of 0.1. `parts` is the size of the family.
void check_binary_equivalence(const Finding& finding, int seeds, double parts) {
  const Statement& statement = finding.primary.statement;
  const std::string& measure = finding.primary.measurement.name;
  if (statement.relation != Relation::within || (measure != "solved" && measure != "diverged")) return;
  const Boundaries boundaries = boundaries_of(statement, finding.margin);
  for (const Expression& side : statement.left) {
    if (comparison_scale(side, statement.right, finding.primary.measurement) != Scale::share) continue;
    const bool rate = statement.right.kind == Expression::Kind::number && side.kind != Expression::Kind::difference;
    const double best = rate ? smallest_equivalence_p_of_rate(seeds, boundaries.low, boundaries.high)
                             : smallest_equivalence_p_of_pairs(seeds, boundaries.low, boundaries.high);
    if (2 * best * parts > significance)
      refuse(finding, std::to_string(seeds) + " seeds cannot establish '" + statement.text + "' for " + measure +
                          " within " + number_text(finding.margin) + " in a family of " + number_text(parts) +
                          " comparisons, even if all runs agree; give it more seeds or a wider margin");
  }
}

}  // namespace

void check_decidable(const std::vector<Finding>& family) {
  double parts = 0;
  for (const Finding& finding : family)
    if (finding.not_applicable.empty()) parts += finding.parts;
  for (const Finding& finding : family) {
    check_solving(finding);
    if (!finding.not_applicable.empty()) continue;
    check_scale(finding);
    const int seeds = static_cast<int>(finding.study->seeds[0].size());
    if (seeds < min_numbers_after_search)
      refuse(finding, std::to_string(2 * seeds) + " seeds are " + std::to_string(seeds) +
                          " after each of the two searches, which decide nothing; declare " +
                          std::to_string(2 * min_numbers_after_search) + " or more");
    check_binary_equivalence(finding, 2 * seeds, parts);
  }
}

}  // namespace rnnbench::findings
