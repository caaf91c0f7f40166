// CSV files (RFC 4180): one record on each line, fields between commas.
#pragma once

#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

struct CsvLine {
  int number = 0;                   // in the file, from 1
  std::vector<std::string> fields;  // without quotes, and without spaces at either end
};

// The lines of a CSV file; blank ones are left out. Lines may end in \r\n, and a byte order mark is ignored. A field in
// quotes may contain commas and, doubled, quotes; it may not contain line ends, because it would be a name or a number.
// Throws UserError that begins with "file:line: " for text that is not plain UTF-8 (core/plain_text.h), a quoted field
// that does not end, and text beside the quotes of a field.
std::vector<CsvLine> csv_lines(const std::string& file, const std::string& text);

std::string csv_field(const std::string& text);  // quoted where RFC 4180 requires it

}  // namespace rnnbench::core
