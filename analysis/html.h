// Building blocks of HTML pages. They escape every text, so callers must not. Parameters named `table` or `body` are
// HTML.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis/study.h"

namespace rnnbench::analysis {

// "<p class="soft">text</p>\n"
std::string element(const std::string& tag, const std::string& text, const std::string& style = "");
// Lets a table that is wider than the page scroll; `wrap`: breaks lines within cells instead.
std::string scrolling(const std::string& table, bool wrap = false);
// A <dl> of terms and explanations.
std::string definitions(const std::vector<std::pair<std::string, std::string>>& entries);

// A complete page that contains its style sheet and its script.
std::string html_page(const std::string& title, const std::string& style, const std::string& script,
                      const std::string& body);

// The SVG of a figure for use inside a page: without XML header, and with a prefix that makes its ids unique. A prefix
// of other characters than letters, digits and '-' throws std::logic_error.
std::string inline_svg(const std::string& svg, const std::string& prefix, const std::string& description);

// A table of the software and hardware that produced the records, with total CPU time (s) and peak memory (MiB).
std::string environment_table(const std::vector<const Run*>& runs);

}  // namespace rnnbench::analysis
