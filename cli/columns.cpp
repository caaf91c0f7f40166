#include "cli/columns.h"

#include <algorithm>
#include <sstream>

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
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

void print_paragraphs(std::ostream& out, const std::string& text, int indent, int width) {
  for (const std::string& paragraph : paragraphs(text)) {
    std::istringstream words(paragraph);
    std::string line(indent, ' '), word;
    words >> word;
    line += word;
    while (words >> word) {
      if (line.size() + 1 + word.size() > static_cast<std::size_t>(width)) {
        out << line << '\n';
        line = std::string(indent + 2, ' ') + word;
      } else {
        line += " " + word;
      }
    }
    out << line << '\n';
  }
}

}  // namespace rnnbench::cli
