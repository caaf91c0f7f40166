// The tables of one finding on the page, as HTML with a heading; "" when there is nothing to show. `study` is
// finding_study of the result.
#pragma once

#include <filesystem>
#include <string>

#include "analysis/study.h"
#include "findings/evaluation.h"

namespace rnnbench::findings {

// A heading within a section, and what follows it.
std::string titled(const std::string& title, const std::string& html);
// A figure from its SVG file, with a prefix that makes its ids unique; a sentence if it was not drawn.
std::string svg_figure(const std::filesystem::path& file, const std::string& prefix, const std::string& description);

// Every part of the comparison that decides: effects after A and B, interval, boundary, p-value and verdict.
std::string deciding_table(const FindingResult& result);
// The further comparisons and shown numbers, grouped by the question that they answer; folded when there are many.
std::string further_tables(const FindingResult& result);
// All models of the experiment by the primary measure.
std::string models_table(const FindingResult& result, const Study& study);
// "What was published": numbers of others beside ours.
std::string published_section(const FindingResult& result);

}  // namespace rnnbench::findings
