// Tables in LaTeX.
#pragma once

#include <string>

#include "analysis/format.h"

namespace rnnbench::analysis {

// What a document needs to include latex_table(), as a comment.
inline constexpr const char* latex_preamble = "% in the preamble: \\usepackage{array, booktabs}\n";

// A table environment with this caption, and "tab:" with `label` for references, in which what is
// neither letter nor digit may be replaced; different ones stay different. If the table is wider than the text of
// a page, the lines of its widest columns are broken.
std::string latex_table(const Table& table, const std::string& caption, const std::string& label);

// Text that prints as it is written with pdflatex and the encoding OT1; a minus before a digit becomes that of
// mathematics, and a character that cannot be printed its number, as in [U+1F600].
std::string latex_escape(const std::string& text);

}  // namespace rnnbench::analysis
