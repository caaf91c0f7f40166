#include "analysis/csv.h"

#include <map>
#include <set>

#include "analysis/format.h"
#include "analysis/study.h"
#include "core/csv.h"

namespace rnnbench::analysis {

namespace {

// A table whose columns are found in a first pass over all rows, and whose rows are written in a second one. Columns
// are ordered by rank, and by first appearance within a rank.
class Sheet {
 public:
  void begin_row() {
    end_row();
    cells_.assign(positions_.size(), "");
  }
  void add(int rank, const std::string& column, const Json& value) {
    if (positions_.empty()) {
      if (known_.insert(column).second) ranks_[rank].push_back(column);
    } else if (!value.is_null()) {
      cells_[positions_.at(column)] = option_text(value);
    }
  }
  // After the first pass.
  void begin_rows() {
    for (const auto& columns : ranks_)
      for (const std::string& column : columns) {
        text_ += (positions_.empty() ? "" : ",") + csv_field(column);
        positions_.emplace(column, positions_.size());
      }
    text_ += "\n";
  }
  std::string csv() {
    end_row();
    return std::move(text_);
  }

 private:
  void end_row() {
    for (std::size_t c = 0; c < cells_.size(); ++c) text_ += (c ? "," : "") + csv_field(cells_[c]);
    if (!cells_.empty()) text_ += "\n";
    cells_.clear();
  }

  std::vector<std::string> ranks_[6];
  std::set<std::string> known_;
  std::map<std::string, std::size_t> positions_;  // empty in the first pass
  std::vector<std::string> cells_;                // of the row that is being written
  std::string text_;
};

// The first columns of both files, which identify the run.
void add_identity(Sheet& sheet, const Record& record) {
  sheet.begin_row();
  sheet.add(0, "id", record.id());
  sheet.add(0, "task", record.spec.at("task").at("name"));
  sheet.add(0, "cell", record.spec.at("model").at("cell"));
  sheet.add(0, "attention", record.spec.at("model").value("attention", "none"));
  sheet.add(0, "seed", record.spec.at("seed"));
}

void add_run(Sheet& sheet, const Record& record) {
  add_identity(sheet, record);
  const Json& spec = record.spec;
  const Json& result = record.result;
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
  for (const auto& [key, value] : record.measured.items()) {
    if (!value.is_structured()) sheet.add(rank, key == "ms_per_update" ? "wall_ms_per_update" : key, value);
  }
}

void add_curve(Sheet& sheet, const Record& record) {
  const Json& curve = record.result.at("curve");
  const Json seconds = record.measured.value("curve_cpu_seconds", Json::array());
  for (std::size_t i = 0; i < curve.size(); ++i) {
    add_identity(sheet, record);
    sheet.add(1, "update", curve[i].at("update"));
    sheet.add(1, "cpu_seconds", i < seconds.size() ? seconds[i] : Json(nullptr));
    for (const auto& [key, value] : curve[i].items()) {
      if (key != "update") sheet.add(1, key, value);
    }
  }
}

}  // namespace

CsvFiles csv_files(const EachRecord& each_record) {
  Sheet runs, curves;
  const auto add = [&](const Record& record) {
    add_run(runs, record);
    add_curve(curves, record);
  };
  each_record(add);
  runs.begin_rows();
  curves.begin_rows();
  each_record(add);
  return {runs.csv(), curves.csv()};
}

void write_csv(const ResultsFolder& results_folder) {
  results_folder.refuse_other_owners();
  const std::vector<std::string> ids = results_folder.ids();  // not those that another process adds meanwhile
  const CsvFiles files = csv_files([&](const auto& visit) {
    for (const std::string& id : ids) visit(read_record(results_folder.record_path(id)));
  });
  write_atomically(results_folder.path() / "runs.csv", files.runs);
  write_atomically(results_folder.path() / "curves.csv", files.curves);
}

}  // namespace rnnbench::analysis
