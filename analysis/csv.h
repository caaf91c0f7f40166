// Tidy data for other tools: one row per run, or one row per point of a learning curve.
#pragma once

#include <string>
#include <vector>

#include "experiments/records/results_folder.h"

namespace rnnbench::analysis {

// Rows are sorted by id. The columns are the union over all records; a cell is empty where a record has no such value.
// Quoting follows RFC 4180, lines end in \n, and numbers read back exactly.
std::string runs_csv(const std::vector<Record>& records);
std::string curves_csv(const std::vector<Record>& records);

// Writes runs.csv and curves.csv of all records of the results folder into this folder.
void write_csv(const ResultsFolder& results_folder, const std::vector<Record>& records);

}  // namespace rnnbench::analysis
