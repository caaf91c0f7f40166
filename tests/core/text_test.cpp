// Joining, splitting, quoting and reading numbers.
#include "core/text.h"

#include <cstdint>

#include <catch2/catch.hpp>

#include "tests/namespaces.h"

using namespace rnnbench::test;
using Parts = std::vector<std::string>;

TEST_CASE("text is trimmed, split outside of brackets, and joined", "[text]") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim(" \n").empty());
  CHECK(split("a, b ,c") == Parts{"a", "b", "c"});
  CHECK(split("") == Parts{""});
  CHECK(split(",") == Parts{"", ""});
  CHECK(split("gru (hidden 4, layers 2), lstm{length=1,task=copy}") ==
        Parts{"gru (hidden 4, layers 2)", "lstm{length=1,task=copy}"});
  CHECK(split("a; b, c", ';') == Parts{"a", "b, c"});
  CHECK(join({"a", "b"}) == "a, b");
  CHECK(join({}).empty());
  CHECK(join(
            std::vector<int>{1, 2}, [](int n) { return std::to_string(n); }, "+") == "1+2");
  CHECK(replace_all("aaa", "a", "aa") == "aaaaaa");
}

TEST_CASE("quoted text stays one word", "[text]") {
  CHECK(shell_quoted("results/a.json") == "results/a.json");
  CHECK(shell_quoted("") == "''");
  CHECK(shell_quoted("it's; rm -rf /") == "'it'\\''s; rm -rf /'");
  CHECK(gnuplot_quoted("it's") == "\"it\\047s\"");
  CHECK(json_quoted("a\"b\\c\n") == R"("a\"b\\c\u000a")");
}

TEST_CASE("a number is the whole text or nothing", "[text]") {
  CHECK(parse_number<int>("12") == 12);
  CHECK(parse_number<double>("-1e-3") == -1e-3);
  for (const char* text : {"", " 1", "1 ", "+1", "1x", "0x10"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number<int>(text));
    CHECK_FALSE(parse_number<double>(text));
  }
  CHECK_FALSE(parse_number<std::int8_t>("128"));
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(-0.0) == "0");
}
