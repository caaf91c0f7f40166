// Tables and paragraphs for a terminal.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::cli {

// Prints rows of left-aligned cells with two spaces between columns, indented by `indent` spaces.
void print_columns(std::ostream& out, const std::vector<std::vector<std::string>>& rows, int indent = 0);

// Text broken at spaces into lines of at most `width` characters. (A longer word has a line of its own.)
std::vector<std::string> wrapped(const std::string& text, int width);

// Prints the paragraphs of a text (see core/text.h) in lines of at most `width` characters, indented by `indent`
// spaces. All lines of a paragraph but the first are indented by two more.
void print_paragraphs(std::ostream& out, const std::string& text, int indent = 0, int width = 100);

}  // namespace rnnbench::cli
