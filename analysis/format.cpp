#include "analysis/format.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>

#include "core/csv.h"
#include "core/plain_text.h"

namespace rnnbench::analysis {

namespace {

std::string padded(const std::string& text, std::size_t to, bool right) {
  const std::string plain = plain_text(text), space(to - characters(text), ' ');
  return right ? space + plain : plain + space;
}

std::string shown(const Table& table, std::size_t row, std::size_t column) {
  return table.repeats(row, column) ? "" : table.rows[row][column];
}

std::string trimmed_right(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::string fixed_text(double value, int decimals) {
  char buffer[400];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals).ptr};
}

std::string thousands(double value) {
  std::string digits = fixed_text(std::abs(value), 0);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(digits.begin() + at, ',');
  if (value < 0 && digits != "0") digits.insert(digits.begin(), '-');
  return digits;
}

std::string significant(double value) {
  if (value == 0) return "0";
  if (std::isnan(value)) return "nan";  // whatever its sign
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[32];
  const std::string scientific{
      buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific, 2).ptr};
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));  // after rounding
  if (exponent >= 3 && exponent < 15) return thousands(value);
  if (exponent >= -3 && exponent < 3) return fixed_text(value, 2 - exponent);
  return scientific.substr(0, scientific.find('e') + 1) + std::to_string(exponent);
}

std::string score_text(double value) {
  if (value == std::round(value) && std::abs(value) < 1e15) return thousands(value);
  return std::abs(value) >= 0.1 && std::abs(value) < 10 ? fixed_text(value, 4) : significant(value);
}

std::size_t characters(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; });
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

bool Table::repeats(std::size_t row, std::size_t column) const {
  return columns[column].once && row > 0 && rows[row][column] == rows[row - 1][column];
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    widths.push_back(characters(columns[c].title));
    for (const auto& row : rows) widths[c] = std::max(widths[c], characters(row[c]));
  }
  std::string text;
  const auto add_line = [&](auto&& cell) {
    std::string line;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      line += (c ? "  " : "") + padded(cell(c), widths[c], columns[c].right);
    }
    text += trimmed_right(line) + "\n";
  };
  add_line([&](std::size_t c) { return columns[c].title; });
  add_line([&](std::size_t c) { return std::string(widths[c], '-'); });
  for (std::size_t r = 0; r < rows.size(); ++r) add_line([&](std::size_t c) { return shown(*this, r, c); });
  return text;
}

std::string Table::markdown() const {
  std::string text = "|", rule = "|";
  for (const Column& column : columns) {
    text += " " + markdown_escape(column.title) + " |";
    rule += column.right ? " ---: |" : " --- |";
  }
  text += "\n" + rule + "\n";
  for (std::size_t r = 0; r < rows.size(); ++r) {
    text += "|";
    for (std::size_t c = 0; c < columns.size(); ++c)
      text += " " + (columns[c].markdown ? shown(*this, r, c) : markdown_escape(shown(*this, r, c))) + " |";
    text += "\n";
  }
  return text;
}

std::string Table::csv() const {
  std::string text;
  const auto add_line = [&](auto&& cell) {
    for (std::size_t c = 0; c < columns.size(); ++c) text += (c ? "," : "") + csv_field(cell(c));
    text += "\n";
  };
  add_line([&](std::size_t c) { return columns[c].title; });
  for (const auto& row : rows) add_line([&](std::size_t c) { return row[c]; });
  return text;
}

std::string Table::html() const {
  std::string text = "<table>\n<thead><tr>";
  const auto attribute = [](const std::string& key, const std::string& value) {
    return value.empty() ? "" : " " + key + "=\"" + value + "\"";
  };
  for (const Column& column : columns) {
    const std::string kind = column.title.empty() ? "" : column.by_value ? "number" : "text";
    text += "<th" + attribute("class", column.right ? "number" : "") + attribute("data-sort", kind) + ">" +
            html_escape(column.title) + "</th>";
  }
  text += "</tr></thead>\n<tbody>\n";
  for (std::size_t r = 0; r < rows.size(); ++r) {
    text += "<tr" + attribute("data-model", models.empty() ? "" : std::to_string(models[r])) + ">";
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto value = values.find({r, c});
      text += "<td" +
              attribute("class", columns[c].right ? "number"
                                 : repeats(r, c)  ? "again"
                                                  : "") +
              attribute("data-value", value == values.end() ? "" : number_text(value->second)) + ">" +
              html_escape(rows[r][c]) + "</td>";
    }
    text += "</tr>\n";
  }
  return text + "</tbody>\n</table>\n";
}

namespace {

std::string escaped_for_markdown(const std::string& text, bool brackets) {
  const std::string plain = plain_text(text);
  const auto at = [&](std::size_t i) { return i < plain.size() ? plain[i] : ' '; };
  const auto word = [&](std::size_t i) { return static_cast<unsigned char>(at(i)) >= 0x80 || std::isalnum(at(i)); };
  std::string escaped;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const char c = plain[i], before = i > 0 ? plain[i - 1] : ' ', after = at(i + 1);
    // Only where a character has a meaning, so that numbers, intervals and names stay readable in the source.
    const bool alone = before == ' ' && after == ' ', inside = i > 0 && word(i - 1) && word(i + 1);
    const bool entity = c == '&' && (word(i + 1) || after == '#');
    const bool tag = c == '<' && (word(i + 1) || after == '/' || after == '!' || after == '?');
    const bool link = (brackets && (c == '[' || c == ']')) ||
                      (c == ']' && (after == '(' || after == '[' || after == ':')) || (c == '[' && before == '!');
    const bool emphasis = ((c == '*' || c == '~') && !alone) || (c == '_' && !alone && !inside);
    if (entity)
      escaped += "&amp;";
    else if (tag)
      escaped += "&lt;";
    else if (c == '|' || c == '`' || c == '\\' || link || emphasis)
      escaped += {'\\', c};
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace

std::string markdown_escape(const std::string& text) { return escaped_for_markdown(text, false); }

std::string markdown_link(const std::string& text, const std::string& path) {
  constexpr std::string_view plain = "-._~/", digits = "0123456789ABCDEF";
  std::string target;
  for (const unsigned char c : path) {
    if (c < 0x80 && (std::isalnum(c) || plain.find(static_cast<char>(c)) != std::string_view::npos))
      target += static_cast<char>(c);
    else
      target += {'%', digits[c >> 4], digits[c & 15]};
  }
  return "[" + escaped_for_markdown(text, true) + "](" + target + ")";
}

std::string html_escape(const std::string& text) {
  std::string html = plain_text(text, "\n\t");
  for (const auto& [character, entity] : {std::pair{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}})
    html = replace_all(std::move(html), character, entity);
  return html;
}

}  // namespace rnnbench::analysis
