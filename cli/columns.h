// Text in columns, for a reader at a terminal.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::cli {

// Rows of cells, left-aligned, two spaces between columns, each line indented by `indent` spaces.
void print_columns(std::ostream& out, const std::vector<std::vector<std::string>>& rows, int indent = 0);

// Text broken at spaces into lines of at most `width` characters, each indented.
void print_paragraph(std::ostream& out, const std::string& text, int indent = 0, int width = 100);

}  // namespace rnnbench::cli
