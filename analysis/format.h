// Numbers as text, and tables in four formats (LaTeX: analysis/latex.h).
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/namespaces.h"
#include "core/text.h"

namespace rnnbench::analysis {

std::string thousands(double value);    // rounded to a whole number, with separators: "12,345"
std::string significant(double value);  // three significant digits: "0.00123", "12.3", "1,230", "1.23e-5"; "inf", "nan"
std::string score_text(double value);   // four decimals between 0.1 and 10, otherwise three digits: "0.9987", "12"
std::string fixed_text(double value, int decimals);
std::size_t characters(const std::string& text);                  // of UTF-8
std::string counted(std::size_t count, const std::string& noun);  // "1 run", "2 runs"

// Rows of cells under titled columns.
struct Table {
  struct Column {
    std::string title;
    bool right = true;      // right-aligned, as for numbers
    bool markdown = false;  // the cells are Markdown, which markdown() copies
    bool by_value = right;  // pages sort by the first number in a cell, otherwise by the text
    bool once = false;      // text and pages leave out what equals the cell above
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
  // For pages: what cells (row, column) are sorted by if it is not their first number; and the number of each row's
  // model, empty if the rows cannot be switched off.
  std::map<std::pair<std::size_t, std::size_t>, double> values = {};
  std::vector<std::size_t> models = {};
  std::string name = {};  // what the rows say, where several tables belong together: "scores"

  bool repeats(std::size_t row, std::size_t column) const;  // whether the cell is left out because of `once`
  std::string text() const;                                 // columns padded with spaces, a line below the titles
  std::string markdown() const;                             // GitHub-flavored
  std::string csv() const;                                  // RFC 4180, but lines end in \n
  std::string html() const;                                 // a <table> element, which report_script can sort
};

// Text that Markdown (GitHub-flavored, also within a table) shows as it is: no HTML, links, emphasis or code.
std::string markdown_escape(const std::string& text);
std::string markdown_link(const std::string& text, const std::string& path);
std::string html_escape(const std::string& text);  // for text and attribute values

}  // namespace rnnbench::analysis
