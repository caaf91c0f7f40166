#include "findings/claim_checks.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>

#include "analysis/statistics/statistics.h"
#include "core/error.h"
#include "core/text.h"

namespace rnnbench::findings {
namespace {

std::string meaning_of(const Expression& e, const std::vector<const Run*>& runs);

// The meanings of the operands of a minimum, maximum or mean, whose order is of no effect. Those of a minimum in a
// minimum are its own, equal ones count once, and those of a mean count by their share of it.
std::vector<std::string> operands_of(const Expression& e, const std::vector<const Run*>& runs) {
  std::map<std::string, int> counts;
  for (const Expression& operand : e.operands) {
    if (operand.kind != e.kind || e.kind == Expression::Kind::mean) {
      ++counts[meaning_of(operand, runs)];
      continue;
    }
    for (const std::string& inner : operands_of(operand, runs)) ++counts[inner];
  }
  int divisor = 0;
  for (const auto& [text, count] : counts) divisor = std::gcd(divisor, count);
  std::vector<std::string> texts;
  for (const auto& [text, count] : counts)
    texts.insert(texts.end(), e.kind == Expression::Kind::mean ? count / divisor : 1, text);
  return texts;
}

// What an expression is computed from, so that two that differ only in how they are written have the same text: models
// are replaced by their runs among those of a task.
std::string meaning_of(const Expression& e, const std::vector<const Run*>& runs) {
  if (e.kind == Expression::Kind::number) return number_text(e.number);
  if (e.kind == Expression::Kind::model) {
    std::vector<std::string> ids;
    for (const Run* run : runs)
      if (matches(e, *run)) ids.push_back(run->id());
    return "{" + join(ids) + "}";
  }
  if (e.kind == Expression::Kind::min || e.kind == Expression::Kind::max || e.kind == Expression::Kind::mean) {
    const std::vector<std::string> operands = operands_of(e, runs);
    if (operands.size() == 1) return operands[0];
    return (e.kind == Expression::Kind::min   ? "min("
            : e.kind == Expression::Kind::max ? "max("
                                              : "mean(") +
           join(operands) + ")";
  }
  std::vector<std::string> operands;
  for (const Expression& operand : e.operands) operands.push_back(meaning_of(operand, runs));
  return (e.kind == Expression::Kind::difference ? "difference("
          : e.kind == Expression::Kind::ratio    ? "ratio("
                                                 : "slope(") +
         join(operands) + ")" + e.over;
}

void refuse_if_same(const Expression& a, const Expression& b, const Statement& statement,
                    const std::vector<const Run*>& runs) {
  if (meaning_of(a, runs) != meaning_of(b, runs)) return;
  throw UserError("'" + statement.text + "' compares '" + a.text + "' with itself" +
                  (a.text == b.text ? "" : ", because '" + b.text + "' stands for the same runs"));
}

void check_operands(const Expression& e, const Statement& statement, const std::vector<const Run*>& runs) {
  if (e.kind == Expression::Kind::difference || e.kind == Expression::Kind::ratio)
    refuse_if_same(e.operands[0], e.operands[1], statement, runs);
  for (const Expression& operand : e.operands) check_operands(operand, statement, runs);
}

// The lowest and highest value that an expression of shares can have; nothing if there are none.
std::optional<Interval> range_of(const Expression& e) {
  if (e.kind == Expression::Kind::number) return Interval{e.number, e.number};
  if (e.kind == Expression::Kind::model) return Interval{0, 1};
  if (e.kind == Expression::Kind::ratio || e.kind == Expression::Kind::slope) return std::nullopt;
  Values low, high;
  for (const Expression& operand : e.operands) {
    const auto range = range_of(operand);
    if (!range) return std::nullopt;
    low.push_back(range->low);
    high.push_back(range->high);
  }
  if (e.kind == Expression::Kind::difference) return Interval{low[0] - high[1], high[0] - low[1]};
  if (e.kind == Expression::Kind::mean) return Interval{mean(low), mean(high)};
  const auto end = [&](const Values& values) {
    return e.kind == Expression::Kind::min ? *std::min_element(values.begin(), values.end())
                                           : *std::max_element(values.begin(), values.end());
  };
  return Interval{end(low), end(high)};
}

}  // namespace

void check_sides(const Statement& statement, const std::vector<PairedValues>& pairs) {
  std::set<std::string> sides;  // on all tasks
  for (const PairedValues& pair : pairs) {
    const Expression& side = *pair.left_side;
    if (!sides.insert(pair.task_settings + meaning_of(side, pair.runs)).second)
      throw UserError("'" + statement.text + "' repeats a side: '" + side.text +
                      "' stands for the same runs as one before it");
    if (statement.relation != Relation::none) refuse_if_same(side, statement.right, statement, pair.runs);
    check_operands(side, statement, pair.runs);
    check_operands(statement.right, statement, pair.runs);
  }
}

void check_margin(const DeclaredComparison& comparison, double margin) {
  static const std::set<std::string> shares = {"solved",    "diverged", "recall", "accuracy",
                                               "sequences", "correct",  "legal"};
  const std::string& measure = comparison.measurement.name;
  const Statement& statement = comparison.statement;
  const auto right = range_of(statement.right);
  if (!shares.contains(measure) || !right) return;
  for (const Expression& side : statement.left) {
    const auto left = range_of(side);
    if (!left) continue;
    const double lowest = left->low - right->high, highest = left->high - right->low;
    const Relation relation = statement.relation;
    const std::string why = ": " + measure + " is a share from 0 to 1";
    if ((relation == Relation::above && highest <= margin) || (relation == Relation::below && lowest >= -margin))
      throw UserError("margin = " + number_text(margin) + " cannot be reached by '" + statement.text + "'" + why);
    const bool above = lowest > -margin, below = highest < margin;  // whatever the runs are
    if ((relation == Relation::not_below && above) || (relation == Relation::not_above && below) ||
        (relation == Relation::within && above && below))
      throw UserError("'" + statement.text + "' cannot fail with margin = " + number_text(margin) + why);
  }
}

}  // namespace rnnbench::findings
