// The result table of an experiment: per task and model, what was reached and what it took.
#pragma once

#include <string>

#include "analysis/format.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// "copy (length 20): solved when recall >= 0.99" and the like.
std::string task_heading(const TaskRuns& task);
// "baseline loss 0.462, optimum 0".
std::string task_references(const TaskRuns& task);

Table outcome_table(const TaskRuns& task);  // solved, Wilson interval, final test scores
Table cost_table(const TaskRuns& task);     // to solve, speed, size

std::string text_tables(const Study& study);  // for a terminal of 120 columns
std::string markdown_tables(const Study& study);
std::string csv_table(const Study& study);  // one row per task and model, full precision
Json json_table(const Study& study);        // the same as an array of objects

// What the columns mean, one sentence each.
std::vector<std::string> table_notes(const Study& study);

}  // namespace rnnbench::analysis
