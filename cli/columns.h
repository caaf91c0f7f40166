// Text in columns, for a reader at a terminal.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::cli {

// Rows of cells, left-aligned, two spaces between columns, each line indented by `indent` spaces.
void print_columns(std::ostream& out, const std::vector<std::vector<std::string>>& rows, int indent = 0);

// The paragraphs of a text (see core/text.h), broken at spaces into lines of at most `width` characters. The lines of a
// paragraph after its first are indented by two more spaces.
void print_paragraphs(std::ostream& out, const std::string& text, int indent = 0, int width = 100);

}  // namespace rnnbench::cli
