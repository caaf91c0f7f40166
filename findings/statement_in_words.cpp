#include "findings/statement_in_words.h"

#include "core/text.h"

namespace rnnbench::findings {

std::string expression_in_words(const Expression& e) {
  using Kind = Expression::Kind;
  if (e.kind == Kind::number) return number_text(e.number);
  if (e.kind == Kind::model) {
    const std::string settings =
        join(e.where, [](const auto& setting) { return setting.first + " " + setting.second; });
    return e.cell + (settings.empty() ? "" : " (" + settings + ")");
  }
  std::vector<std::string> operands;
  for (const Expression& operand : e.operands) operands.push_back(expression_in_words(operand));
  switch (e.kind) {
    case Kind::difference:
      return operands[0] + " minus " + operands[1];
    case Kind::ratio:
      return operands[0] + " divided by " + operands[1];
    case Kind::slope:
      return "the slope of [" + operands[0] + "] over log2 of " + e.over;
    case Kind::min:
      return "the lowest of [" + join(operands) + "]";
    case Kind::max:
      return "the highest of [" + join(operands) + "]";
    default:
      return "the mean of [" + join(operands) + "]";
  }
}

std::string statement_in_words(const Statement& statement, const std::string& measure, double margin) {
  const std::string sides = join(statement.left, expression_in_words);
  const std::string subject = "in " + measure + ", " + (statement.left.size() > 1 ? "each of " : "") + sides;
  const std::string right = expression_in_words(statement.right);
  const std::string by = margin > 0 ? " by more than " + number_text(margin) : "";
  switch (statement.relation) {
    case Relation::above:
      return subject + " is higher than " + right + by;
    case Relation::below:
      return subject + " is lower than " + right + by;
    case Relation::not_below:
      return subject + " is not below " + right + by;
    case Relation::not_above:
      return subject + " is not above " + right + by;
    case Relation::within:
      return subject + " differs from " + right + " by less than " + number_text(margin);
    default:
      return measure + " of " + sides;
  }
}

}  // namespace rnnbench::findings
