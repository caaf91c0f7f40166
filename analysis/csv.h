// Tidy data for other tools: one row per run, one row per point of a learning curve.
#pragma once

#include <string>
#include <vector>

#include "experiments/records/results_folder.h"

namespace rnnbench::analysis {

// Sorted by id, one line each; columns are the union over all records, empty where a record has no such
// value. Quoting as in RFC 4180, lines end in \n, numbers read back exactly.
std::string runs_csv(const std::vector<Record>& records);
std::string curves_csv(const std::vector<Record>& records);

// Writes runs.csv and curves.csv of everything the ledger holds into its folder.
void write_csv(const ResultsFolder& results_folder);

}  // namespace rnnbench::analysis
