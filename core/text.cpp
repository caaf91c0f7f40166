#include "core/text.h"

#include <cctype>
#include <sstream>

#include "core/plain_text.h"

namespace rnnbench::core {

std::string trim(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(space) - first + 1));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> pieces(1);
  int depth = 0;
  for (const char c : text) {
    depth += (c == '(' || c == '{') - (c == ')' || c == '}');
    if (c == separator && depth == 0)
      pieces.emplace_back();
    else
      pieces.back() += c;
  }
  for (std::string& piece : pieces) piece = trim(piece);
  return pieces;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += separator;
    text += parts[i];
  }
  return text;
}

std::vector<std::string> paragraphs(const std::string& text) {
  std::vector<std::string> found;
  bool inside = false;
  std::istringstream lines(text);
  for (std::string line, word; std::getline(lines, line);) {
    if (trim(line).empty()) inside = false;
    for (std::istringstream words(line); words >> word; inside = true) {
      if (inside)
        found.back() += " " + word;
      else
        found.push_back(word);
    }
  }
  return found;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string shell_quoted(const std::string& text) {
  constexpr std::string_view plain = "-_./=,:+";
  bool needs_quotes = text.empty();
  for (const char c : text)
    needs_quotes |= !std::isalnum(static_cast<unsigned char>(c)) && plain.find(c) == std::string_view::npos;
  return needs_quotes ? "'" + replace_all(text, "'", "'\\''") + "'" : text;
}

std::string gnuplot_quoted(std::string_view text) {
  const std::string plain = plain_text(text);
  // Two single quotes stand for one between other characters only: at the beginning of a string, and after two others,
  // they end it. And in double quotes, backquotes would be a command.
  if (plain.find('\'') == std::string::npos) return "'" + plain + "'";
  std::string quoted = "\"";
  for (const char c : plain) {
    if (c == '\'')
      quoted += "\\047";
    else if (c == '`')
      quoted += "\\140";
    else if (c == '"' || c == '\\')
      quoted += {'\\', c};
    else
      quoted += c;
  }
  return quoted + "\"";
}

std::string json_quoted(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string quoted = "\"";
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\') {
      quoted += {'\\', static_cast<char>(c)};
    } else if (c < 0x20) {
      quoted += "\\u00";
      quoted += {digits[c >> 4], digits[c & 15]};
    } else {
      quoted += static_cast<char>(c);
    }
  }
  return quoted + "\"";
}

std::string number_text(double value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value == 0 ? 0.0 : value);
  return {buffer, result.ptr};
}

}  // namespace rnnbench::core
