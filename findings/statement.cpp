#include "findings/statement.h"

#include <cctype>
#include <charconv>

#include "core/error.h"

namespace rnnbench::findings {
namespace {

constexpr int max_depth = 20;

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Statement statement() {
    Statement statement;
    statement.text = text_;
    const bool only_shown = take("show ");
    do {
      statement.left.push_back(expression());
    } while (take(","));
    statement.relation = only_shown ? Relation::none : relation();
    if (!only_shown) statement.right = expression();
    skip();
    if (text_.compare(at_, 3, "on ") == 0) {
      at_ += 3;
      skip();
      statement.measure = text_.substr(at_);
      at_ = text_.size();
      if (statement.measure.empty()) refuse("a measure");
    }
    skip();
    if (at_ < text_.size()) refuse("nothing more, or 'on MEASURE'");
    return statement;
  }

 private:
  [[noreturn]] void refuse(const std::string& expected) const {
    throw UserError("'" + text_ + "' is not a comparison: at '" + text_.substr(at_) + "' it needs " + expected +
                    "; for example: lstm > gru{update-bias=1}");
  }
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(const std::string& token) {
    skip();
    if (text_.compare(at_, token.size(), token) != 0) return false;
    at_ += token.size();
    return true;
  }
  // What was read since `begin`, without the blanks at its end.
  std::string written(std::size_t begin) const {
    return text_.substr(begin, text_.find_last_not_of(' ', at_ - 1) + 1 - begin);
  }
  void need(const std::string& token) {
    if (!take(token)) refuse("'" + token + "'");
  }

  Relation relation() {
    if (take(">=")) return Relation::not_below;
    if (take("<=")) return Relation::not_above;
    if (take(">")) return Relation::above;
    if (take("<")) return Relation::below;
    if (take("~")) return Relation::within;
    refuse("one of > < >= <= ~");
  }

  Expression expression() {
    skip();
    const std::size_t begin = at_;
    Expression first = operand();
    const bool minus = take("- ");
    if (!minus && !take("/")) return first;
    Expression both;
    both.kind = minus ? Expression::Kind::difference : Expression::Kind::ratio;
    both.operands.push_back(std::move(first));
    both.operands.push_back(operand());
    both.text = written(begin);
    return both;
  }

  Expression operand() {
    skip();
    const std::size_t begin = at_;
    Expression operand;
    const char* first = text_.data() + at_;
    if (std::isdigit(static_cast<unsigned char>(*first)) || *first == '.' ||
        (*first == '-' && std::isdigit(static_cast<unsigned char>(first[1])))) {
      const auto [end, error] = std::from_chars(first, text_.data() + text_.size(), operand.number);
      if (error != std::errc()) refuse("a number");
      at_ = end - text_.data();
    } else {
      const std::string name = word("a model or a number");
      if (take("(")) {
        function(name, operand);
      } else {
        if (name == "show") refuse("a model ('show' stands before all sides)");
        operand.kind = Expression::Kind::model;
        operand.cell = name;
        if (take("{")) settings(operand);
      }
    }
    operand.text = written(begin);
    return operand;
  }

  void function(const std::string& name, Expression& operand) {
    if (++depth_ > max_depth) refuse("fewer nested functions");
    if (name == "slope") {
      operand.kind = Expression::Kind::slope;
      if (within_slope_) refuse("no slope within a slope");
      within_slope_ = true;
      operand.operands.push_back(expression());
      within_slope_ = false;
      need("over ");
      operand.over = word("a setting");
    } else {
      operand.kind = name == "min"    ? Expression::Kind::min
                     : name == "max"  ? Expression::Kind::max
                     : name == "mean" ? Expression::Kind::mean
                                      : Expression::Kind::number;
      if (operand.kind == Expression::Kind::number) refuse("slope, min, max or mean before '('");
      do {
        operand.operands.push_back(expression());
      } while (take(","));
    }
    need(")");
    --depth_;
  }

  void settings(Expression& model) {
    do {
      const std::string key = word("a setting");
      need("=");
      skip();
      const std::size_t begin = at_;
      while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}') ++at_;
      std::string value = text_.substr(begin, at_ - begin);
      value.erase(value.find_last_not_of(' ') + 1);
      if (value.empty()) refuse("a value");
      model.where.emplace_back(key, value);
    } while (take(","));
    need("}");
  }

  std::string word(const std::string& expected) {
    skip();
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) ||
                                  std::string("-_+|").find(text_[at_]) != std::string::npos))
      ++at_;
    if (at_ == begin) refuse(expected);
    return text_.substr(begin, at_ - begin);
  }

  const std::string& text_;
  std::size_t at_ = 0;
  bool within_slope_ = false;
  int depth_ = 0;  // of nested functions
};

}  // namespace

void Expression::collect_models(std::vector<const Expression*>& models) const {
  if (kind == Kind::model) models.push_back(this);
  for (const Expression& operand : operands) operand.collect_models(models);
}

std::vector<const Expression*> Statement::models() const {
  std::vector<const Expression*> models;
  for (const Expression& side : left) side.collect_models(models);
  right.collect_models(models);
  return models;
}

Statement parse_statement(const std::string& text) { return Parser(text).statement(); }

}  // namespace rnnbench::findings
