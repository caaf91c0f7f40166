// The result tables of an experiment: scores and costs of each model on each task.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/format.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// "copy (length 20): solved when recall >= 0.99".
std::string task_heading(const TaskRuns& task);
// "memoryless baseline loss 0.462, optimum 0", or "" without records.
std::string task_references(const TaskRuns& task);

// Settings and references, or what there is of both.
std::string task_details(const TaskRuns& task);

Table outcome_table(const TaskRuns& task);  // solved runs with Wilson interval, final test scores
// Test scores by length, one row for each model and length; nothing if runs were tested at the length of training only.
std::optional<Table> length_table(const TaskRuns& task);
Table cost_table(const TaskRuns& task);  // time to solve, speed, size
// What the files of imported runs say beside the scores; nothing without such runs.
std::optional<Table> imported_table(const TaskRuns& task);
// Those of the four that the task has. Imported runs are in the first and the last only. Rows begin with a model's
// label.
std::vector<Table> task_tables(const TaskRuns& task);

// All tables with their notes; table_rows.h has the same results for other programs.
std::string text_tables(const Study& study);  // for a terminal
std::string markdown_tables(const Study& study);
std::string latex_tables(const Study& study);

// "the weights after the last update"; or, with keep = best, those of the best validation score; or which are which.
std::string tested_weights(const Study& study);
// Footnotes that explain the columns.
std::vector<std::string> table_notes(const Study& study);

}  // namespace rnnbench::analysis
