// The tables of one finding on the page, as HTML with a heading; "" when there is nothing to show. `study` is
// finding_study of the result.
#pragma once

#include <string>

#include "analysis/study.h"
#include "findings/evaluation.h"

namespace rnnbench::findings {

// A heading within a section, and what follows it.
std::string titled(const std::string& title, const std::string& html);

// Every part of the comparison that decides, tuned and untuned: effect, boundary, p-value.
std::string deciding_table(const FindingResult& result);
// The further comparisons and shown numbers, grouped by the question that they answer; folded when there are many.
std::string further_tables(const FindingResult& result);
// All models of the experiment by the primary measure.
std::string models_table(const FindingResult& result, const Study& study);
std::string published_table(const FindingResult& result);
std::string tuning_table(const FindingResult& result, const Study& study);

}  // namespace rnnbench::findings
