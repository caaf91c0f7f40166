#include "cli/columns.h"

#include <algorithm>
#include <sstream>

#include "core/plain_text.h"
#include "core/text.h"

namespace rnnbench::cli {

void print_columns(std::ostream& out, const std::vector<std::vector<std::string>>& rows, int indent) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += plain_text(row[i]) + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

std::vector<std::string> wrapped(const std::string& text, int width) {
  std::vector<std::string> lines;
  std::string line;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!line.empty() && line.size() + 1 + word.size() > static_cast<std::size_t>(width)) {
      lines.push_back(line);
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  lines.push_back(line);
  return lines;
}

void print_paragraphs(std::ostream& out, const std::string& text, int indent, int width) {
  for (const std::string& paragraph : paragraphs(text)) {
    std::string spaces(indent, ' ');
    for (const std::string& line : wrapped(paragraph, width - indent - 2)) {
      out << spaces << line << '\n';
      spaces = std::string(indent + 2, ' ');
    }
  }
}

}  // namespace rnnbench::cli
