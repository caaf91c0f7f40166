// What a finding compares, as it is written in its file: "lstm > gru", "min(lstm, gru) >= 0.95 on relative_loss".
//
//   statement  = sides RELATION expression [ "on" measurement ]        sides: expressions, which all have to hold
//   RELATION   = > | <     exceeds, falls below, by more than the margin
//              | >= | <=   is not below, not above, by more than the margin (non-inferiority)
//              | ~         lies within the margin (equivalence)
//   expression = operand [ (-|/) operand ]                             per seed
//   operand    = number | model | slope(expression over KEY) | min(...) | max(...) | mean(...) of expressions
//   model      = CELL [ "{" KEY=VALUE, ... "}" ]                       the runs with these settings
//
// slope: least squares of the value on log2 of a setting; of a difference it is an interaction.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::findings {

struct Expression {
  enum class Kind { number, model, difference, ratio, slope, min, max, mean };
  Kind kind = Kind::number;
  std::string text;                                        // as written
  double number = 0;                                       // of a number
  std::string cell;                                        // of a model
  std::vector<std::pair<std::string, std::string>> where;  // of a model: settings
  std::string over;                                        // of a slope: the setting
  std::vector<Expression> parts;                           // of the others

  // Every model in it, in order.
  void collect_models(std::vector<const Expression*>& models) const;
};

enum class Relation { above, below, not_below, not_above, within };

struct Statement {
  std::string text;
  std::vector<Expression> left;
  Relation relation = Relation::above;
  Expression right;
  std::string measure;  // "" = the finding's

  std::vector<const Expression*> models() const;  // of all sides
};

// Throws UserError whose sentence quotes the statement and says what was expected (callers put file and line in front).
Statement parse_statement(const std::string& text);

}  // namespace rnnbench::findings
