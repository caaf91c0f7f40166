#include "cli/columns.h"

#include <algorithm>
#include <sstream>

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
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

std::vector<std::string> wrapped(const std::string& text, int width) {
  std::vector<std::string> result;
  std::istringstream lines(text);
  for (std::string source; std::getline(lines, source);) {
    std::istringstream words(source);
    std::string line;
    for (std::string word; words >> word;) {
      if (!line.empty() && line.size() + 1 + word.size() > static_cast<std::size_t>(width)) {
        result.push_back(line);
        line.clear();
      }
      line += (line.empty() ? "" : " ") + word;
    }
    result.push_back(line);
  }
  return result;
}

void print_paragraph(std::ostream& out, const std::string& text, int indent, int width) {
  for (const std::string& line : wrapped(text, width - indent))
    out << std::string(line.empty() ? 0 : indent, ' ') << line << '\n';
}

}  // namespace rnnbench::cli
