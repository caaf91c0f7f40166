// What a finding compares, as it is written in its file: "lstm > gru", "min(lstm, gru) >= 0.95 on relative_loss".
//
//   statement  = sides RELATION expression [ "on" measurement ]   the relation has to hold for every side
//              | "show" sides [ "on" measurement ]                numbers to display, about which nothing is claimed
//   sides      = expression { "," expression }
//   RELATION   = > | <     exceeds, falls below, by more than the margin
//              | >= | <=   is not below, not above, by more than the margin (non-inferiority)
//              | ~         differs by less than the margin (equivalence)
//   expression = operand [ (-|/) operand ]                        computed for each seed
//   operand    = number | model | slope(expression over KEY) | min(...) | max(...) | mean(...) of expressions
//   model      = CELL [ "{" KEY=VALUE, ... "}" ]                  the runs with these settings
//
// A slope is the least-squares slope of the value over log2 of a setting; that of a difference is an interaction.
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
  double number = 0;                                       // number: its value
  std::string cell;                                        // model: its cell,
  std::vector<std::pair<std::string, std::string>> where;  // and settings (key, value)
  std::string over;                                        // slope: the key of the setting
  std::vector<Expression> operands;                        // all other kinds, and of slope the value

  // Appends every model of the expression, in order.
  void collect_models(std::vector<const Expression*>& models) const;
};

enum class Relation { above, below, not_below, not_above, within, none };  // none: `show`

struct Statement {
  std::string text;  // as written
  std::vector<Expression> left;
  Relation relation = Relation::above;
  Expression right;     // the number 0 after `show`
  std::string measure;  // behind "on"; "" stands for the finding's measure

  std::vector<const Expression*> models() const;  // on both sides of the relation
};

// Throws UserError that quotes the statement and says what was expected; callers add file and line.
Statement parse_statement(const std::string& text);

}  // namespace rnnbench::findings
