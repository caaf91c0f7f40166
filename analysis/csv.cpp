#include "analysis/csv.h"

#include <algorithm>

#include "analysis/format.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

namespace {

// Rows with named cells. Columns are ordered by rank, and by first appearance within a rank.
class Sheet {
 public:
  void begin_row() { rows_.emplace_back(); }
  void add(int rank, const std::string& column, const Json& value) {
    auto& columns = ranks_[rank];
    if (!std::count(columns.begin(), columns.end(), column)) columns.push_back(column);
    rows_.back().emplace_back(column, value.is_null() ? "" : option_text(value));
  }
  std::string csv() {
    Table table;
    for (auto& columns : ranks_) {
      for (const std::string& column : columns) table.columns.push_back({column});
    }
    for (const auto& row : rows_) {
      std::vector<std::string> cells;
      for (const auto& column : table.columns) {
        const auto cell = std::find_if(row.begin(), row.end(), [&](const auto& c) { return c.first == column.title; });
        cells.push_back(cell == row.end() ? "" : cell->second);
      }
      table.rows.push_back(std::move(cells));
    }
    return table.csv();
  }

 private:
  std::vector<std::string> ranks_[6];
  std::vector<std::vector<std::pair<std::string, std::string>>> rows_;
};

std::vector<const Record*> sorted_by_id(const std::vector<Record>& records) {
  std::vector<const Record*> sorted;
  for (const Record& record : records) sorted.push_back(&record);
  std::sort(sorted.begin(), sorted.end(), [](const Record* a, const Record* b) { return a->id() < b->id(); });
  return sorted;
}

// The first columns of both files, which identify the run.
void add_identity(Sheet& sheet, const Record& record) {
  sheet.begin_row();
  sheet.add(0, "id", record.id());
  sheet.add(0, "task", record.spec.at("task").at("name"));
  sheet.add(0, "cell", record.spec.at("model").at("cell"));
  sheet.add(0, "attention", record.spec.at("model").value("attention", "none"));
  sheet.add(0, "seed", record.spec.at("seed"));
}

}  // namespace

std::string runs_csv(const std::vector<Record>& records) {
  Sheet sheet;
  for (const Record* record : sorted_by_id(records)) {
    add_identity(sheet, *record);
    const Json& spec = record->spec;
    const Json& result = record->result;
    int rank = 1;
    for (const char* section : {"task", "model", "training"}) {
      for (const auto& [key, value] : spec.at(section).items()) {
        // These columns come first, except for the width: it is taken from the result, since a budget may determine it.
        const bool has_own_column = key == "name" || key == "cell" || key == "attention" || key == "hidden";
        if (!has_own_column) sheet.add(rank, key, value);
      }
      ++rank;
    }
    sheet.add(rank, "measure", result.at("measure").at("name"));
    for (const auto& [key, value] : result.items()) {
      // "updates" is the declared number, "updates_done" the number until the run solved its task, diverged or ended.
      if (!value.is_structured()) sheet.add(rank, key == "updates" ? "updates_done" : key, value);
    }
    for (const auto& [stream, scores] : result.at("final").items()) {
      for (const auto& [name, value] : scores.items()) sheet.add(rank, stream + "_" + name, value);
    }
    for (const Json& point : result.at("lengths")) {
      if (point.value("trained", false)) continue;  // the scores above
      for (const auto& [name, value] : point.items())
        if (name != "length" && name != "trained")
          sheet.add(rank, "test_" + name + "_at_" + option_text(point.at("length")), value);
    }
    ++rank;
    for (const auto& [key, value] : record->measured.items()) {
      if (!value.is_structured()) sheet.add(rank, key == "ms_per_update" ? "wall_ms_per_update" : key, value);
    }
  }
  return sheet.csv();
}

std::string curves_csv(const std::vector<Record>& records) {
  Sheet sheet;
  for (const Record* record : sorted_by_id(records)) {
    const Json& curve = record->result.at("curve");
    const Json seconds = record->measured.value("curve_cpu_seconds", Json::array());
    for (std::size_t i = 0; i < curve.size(); ++i) {
      add_identity(sheet, *record);
      sheet.add(1, "update", curve[i].at("update"));
      sheet.add(1, "cpu_seconds", i < seconds.size() ? seconds[i] : Json(nullptr));
      for (const auto& [key, value] : curve[i].items()) {
        if (key != "update") sheet.add(1, key, value);
      }
    }
  }
  return sheet.csv();
}

void write_csv(const ResultsFolder& results_folder, const std::vector<Record>& records) {
  write_atomically(results_folder.path() / "runs.csv", runs_csv(records));
  write_atomically(results_folder.path() / "curves.csv", curves_csv(records));
}

}  // namespace rnnbench::analysis
