#include "core/csv.h"

#include <algorithm>
#include <sstream>

#include "core/error.h"
#include "core/plain_text.h"
#include "core/text.h"

namespace rnnbench::core {
namespace {

const std::string utf8_mark = "\xef\xbb\xbf";  // spreadsheets write it in front of UTF-8 text

// The fields of one line. `here` is "file:line: ".
std::vector<std::string> fields_of(const std::string& line, const std::string& here) {
  std::vector<std::string> fields;
  for (std::size_t at = 0; at <= line.size(); ++at) {
    std::size_t end = std::min(line.find(',', at), line.size());
    std::string field = trim(line.substr(at, end - at));
    if (field.starts_with('"')) {
      field.clear();
      for (at = line.find('"', at) + 1;; ++at) {
        const auto quote = line.find('"', at);
        if (quote == std::string::npos)
          throw UserError(here + "a field that begins with a quote has no quote at its end on this line");
        field += line.substr(at, quote - at);
        at = quote + 1;
        if (at >= line.size() || line[at] != '"') break;
        field += '"';
      }
      end = std::min(line.find(',', at), line.size());
      if (!trim(line.substr(at, end - at)).empty())
        throw UserError(here + "there is text behind the quote that ends a field; write a quote within it twice");
      field = trim(field);
    } else if (field.find('"') != std::string::npos) {
      throw UserError(here + "a quote stands within a field; put the field in quotes and write this quote twice");
    }
    fields.push_back(std::move(field));
    at = end;
  }
  return fields;
}

}  // namespace

std::vector<CsvLine> csv_lines(const std::string& file, const std::string& text) {
  std::vector<CsvLine> lines;
  std::istringstream stream(text);
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    const std::string here = file + ":" + std::to_string(++number) + ": ";
    if (number == 1 && line.starts_with(utf8_mark)) line.erase(0, utf8_mark.size());
    if (line.ends_with('\r')) line.pop_back();
    if (!is_plain_text(line))
      throw UserError(here +
                      "the line contains a control character, such as a tab, or is not UTF-8; a CSV file is "
                      "plain text with commas between the fields");
    if (!trim(line).empty()) lines.push_back({number, fields_of(line, here)});
  }
  return lines;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return "\"" + replace_all(text, "\"", "\"\"") + "\"";
}

}  // namespace rnnbench::core
