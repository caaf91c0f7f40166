// The grammar of comparisons: every form says what it says, and what is malformed is refused in one sentence.
#include "findings/statement.h"

#include <catch2/catch.hpp>

#include "core/error.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Kind = Expression::Kind;
using Pairs = std::vector<std::pair<std::string, std::string>>;

namespace {

std::string refusal(const std::string& text) {
  try {
    parse_statement(text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

std::string needs(const std::string& text, const std::string& at, const std::string& what) {
  return "'" + text + "' is not a comparison: at '" + at + "' it needs " + what +
         "; for example: lstm > gru{update-bias=1}";
}

}  // namespace

TEST_CASE("a statement has sides, a relation and a measure", "[statement]") {
  const Statement plain = parse_statement("lstm > gru");
  CHECK(plain.text == "lstm > gru");
  REQUIRE(plain.left.size() == 1);
  CHECK(plain.left[0].kind == Kind::model);
  CHECK(plain.left[0].cell == "lstm");
  CHECK(plain.left[0].where.empty());
  CHECK(plain.right.cell == "gru");
  CHECK(plain.measure.empty());

  const Statement several = parse_statement("lstm, gru-v1,lstm+gru < rnn on forget gate idle carrying");
  REQUIRE(several.left.size() == 3);
  CHECK(several.left[1].cell == "gru-v1");
  CHECK(several.left[2].cell == "lstm+gru");
  CHECK(several.measure == "forget gate idle carrying");
  CHECK(several.models().size() == 4);

  const std::vector<std::pair<std::string, Relation>> relations = {{">", Relation::above},
                                                                   {"<", Relation::below},
                                                                   {">=", Relation::not_below},
                                                                   {"<=", Relation::not_above},
                                                                   {"~", Relation::within}};
  for (const auto& [sign, relation] : relations) {
    CHECK(parse_statement("lstm " + sign + " gru").relation == relation);
    CHECK(parse_statement("lstm" + sign + "gru").relation == relation);
  }
}

TEST_CASE("'show' is not the name of a model", "[statement][errors]") {
  CHECK(refusal("lstm > show") == needs("lstm > show", "", "a model ('show' stands before all sides)"));
  CHECK(refusal("min(show, gru) > lstm") ==
        needs("min(show, gru) > lstm", ", gru) > lstm", "a model ('show' stands before all sides)"));
}

TEST_CASE("numbers, settings and functions of a statement", "[statement]") {
  CHECK(parse_statement("lstm >= 0.95").right.number == 0.95);
  CHECK(parse_statement("lstm > -3").right.number == -3);
  CHECK(parse_statement("lstm > .5").right.number == 0.5);
  CHECK(parse_statement("lstm > 1e-3").right.number == 1e-3);

  const Statement set = parse_statement("lstm{forget-bias=1, length = 200 } < gru{test-length=50}");
  CHECK(set.left[0].text == "lstm{forget-bias=1, length = 200 }");
  CHECK(set.left[0].where == Pairs{{"forget-bias", "1"}, {"length", "200"}});
  CHECK(set.right.where == Pairs{{"test-length", "50"}});

  const Statement min = parse_statement("min(lstm, gru{length=9}) > max(rnn, mean(irnn, mgu))");
  CHECK(min.left[0].kind == Kind::min);
  CHECK(min.left[0].operands.at(1).where == Pairs{{"length", "9"}});
  CHECK(min.right.kind == Kind::max);
  CHECK(min.right.operands.at(1).kind == Kind::mean);
  CHECK(min.models().size() == 5);

  const Statement slope = parse_statement("slope(rnn - lstm over length) < slope(gru over hidden)");
  CHECK(slope.left[0].kind == Kind::slope);
  CHECK(slope.left[0].over == "length");
  CHECK(slope.left[0].operands.at(0).kind == Kind::difference);
  CHECK(slope.right.over == "hidden");
  CHECK(slope.right.operands.at(0).kind == Kind::model);
}

TEST_CASE("a minus between blanks subtracts, one within a name belongs to it", "[statement]") {
  const Statement difference = parse_statement("gru-v1 - lstm > 0");
  CHECK(difference.left[0].kind == Kind::difference);
  CHECK(difference.left[0].text == "gru-v1 - lstm");
  CHECK(difference.left[0].operands.at(0).cell == "gru-v1");
  const Statement ratio = parse_statement("gru{hidden=64}/lstm < 1");
  CHECK(ratio.left[0].kind == Kind::ratio);
  CHECK(ratio.left[0].operands.at(1).cell == "lstm");
}

TEST_CASE("numbers that are only shown have no relation", "[statement]") {
  const Statement one = parse_statement("show lstm{length=9} on recall at 50");
  REQUIRE(one.left.size() == 1);
  CHECK(one.left[0].where == Pairs{{"length", "9"}});
  CHECK(one.relation == Relation::none);
  CHECK(one.measure == "recall at 50");
  CHECK(one.models().size() == 1);

  const Statement several = parse_statement("show lstm, gru - rnn");
  REQUIRE(several.left.size() == 2);
  CHECK(several.left[1].kind == Kind::difference);
  CHECK(several.measure.empty());

  CHECK(refusal("show") ==
        needs("show", "", "a model ('show' stands before all sides)"));  // without a model, the name of a cell
  CHECK(refusal("show ") == needs("show ", "", "a model or a number"));
  CHECK(refusal("show lstm > gru") == needs("show lstm > gru", "> gru", "nothing more, or 'on MEASURE'"));
}

TEST_CASE("a malformed statement is refused with the place where it goes wrong", "[statement][errors]") {
  CHECK(refusal("") == needs("", "", "a model or a number"));
  CHECK(refusal("lstm") == needs("lstm", "", "one of > < >= <= ~"));
  CHECK(refusal("lstm = gru") == needs("lstm = gru", "= gru", "one of > < >= <= ~"));
  CHECK(refusal("lstm >") == needs("lstm >", "", "a model or a number"));
  CHECK(refusal("lstm > gru,") == needs("lstm > gru,", ",", "nothing more, or 'on MEASURE'"));
  CHECK(refusal("lstm > gru recall") == needs("lstm > gru recall", "recall", "nothing more, or 'on MEASURE'"));
  CHECK(refusal("lstm > gru on") == needs("lstm > gru on", "on", "nothing more, or 'on MEASURE'"));
  CHECK(refusal("lstm > gru on  ") == needs("lstm > gru on  ", "", "a measure"));
  CHECK(refusal("lstm > 0.5x") == needs("lstm > 0.5x", "x", "nothing more, or 'on MEASURE'"));
  CHECK(refusal("lstm > 1e999") == needs("lstm > 1e999", "1e999", "a number"));
  CHECK(refusal("lstm{} > gru") == needs("lstm{} > gru", "} > gru", "a setting"));
  CHECK(refusal("lstm{length} > gru") == needs("lstm{length} > gru", "} > gru", "'='"));
  CHECK(refusal("lstm{length=} > gru") == needs("lstm{length=} > gru", "} > gru", "a value"));
  CHECK(refusal("lstm{length=5 > gru") == needs("lstm{length=5 > gru", "", "'}'"));
  CHECK(refusal("min(lstm > gru") == needs("min(lstm > gru", "> gru", "')'"));
  CHECK(refusal("sum(lstm) > gru") == needs("sum(lstm) > gru", "lstm) > gru", "slope, min, max or mean before '('"));
  CHECK(refusal("slope(lstm) > gru") == needs("slope(lstm) > gru", ") > gru", "'over '"));
  CHECK(refusal("slope(lstm over ) > 0") == needs("slope(lstm over ) > 0", ") > 0", "a setting"));
  CHECK(refusal("slope(slope(lstm over length) over hidden) > 0") ==
        needs("slope(slope(lstm over length) over hidden) > 0", "lstm over length) over hidden) > 0",
              "no slope within a slope"));
}
