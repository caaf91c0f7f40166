// Comparisons of findings, as written in `compare`.
#include <cmath>

#include "core/plain_text.h"
#include "core/text.h"
#include "findings/statement.h"
#include "findings/statement_in_words.h"
#include "tests/fuzz/check.h"

namespace rnnbench::fuzz {
namespace {

using findings::Expression;
using findings::Relation;
using findings::Statement;

// The text of an expression in a form of its own, made from the tree.
std::string rewritten(const Expression& e) {
  using Kind = Expression::Kind;
  const auto list = [&](const char* name) { return name + ("(" + core::join(e.operands, rewritten) + ")"); };
  switch (e.kind) {
    case Kind::number:
      return core::number_text(e.number);
    case Kind::model:
      return e.cell + (e.where.empty() ? "" : "{" + core::join(e.where, [](const auto& s) {
                                                return s.first + "=" + s.second;
                                              }) + "}");
    case Kind::difference:
      return rewritten(e.operands[0]) + " - " + rewritten(e.operands[1]);
    case Kind::ratio:
      return rewritten(e.operands[0]) + "/" + rewritten(e.operands[1]);
    case Kind::slope:
      return "slope(" + rewritten(e.operands[0]) + " over " + e.over + ")";
    case Kind::min:
      return list("min");
    case Kind::max:
      return list("max");
    case Kind::mean:
      return list("mean");
  }
  return "";
}

std::string rewritten(const Statement& statement) {
  const char* relations[] = {">", "<", ">=", "<=", "~"};
  std::string text = core::join(statement.left, [](const Expression& e) { return rewritten(e); });
  if (statement.relation == Relation::none)
    text = "show " + text;
  else
    text += " " + std::string(relations[static_cast<int>(statement.relation)]) + " " + rewritten(statement.right);
  return statement.measure.empty() ? text : text + " on " + statement.measure;
}

// The pieces of the text that expressions keep are expressions themselves, the same ones.
void check_texts(const Expression& e) {
  const Statement again = must_accept("the text of an expression", [&] {
    return findings::parse_statement(e.text == "show" ? "show>0" : e.text + " > 0");
  });
  require(again.left.size() == 1 && rewritten(again.left[0]) == rewritten(e),
          "the text of an expression is that of it");
  require(e.kind != Expression::Kind::number || std::isfinite(e.number), "a number is finite");
  for (const Expression& operand : e.operands) check_texts(operand);
}

}  // namespace

void statements(const std::string& input) {
  const Statement statement = findings::parse_statement(input);
  const std::string text = rewritten(statement);
  if (statement.relation == Relation::none || !text.starts_with("show "))  // no cell has this name
    require(rewritten(must_accept("a rewritten statement", [&] { return findings::parse_statement(text); })) == text,
            "a rewritten statement is read as the same one");
  require(!findings::statement_in_words(statement, "loss", 0.5).empty(), "a statement has words");
  if (input.size() > 2000) return;
  for (const Expression& side : statement.left) check_texts(side);
}

}  // namespace rnnbench::fuzz
