#include "analysis/table_rows.h"

#include <algorithm>
#include <set>

#include "analysis/format.h"
#include "analysis/summary.h"
#include "core/text.h"

namespace rnnbench::analysis {

namespace {

Json solve_time_json(const SolveTime& time) {
  Json runs = Json::array();
  for (const Lifetime& run : time.runs) runs.push_back({{"time", run.time}, {"solved", run.observed}});
  return {{"median", or_null(time.median)}, {"runs", runs}};
}

// The statistics of the scores under these names; null if no run has a score.
void add_statistics(Json& row, const ScoreSummary& scores) {
  const bool scored = scores.scored > 0;
  const auto number = [&](double value) { return scored ? Json(value) : Json(nullptr); };
  row["score_iqm"] = number(scores.iqm);
  row["score_iqm_low"] = scores.iqm_interval ? number(scores.iqm_interval->low) : Json(nullptr);
  row["score_iqm_high"] = scores.iqm_interval ? number(scores.iqm_interval->high) : Json(nullptr);
  row["score_median"] = number(scores.median);
  row["score_mean"] = number(scores.mean);
  row["score_min"] = number(scores.min);
  row["score_max"] = number(scores.max);
  row["scores"] = scored ? Json(scores.values) : Json::array();
}

Json lengths_json(const TaskRuns& task, const ModelRuns& model) {
  const TestLengths lengths = test_lengths(task);
  Json rows = Json::array();
  if (model.imported()) return rows;
  for (const std::int64_t length : lengths.lengths) {
    Json row = {{"length", length}, {"trained", length == lengths.trained}, {"measure", lengths.measure}};
    add_statistics(row, summarize_scores(task, model, at_length(lengths, length)));
    rows.push_back(std::move(row));
  }
  return rows;
}

Json row_json(const TaskRuns& task, const ModelRuns& model) {
  const Summary s = summarize(task, model);
  const auto if_judged = [&](Json value) {
    return model.imported() || !task.judges_solving ? Json(nullptr) : std::move(value);
  };
  Json row = {{"task", task.label},
              {"model", model.label},
              {"imported", model.imported()},
              {"runs", s.runs},
              {"recorded", s.recorded},
              {"diverged", s.diverged},
              {"missing", s.missing},
              {"solved", if_judged(s.solved)},
              {"stopped", model.imported() ? Json(nullptr) : Json(s.stopped)},
              {"solved_low", if_judged(s.success.low)},
              {"solved_high", if_judged(s.success.high)},
              {"measure", task.measure},
              {"higher_is_better", task.higher_is_better},
              {"solved_at", task.has_record ? Json(task.solved_at) : Json(nullptr)}};
  add_statistics(row, s.score);
  row.update({{"test_medians", Json::object()},
              {"updates_to_solve", solve_time_json(s.updates)},
              {"cpu_seconds_to_solve", solve_time_json(s.cpu_seconds)},
              {"sequences_per_second", or_null(s.sequences_per_second)},
              {"wall_ms_per_update", or_null(s.wall_ms_per_update)},
              {"training_updates", or_null(s.training_updates)},
              {"training_seconds", or_null(s.training_seconds)},
              {"parameters", or_null(s.parameters)},
              {"hidden", or_null(s.hidden)},
              {"state_size", or_null(s.state_size)},
              {"baseline", task.has_record ? Json(task.baseline) : Json(nullptr)},
              {"optimum", or_null(task.optimum)}});
  for (const auto& [name, value] : s.test_scores) row["test_medians"][name] = value;
  row["lengths"] = lengths_json(task, model);
  return row;
}

std::string csv_text(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_number_float()) return number_text(value.get<double>());
  return option_text(value);
}

}  // namespace

Json json_table(const Study& study) {
  Json rows = Json::array();
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) rows.push_back(row_json(task, model));
  }
  return rows;
}

std::string csv_table(const Study& study) {
  const Json rows = json_table(study);
  // Medians of test scores and means at test lengths have columns of their own. Of times to solve, only the median is
  // given. Scores are a list.
  const auto mean_at = [](const Json& at) {
    return "test_" + at.at("measure").get<std::string>() + "_at_" + csv_text(at.at("length")) + "_iqm";
  };
  std::set<std::string> tests;
  std::vector<std::string> lengths;
  for (const Json& row : rows) {
    for (const auto& [name, value] : row.at("test_medians").items()) tests.insert(name);
    for (const Json& at : row.at("lengths"))
      if (!std::count(lengths.begin(), lengths.end(), mean_at(at))) lengths.push_back(mean_at(at));
  }
  Table table;
  for (const Json& row : rows) {
    std::vector<std::pair<std::string, std::string>> cells;
    for (const auto& [key, value] : row.items()) {
      if (key == "scores") {
        cells.emplace_back(key, join(value, csv_text, " "));
      } else if (key == "test_medians") {
        for (const std::string& name : tests)
          cells.emplace_back("test_" + name + "_median", value.contains(name) ? csv_text(value.at(name)) : "");
      } else if (key == "lengths") {
        for (const std::string& column : lengths) {
          const auto at = std::find_if(value.begin(), value.end(), [&](const Json& a) { return mean_at(a) == column; });
          cells.emplace_back(column, at == value.end() ? "" : csv_text(at->at("score_iqm")));
        }
      } else {
        cells.emplace_back(value.is_object() ? key + "_median" : key,
                           csv_text(value.is_object() ? value.at("median") : value));
      }
    }
    std::vector<std::string> line;
    for (auto& [title, cell] : cells) {
      if (table.rows.empty()) table.columns.push_back({title});
      line.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(line));
  }
  return table.csv();
}

}  // namespace rnnbench::analysis
