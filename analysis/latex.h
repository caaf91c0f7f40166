// Tables in LaTeX.
#pragma once

#include <string>

#include "analysis/format.h"

namespace rnnbench::analysis {

// What a document needs to include latex_table(), as a comment.
inline constexpr const char* latex_preamble = "% in the preamble: \\usepackage{array, booktabs}\n";

// A table environment with this caption, and "tab:" with `label` for references. If the table is wider than the text of
// a page, the lines of its widest columns are broken.
std::string latex_table(const Table& table, const std::string& caption, const std::string& label);

std::string latex_escape(const std::string& text);  // a minus before a digit becomes that of mathematics

}  // namespace rnnbench::analysis
