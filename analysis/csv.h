// Tidy data for other tools: one row per run, or one row per point of a learning curve.
#pragma once

#include <functional>
#include <string>

#include "experiments/records/results_folder.h"

namespace rnnbench::analysis {

// A record of each run, in any order, passed to the function; the same ones whenever it is called.
using EachRecord = std::function<void(const std::function<void(const Record&)>&)>;

// runs.csv and curves.csv. Rows are in the order of the records. The columns are the union over all records; a cell is
// empty where a record has no such value. Quoting follows RFC 4180, lines end in \n, and numbers read back exactly. The
// records are read twice, for the columns and for the rows, so that only one of them is in memory at a time.
struct CsvFiles {
  std::string runs, curves;
};
CsvFiles csv_files(const EachRecord& each_record);

// Writes both files of all records of the results folder into this folder.
void write_csv(const ResultsFolder& results_folder);

}  // namespace rnnbench::analysis
