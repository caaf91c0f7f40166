#include "analysis/latex.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <sstream>
#include <string_view>

#include "core/plain_text.h"

namespace rnnbench::analysis {
namespace {

// In the font size of tables: the width of the text of the class article, of a character (more than that of a digit, so
// that most words fit), and of the space between two columns.
constexpr double text_points = 345, character_points = 4.5, gap_points = 6;

// In characters: what a column takes on one line, and at least, if its lines are broken at spaces. No cell has more
// than about five lines, so that sentences remain readable.
struct ColumnWidth {
  std::size_t now = 0, least = 0;
  bool broken = false;
  void contain(const std::string& cell) {
    now = std::max(now, characters(cell));
    least = std::max(least, characters(cell) / 4);
    std::istringstream words(cell);
    for (std::string word; words >> word;) least = std::max(least, characters(word));
  }
};

// Narrows the widest columns that can be broken until the table fits, or no column can be broken further.
std::vector<ColumnWidth> column_widths(const Table& table) {
  std::vector<ColumnWidth> widths(table.columns.size());
  double free_points = text_points + gap_points;
  for (std::size_t c = 0; c < widths.size(); ++c) {
    widths[c].contain(table.columns[c].title);
    for (const auto& row : table.rows) widths[c].contain(row[c]);
    free_points -= character_points * static_cast<double>(widths[c].now) + gap_points;
  }
  while (free_points < 0) {
    const auto room = [](const ColumnWidth& w) { return w.now > w.least ? w.now : 0; };
    const auto widest = std::max_element(widths.begin(), widths.end(),
                                         [&](const ColumnWidth& a, const ColumnWidth& b) { return room(a) < room(b); });
    if (widest == widths.end() || room(*widest) == 0) break;
    --widest->now;
    widest->broken = true;
    free_points += character_points;
  }
  return widths;
}

std::string column_type(const Table::Column& column, const ColumnWidth& width) {
  if (!width.broken) return column.right ? "r" : "l";
  return std::string(">{\\ragged") + (column.right ? "left" : "right") + "\\arraybackslash}p{" +
         fixed_text(character_points * static_cast<double>(width.now), 0) + "pt}";
}

// The character of UTF-8 that begins at plain[i], as pdflatex prints it in the encoding OT1, or its number. Leaves i at
// its last byte.
std::string beyond_ascii(std::string_view plain, std::size_t& i) {
  // Of Latin-1 and Latin Extended-A, those that OT1 does not have; beyond them, those that it has.
  static const std::u32string missing = U"«»ÐÞðþĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲųſ", more = U"–—‘’“”†‡•…";
  const auto lead = static_cast<unsigned char>(plain[i]);
  const std::size_t begin = i, size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t code = lead & (0x7fu >> size);
  while (++i < begin + size) code = (code << 6) | (static_cast<unsigned char>(plain[i]) & 0x3fu);
  --i;
  if (code < 0x180 ? missing.find(code) == missing.npos : more.find(code) != more.npos)
    return std::string(plain.substr(begin, size));
  char number[16];
  std::snprintf(number, sizeof number, "[U+%04X]", static_cast<unsigned>(code));
  return number;
}

std::string tabular(const Table& table) {
  std::string text = "\\begin{tabular}{@{}";
  const std::vector<ColumnWidth> widths = column_widths(table);
  for (std::size_t c = 0; c < widths.size(); ++c) text += column_type(table.columns[c], widths[c]);
  text += "@{}}\n\\toprule\n";
  const auto add_line = [&](auto&& cell) {
    for (std::size_t c = 0; c < widths.size(); ++c) {
      const std::string escaped = latex_escape(cell(c));
      // A '*' or '[' behind the \\ of the row before would be its argument.
      text += c > 0 ? " & " : escaped.starts_with('*') || escaped.starts_with('[') ? "{}" : "";
      text += escaped;
    }
    text += " \\\\\n";
  };
  add_line([&](std::size_t c) { return table.columns[c].title; });
  text += "\\midrule\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r)
    add_line([&](std::size_t c) { return table.repeats(r, c) ? "" : table.rows[r][c]; });
  return text + "\\bottomrule\n\\end{tabular}\n";
}

// Different texts get different labels: a blank becomes '-', '-' becomes '--', and all that has a meaning in LaTeX or
// is not ASCII becomes a number, as does a blank behind '-'.
std::string label_text(const std::string& text) {
  std::string label;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || std::string_view("()+=").find(c) != std::string_view::npos) {
      label += c;
    } else if (c == '-') {
      label += "--";
    } else if (c == ' ' && !label.ends_with('-')) {
      label += '-';
    } else {
      char number[16];
      std::snprintf(number, sizeof number, ".%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      label += number;
    }
  }
  return label;
}

}  // namespace

std::string latex_table(const Table& table, const std::string& caption, const std::string& label) {
  return "\\begin{table}\n\\centering\n\\footnotesize\n\\setlength{\\tabcolsep}{" + fixed_text(gap_points / 2, 0) +
         "pt}\n\\setlength{\\abovetopsep}{4pt}\n\\caption{" + latex_escape(caption) +
         "}\n\\label{tab:" + label_text(label) + "}\n" + tabular(table) + "\\end{table}\n";
}

std::string latex_escape(const std::string& text) {
  // Not the command textquotedbl, which the default encoding OT1 does not have.
  static const std::map<char, std::string> commands = {{'\\', "\\textbackslash{}"},
                                                       {'~', "\\textasciitilde{}"},
                                                       {'^', "\\textasciicircum{}"},
                                                       {'<', "$<$"},
                                                       {'>', "$>$"},
                                                       {'|', "\\textbar{}"},
                                                       {'`', "\\textasciigrave{}"},
                                                       {'"', "\\texttt{\\char34}"}};
  const std::string plain = plain_text(text);
  std::string escaped;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const char c = plain[i];
    const bool begins = i == 0 || std::string_view(" [(").find(plain[i - 1]) != std::string_view::npos;
    const bool joins = i > 0 && c == plain[i - 1] && std::string_view("-,'").find(c) != std::string_view::npos;
    if (joins) escaped += "{}";  // two of these are another character: a dash, a quote
    if (const auto command = commands.find(c); command != commands.end())
      escaped += command->second;
    else if (c == '-' && begins && i + 1 < plain.size() && std::isdigit(static_cast<unsigned char>(plain[i + 1])))
      escaped += "$-$";
    else if (std::string_view("&%$#_{}").find(c) != std::string_view::npos)
      escaped += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x80)
      escaped += c;
    else
      escaped += beyond_ascii(plain, i);
  }
  return escaped;
}

}  // namespace rnnbench::analysis
