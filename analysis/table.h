// The result tables of an experiment: scores and costs of each model on each task.
#pragma once

#include <optional>
#include <string>

#include "analysis/format.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// "copy (length 20): solved when recall >= 0.99".
std::string task_heading(const TaskRuns& task);
// "memoryless baseline loss 0.462, optimum 0", or "" without records.
std::string task_references(const TaskRuns& task);

Table outcome_table(const TaskRuns& task);  // solved runs with Wilson interval, final test scores
// Test scores by length, one row for each model and length; nothing if runs were tested at the length of training only.
std::optional<Table> length_table(const TaskRuns& task);
Table cost_table(const TaskRuns& task);  // time to solve, speed, size

std::string text_tables(const Study& study);  // for a terminal
std::string markdown_tables(const Study& study);
std::string latex_tables(const Study& study);
std::string csv_table(const Study& study);  // one row per task and model, full precision
Json json_table(const Study& study);        // the same as an array of objects

// "the weights after the last update"; or, with keep = best, those of the best validation score; or which are which.
std::string tested_weights(const Study& study);
// Footnotes that explain the columns.
std::vector<std::string> table_notes(const Study& study);

}  // namespace rnnbench::analysis
