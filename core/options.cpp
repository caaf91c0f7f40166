#include "core/options.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/plain_text.h"
#include "core/text.h"

namespace rnnbench::core {
namespace {

[[noreturn]] void refuse(const Option& option, const std::string& text) {
  std::string sentence = option.name + " = " + text + " is not " + allowed_values(option);
  if (option.kind == Option::Kind::choice) sentence += did_you_mean(text, option.choices);
  throw UserError(sentence);
}

bool in_range(const Option& option, double value) { return value >= option.min && value <= option.max; }
bool in_range(const Option& option, std::int64_t value) { return in_range(option, static_cast<double>(value)); }

void check_count(const Option& option, std::size_t values) {
  if (values > static_cast<std::size_t>(max_listed))
    throw UserError(option.name + ": the list has more than the maximum of " + std::to_string(max_listed) + " values");
}

// The elements of "first..last" or "first..last..step", a part of a list that has so many elements already.
std::vector<std::int64_t> range_elements(const Option& option, const std::string& text, std::size_t before) {
  const std::string name = option.name + " = " + text;
  const auto dots = text.find("..");
  const auto more = text.find("..", dots + 2);
  const auto first = parse_number<std::int64_t>(trim(text.substr(0, dots)));
  const auto last = parse_number<std::int64_t>(trim(text.substr(dots + 2, more - dots - 2)));
  const auto step = more == std::string::npos ? 1 : parse_number<std::int64_t>(trim(text.substr(more + 2)));
  if (!first || !last || !step || *step < 1 || *first > *last) {
    throw UserError(name +
                    " is not a valid range; write first..last or first..last..step, with whole numbers, "
                    "first <= last and step >= 1");
  }
  if (!in_range(option, *first) || !in_range(option, *last)) refuse(option, text);
  const std::int64_t count = (*last - *first) / *step + 1;
  if (count > max_listed) {
    throw UserError(name + " has " + std::to_string(count) + " values; at most " + std::to_string(max_listed) +
                    " are allowed");
  }
  check_count(option, before + static_cast<std::size_t>(count));
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(*first + i * *step);
  return values;
}

std::vector<std::string> list_elements(const Option& option, const std::string& text) {
  std::vector<std::string> parts = split(text);
  if (parts.size() > 1 && std::find(parts.begin(), parts.end(), "") != parts.end()) {
    throw UserError(option.name + " = " + text + " has an empty element; separate values by single commas");
  }
  return parts;
}

// The order of these numbers has no meaning, so the canonical list is sorted.
std::string canonical_integers(const Option& option, const std::string& text) {
  std::vector<std::int64_t> values;
  for (const std::string& part : list_elements(option, text)) {
    if (part.find("..") != std::string::npos) {
      const std::vector<std::int64_t> range = range_elements(option, part, values.size());
      values.insert(values.end(), range.begin(), range.end());
      continue;
    }
    const auto value = parse_number<std::int64_t>(part);
    if (!value || !in_range(option, *value)) refuse(option, part);
    values.push_back(*value);
  }
  check_count(option, values.size());
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return join(
      values, [](std::int64_t value) { return std::to_string(value); }, ",");
}

}  // namespace

std::string canonical_value(const Option& option, const std::string& text) {
  const std::string value = trim(text);
  if (option.default_value.empty() && (value.empty() || value == "unset")) return "";
  switch (option.kind) {
    case Option::Kind::integer:
      if (const auto number = parse_number<std::int64_t>(value); number && in_range(option, *number)) {
        return std::to_string(*number);
      }
      break;
    case Option::Kind::real:
      if (const auto number = parse_number<double>(value); number && in_range(option, *number))
        return number_text(*number);
      break;
    case Option::Kind::choice:
      if (std::find(option.choices.begin(), option.choices.end(), value) != option.choices.end()) return value;
      break;
    case Option::Kind::integers:
      return canonical_integers(option, value);
    case Option::Kind::text:
      if (!value.empty() && is_plain_text(value)) return value;
      break;
  }
  refuse(option, value);
}

std::vector<std::string> listed_values(const Option& option, const std::string& text) {
  if (option.kind == Option::Kind::integers || (option.kind == Option::Kind::text && !option.is_path))
    return {canonical_value(option, text)};
  std::vector<std::string> values;
  for (const std::string& part : list_elements(option, text)) {
    if (option.kind == Option::Kind::integer && part.find("..") != std::string::npos) {
      for (const std::int64_t value : range_elements(option, part, values.size()))
        values.push_back(std::to_string(value));
    } else {
      values.push_back(canonical_value(option, part));
    }
  }
  check_count(option, values.size());
  std::vector<std::string> unique;
  std::set<std::string> seen;
  for (std::string& value : values) {
    if (seen.insert(value).second) unique.push_back(std::move(value));
  }
  return unique;
}

std::string allowed_values(const Option& option) {
  const auto bound = [&](double value) {
    if (option.kind == Option::Kind::real) return number_text(value);
    return std::to_string(static_cast<std::int64_t>(value));
  };
  const std::string range = " from " + bound(option.min) + " to " + bound(option.max);
  const std::string unset = option.default_value.empty() ? " or unset" : "";
  switch (option.kind) {
    case Option::Kind::integer:
      return "a whole number" + range + unset;
    case Option::Kind::real:
      return "a number" + range + unset;
    case Option::Kind::integers:
      return "a comma-separated list of whole numbers" + range + unset;
    case Option::Kind::text:
      return "one line of UTF-8 text without control characters" + unset;
    case Option::Kind::choice:
      break;
  }
  const std::string names = join(option.choices);
  return (option.choices.size() == 1 ? names : "one of " + names) + unset;
}

Settings default_settings(const std::vector<Option>& options) {
  Settings settings;
  for (const Option& option : options) settings.set(option.name, option.default_value);
  return settings;
}

}  // namespace rnnbench::core
