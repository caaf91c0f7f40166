#include "tasks/sequences/json_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace rnnbench::tasks {

void JsonReader::refuse(const std::string& what) const {
  throw UserError(path_ + ":" + std::to_string(line_) + ": " + what);
}

char JsonReader::peek() {
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '\n') ++line_;
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return c;
  }
  return 0;
}

bool JsonReader::take(char c) {
  if (peek() != c) return false;
  ++at_;
  return true;
}

void JsonReader::expect(char c, const std::string& where) {
  if (!take(c)) refuse("expected '" + std::string(1, c) + "' " + where + ", found " + found());
}

void JsonReader::end() {
  if (peek() != 0) refuse("expected nothing more, found " + found());
}

template <class Number, class Allowed>
std::optional<Number> JsonReader::take_if(Allowed allowed) {
  const char next = peek();
  if (next != '-' && (next < '0' || next > '9')) return std::nullopt;
  const char *begin = text_.data() + at_, *last = text_.data() + text_.size();
  Number value{};
  const auto [end, error] = std::from_chars(begin, last, value);
  const char* const digits = begin + (next == '-');
  const bool leading_zero = end - digits > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
  const bool ends = end == last || std::string_view(",]} \t\r\n").find(*end) != std::string_view::npos;
  if (error != std::errc() || leading_zero || !ends || !allowed(value)) return std::nullopt;
  at_ += static_cast<std::size_t>(end - begin);
  return value;
}

std::optional<int> JsonReader::take_number(int max) {
  if (peek() == '-') return std::nullopt;  // also -0
  return take_if<int>([max](int value) { return value <= max; });
}

int JsonReader::number(int max, const std::string& what) {
  if (const auto value = take_number(max)) return *value;
  refuse("expected " + what + ", a whole number from 0 to " + std::to_string(max) + ", found " + found());
}

float JsonReader::real(const std::string& what) {
  constexpr double max = std::numeric_limits<float>::max();
  if (const auto value = take_if<double>([](double x) { return std::abs(x) <= max; }))
    return static_cast<float>(*value);
  refuse("expected " + what + ", a number between -3.4e38 and 3.4e38, found " + found());
}

std::string JsonReader::name(const std::string& where) {
  expect('"', where);
  const std::size_t end = text_.find_first_of("\"\\\n", at_);
  if (end == std::string_view::npos || text_[end] != '"') refuse("expected a closing quotation mark " + where);
  const std::string read(text_.substr(at_, end - at_));
  at_ = end + 1;
  return read;
}

std::string JsonReader::found() {
  if (peek() == 0) return "the end of the text";
  constexpr std::string_view punctuation = ",[]{}";
  const std::size_t end = punctuation.find(text_[at_]) != std::string_view::npos
                              ? at_ + 1
                              : std::min(text_.find_first_of(" \t\r\n,[]{}", at_), at_ + 20);
  std::string word(text_.substr(at_, end - at_));
  for (char& c : word)
    if (c < ' ' || c > '~') c = '?';
  return word;
}

}  // namespace rnnbench::tasks
