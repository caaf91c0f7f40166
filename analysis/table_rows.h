// The results of an experiment as data for other programs: one row for each task and model, with full precision.
#pragma once

#include <string>

#include "analysis/study.h"

namespace rnnbench::analysis {

// An array of objects. What is not known is null: of imported runs, whether they solved the task, and all that follows
// from it.
Json json_table(const Study& study);
std::string csv_table(const Study& study);  // the same with a line for each object, and an empty cell for null

}  // namespace rnnbench::analysis
