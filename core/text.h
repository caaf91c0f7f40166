// Splitting, joining, quoting and number parsing, for messages, tables, INI files and scripts.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

// The text without spaces, tabs and line ends at either end.
std::string trim(std::string_view text);

// The pieces between separators, each trimmed: "a, b,c" at ',' is {"a", "b", "c"}, "" is {""}. A separator inside
// parentheses or braces does not split: "gru (hidden 4, layers 2), lstm" has two pieces.
std::vector<std::string> split(std::string_view text, char separator = ',');

// "a, b, c".
std::string join(const std::vector<std::string>& parts, std::string_view separator = ", ");

// The paragraphs of a text, which blank lines separate. Each becomes one line with single spaces between words, so that
// the text may be wrapped and indented in any way.
std::vector<std::string> paragraphs(const std::string& text);

// Joins the texts that `text_of` makes of the elements of a container.
template <class Container, class TextOf>
requires std::invocable<TextOf&, const typename Container::value_type&> std::string join(
    const Container& elements, TextOf&& text_of, std::string_view separator = ", ") {
  std::vector<std::string> parts;
  for (const auto& element : elements) parts.push_back(text_of(element));
  return join(parts, separator);
}

// Every `from` replaced by `to`.
std::string replace_all(std::string text, std::string_view from, std::string_view to);

// The text as one word of a POSIX shell (quoted only where necessary), or as a string constant of gnuplot or JSON.
std::string shell_quoted(const std::string& text);  // 'it'\''s'
std::string gnuplot_quoted(std::string_view text);  // 'it', "it\047s"
std::string json_quoted(std::string_view text);     // "a \"b\""

// The number, when the whole text is one: spaces or a leading '+' are refused, as are numbers that do not fit T.
// Independent of the locale. As doubles, "inf" and "nan" are numbers.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

// The shortest text that reads back as the same number; "0" for -0.
std::string number_text(double value);

}  // namespace rnnbench::core
