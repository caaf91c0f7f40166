// Reading CSV files: RFC 4180, and the mistakes that are refused with file and line.
#include "core/csv.h"

#include <catch2/catch.hpp>

#include "core/error.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

using Fields = std::vector<std::string>;

std::string refused_csv(const std::string& text) {
  try {
    csv_lines("x.csv", text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("the fields of a CSV file are those of RFC 4180", "[csv]") {
  const auto lines = csv_lines("x.csv",
                               "\xef\xbb\xbf"
                               "a,b , c\r\n\n \n\"1,5\",\"say \"\"x\"\"\",\"\"\n,,\nlast");
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].fields == Fields{"a", "b", "c"});
  CHECK(lines[1].number == 4);
  CHECK(lines[1].fields == Fields{"1,5", "say \"x\"", ""});
  CHECK(lines[2].fields == Fields{"", "", ""});
  CHECK(lines[3].number == 6);
  CHECK(lines[3].fields == Fields{"last"});
  CHECK(csv_lines("x.csv", "").empty());
  CHECK(csv_lines("x.csv", "\n\r\n").empty());
}

TEST_CASE("a field is written so that it reads back", "[csv]") {
  for (const std::string text : {"plain", "a,b", "\"", "say \"x\", y", "", "¼ 二"}) {
    const auto lines = csv_lines("x.csv", csv_field(text) + "," + csv_field(text) + "\n");
    INFO(text);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].fields == Fields{text, text});
  }
}

TEST_CASE("what is no CSV is refused with file and line", "[csv][errors]") {
  CHECK(refused_csv("a\n\"b,c\nd\"\n") ==
        "x.csv:2: a field that begins with a quote has no quote at its end on this line");
  CHECK(refused_csv("a\n\"b\"c,d\n") ==
        "x.csv:2: there is text behind the quote that ends a field; write a quote within it twice");
  CHECK(refused_csv("a\nb \"c\"\n") ==
        "x.csv:2: a quote stands within a field; put the field in quotes and write this quote twice");
  for (const std::string& line : {std::string("a\tb"), std::string("\x1b[2J"), std::string("a\0b", 3),
                                  std::string("\xff"), std::string("a\rb")}) {
    INFO(line);
    CHECK(
        refused_csv("a\n" + line + "\n") ==
        "x.csv:2: the line contains a control character, such as a tab, or is not UTF-8; a CSV file is plain text with "
        "commas between the fields");
  }
}
