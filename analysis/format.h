// Numbers as text for readers, and tables of text in four formats.
#pragma once

#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::analysis {

std::string thousands(double value);    // rounded to a whole number: "12,345"
std::string significant(double value);  // three significant digits: "0.00123", "12.3", "1,230", "1.23e-5"
std::string score_text(double value);   // four decimals where three digits hide the difference: "0.9987"; "12"
std::string fixed_text(double value, int decimals);
std::string exact_text(double value);  // the shortest text that reads back as the same number

// Rows of cells under titled columns.
struct Table {
  struct Column {
    std::string title;
    bool right = true;  // aligned to the right, as numbers are
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;

  std::string text() const;      // columns padded with spaces, a rule under the titles
  std::string markdown() const;  // a GitHub-flavoured table
  std::string csv() const;       // RFC 4180, lines end in \n
  std::string html() const;      // <table>
};

std::string csv_field(const std::string& text);    // quoted where RFC 4180 asks for it
std::string html_escape(const std::string& text);  // for text and for attribute values
std::string join(const std::vector<std::string>& parts, const std::string& separator);

}  // namespace rnnbench::analysis
