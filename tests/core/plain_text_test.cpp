#include "core/plain_text.h"

#include <catch2/catch.hpp>

#include "core/text.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

TEST_CASE("plain text is UTF-8 without control characters", "[text]") {
  for (const char* plain : {"", "a b", "¼ é 二 🎼", "\"'`$\\|<>&", "\xc2\xa0", "\xf4\x8f\xbf\xbd"}) {
    INFO(plain);
    CHECK(is_plain_text(plain));
    CHECK(plain_text(plain) == plain);
  }
  const std::string mark = "\xef\xbf\xbd";
  const std::vector<std::pair<std::string, std::string>> others = {
      {"a\nb", "a" + mark + "b"},
      {"\t", mark},
      {"\x1b[2J", mark + "[2J"},
      {std::string("\0", 1), mark},
      {"\x7f", mark},
      {"\xc2\x9b", mark + mark},                                  // C1: the same as escape and '['
      {"\xe2\x80\xa8", mark + mark + mark},                       // a line separator
      {std::string{'\xe2', '\x80', '\xae'}, mark + mark + mark},  // right-to-left override
      {"\x80", mark},                                             // not UTF-8
      {"\xc0\xaf", mark + mark},                                  // a longer form of '/'
      {"\xe0\x80\x8a", mark + mark + mark},                       // of a newline
      {"\xed\xa0\x80", mark + mark + mark},                       // half of a pair of UTF-16
      {"\xf4\x90\x80\x80", mark + mark + mark + mark},
      {"\xef\xbf\xbe", mark + mark + mark},  // noncharacters
      {"\xef\xb7\x90", mark + mark + mark},
      {"\xf4\x8f\xbf\xbf", mark + mark + mark + mark},
      {"\xe4\xba", mark + mark},  // the beginning of a character
      {"\xe4\xba\nx", mark + mark + mark + "x"},
  };
  for (const auto& [text, replaced] : others) {
    INFO(replaced);
    CHECK_FALSE(is_plain_text(text));
    CHECK(plain_text(text) == replaced);
    CHECK(is_plain_text(plain_text(text)));
  }
  CHECK(plain_text("a\n\tb\r", "\n\t") == "a\n\tb" + mark);
}

TEST_CASE("no text ends a string of gnuplot", "[text][injection]") {
  CHECK(gnuplot_quoted("it") == "'it'");
  CHECK(gnuplot_quoted("it's \\ `w` \"x\"") == R"("it\047s \\ \140w\140 \"x\"")");
  CHECK(gnuplot_quoted("a\nsystem('x')").find('\n') == std::string::npos);
  CHECK(gnuplot_quoted("\\") == "'\\'");
}
