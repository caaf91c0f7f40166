// What the pages are put together from. Every text is escaped here, so that callers pass it as it is.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis/study.h"

namespace rnnbench::analysis {

// "<p class="soft">text</p>\n"
std::string element(const std::string& tag, const std::string& text, const std::string& style = "");
// A table that may be wider than the page; `wrap`: with cells that break their lines.
std::string scrolling(const std::string& table, bool wrap = false);
// <dl> of terms and explanations.
std::string definitions(const std::vector<std::pair<std::string, std::string>>& entries);
std::string counted(std::size_t count, const std::string& noun);  // "1 run", "2 runs"

// A whole page with the style sheet inside; `body` is HTML.
std::string html_page(const std::string& title, const std::string& style, const std::string& body);

// The SVG of a figure for use inside a page: no XML header, ids made unique by a prefix.
std::string inline_svg(const std::string& svg, const std::string& prefix, const std::string& description);

// A table of what the records were made with and on, and the CPU time (seconds) and memory (MiB) they took.
std::string environment_table(const std::vector<const Run*>& runs);

}  // namespace rnnbench::analysis
