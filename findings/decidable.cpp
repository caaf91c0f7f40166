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

// A search changes the settings that it varies, so no run would have the value that a statement names.
void check_searched(const Finding& finding) {
  std::vector<const Statement*> statements = {&finding.primary.statement};
  for (const DeclaredComparison& also : finding.also) statements.push_back(&also.statement);
  const std::vector<std::string> searched = finding.study->search->keys();
  for (const Statement* statement : statements)
    for (const Expression* model : statement->models())
      for (const auto& [key, value] : model->where)
        if (std::count(searched.begin(), searched.end(), key))
          refuse(finding, "[search] varies " + key + ", which '" + model->text + "' names; take it out of one of them");
}

// Settings are chosen by what the claims are about. A study with claims of both kinds may choose by either.
void check_selection(const std::vector<Finding>& claims) {
  const DeclaredStudy& study = *claims.front().study;
  const auto about_time = std::count_if(claims.begin(), claims.end(), [](const Finding& finding) {
    const std::string& measure = finding.primary.measurement.name;
    return measure == "updates_to_solve" || measure == "cpu_seconds_to_solve";
  });
  if (about_time == static_cast<std::ptrdiff_t>(claims.size()) && !study.search->selects_time())
    refuse(claims.front(),
           "[search] needs select = time, because " + claims.front().primary.measurement.text + " is compared");
  if (about_time == 0 && study.search->selects_time())
    refuse(claims.front(), "[search] cannot have select = time, because no claim compares a time to solve");
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
// compatible with a difference of 0.1. Holm's correction can only make it harder, but by how much depends on the
// others.
void check_binary_equivalence(const Finding& finding, int seeds) {
  const Statement& statement = finding.primary.statement;
  const std::string& measure = finding.primary.measurement.name;
  if (statement.relation != Relation::within || (measure != "solved" && measure != "diverged")) return;
  const Boundaries boundaries = boundaries_of(statement, finding.margin);
  for (const Expression& side : statement.left) {
    if (comparison_scale(side, statement.right, finding.primary.measurement) != Scale::share) continue;
    if (side.kind == Expression::Kind::mean) continue;  // a mean over several runs of a seed is no binary outcome
    const bool rate = statement.right.kind == Expression::Kind::number && side.kind != Expression::Kind::difference;
    const double best = rate ? smallest_equivalence_p_of_rate(seeds, boundaries.low, boundaries.high)
                             : smallest_equivalence_p_of_pairs(seeds, boundaries.low, boundaries.high);
    if (2 * best > significance)
      refuse(finding, std::to_string(seeds) + " seeds cannot establish '" + statement.text + "' for " + measure +
                          " within " + number_text(finding.margin) +
                          ", even if all runs agree; give it more seeds or a wider margin");
  }
}

// A ratio is above 0, so a boundary that is not can never be crossed.
void check_ratio(const Finding& finding) {
  const Statement& statement = finding.primary.statement;
  const Boundaries boundaries = boundaries_of(statement, finding.margin);
  for (const Expression& side : statement.left)
    if (comparison_scale(side, statement.right, finding.primary.measurement) == Scale::logarithmic &&
        boundaries.low <= 0)
      refuse(finding,
             "'" + statement.text + "' with margin = " + number_text(finding.margin) + " has a boundary of " +
                 number_text(boundaries.low) +
                 ", but a ratio is always above 0; compare it with a number above 0 and choose a margin below it");
}

}  // namespace

void check_search(const std::vector<Finding>& claims) {
  for (const Finding& finding : claims) check_searched(finding);
  check_selection(claims);
}

void check_decidable(const Finding& finding) {
  check_solving(finding);
  if (!finding.not_applicable.empty()) return;
  check_scale(finding);
  check_ratio(finding);
  const int seeds = static_cast<int>(finding.study->seeds[0].size());
  if (seeds < min_numbers_after_search)
    refuse(finding, std::to_string(2 * seeds) + " seeds are " + std::to_string(seeds) +
                        " after each of the two searches, which decide nothing; declare " +
                        std::to_string(2 * min_numbers_after_search) + " or more");
  check_binary_equivalence(finding, 2 * seeds);
}

}  // namespace rnnbench::findings
