// Tables and paragraphs for a terminal.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::cli {

// Prints rows of left-aligned cells with two spaces between columns, indented by `indent` spaces.
void print_columns(std::ostream& out, const std::vector<std::vector<std::string>>& rows, int indent = 0);

// Text broken at spaces into lines of at most `width` characters (a longer word has its own line). A line break in the
// text is kept.
std::vector<std::string> wrapped(const std::string& text, int width);

// Prints text in lines of at most `width` characters, the indent included; breaks lines at spaces.
void print_paragraph(std::ostream& out, const std::string& text, int indent = 0, int width = 100);

}  // namespace rnnbench::cli
