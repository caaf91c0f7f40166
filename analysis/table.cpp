#include "analysis/table.h"

#include <algorithm>
#include <functional>

#include "analysis/summary.h"

namespace rnnbench::analysis {

namespace {

std::string interval_text(const Interval& interval, const std::function<std::string(double)>& text) {
  return "[" + text(interval.low) + ", " + text(interval.high) + "]";
}

std::string percent(double share) { return thousands(100 * share); }

std::string optional_text(const std::optional<double>& value, std::string (*text)(double)) {
  return value ? text(*value) : "-";
}

// From ten runs on the IQM with its interval, before that every point. `widths` are those of first points,
// second points, ..., so that they stand in columns.
std::string scores_text(const Summary& summary, const std::vector<std::size_t>& widths) {
  if (summary.iqm_interval) {
    return score_text(summary.iqm) + "  " + interval_text(*summary.iqm_interval, score_text);
  }
  std::string text;
  for (std::size_t i = 0; i < summary.points.size(); ++i) {
    text += summary.points[i];
    if (i + 1 < summary.points.size()) text += std::string(widths[i] + 1 - summary.points[i].size(), ' ');
  }
  return text;
}

bool has_intervals(const Study& study, bool wanted) {
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      if ((static_cast<int>(model.runs.size()) >= min_runs_for_interval) == wanted) return true;
    }
  }
  return false;
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json solve_time_json(const SolveTime& time) {
  Json runs = Json::array();
  for (const Lifetime& run : time.runs) runs.push_back({{"time", run.time}, {"solved", run.seen}});
  return {{"median", or_null(time.median)}, {"runs", runs}};
}

Json row_json(const TaskRuns& task, const ModelRuns& model) {
  const Summary s = summarize(task, model);
  Json row = {{"task", task.label},
              {"model", model.label},
              {"runs", s.runs},
              {"recorded", s.recorded},
              {"diverged", s.diverged},
              {"missing", s.missing},
              {"solved", s.solved},
              {"solved_low", s.success.low},
              {"solved_high", s.success.high},
              {"measure", task.measure},
              {"higher_is_better", task.higher_is_better},
              {"solved_at", task.solved_at},
              {"score_iqm", s.iqm},
              {"score_iqm_low", nullptr},
              {"score_iqm_high", nullptr},
              {"score_median", s.median},
              {"score_mean", s.mean},
              {"score_min", s.min},
              {"score_max", s.max},
              {"scores", s.scores},
              {"test_medians", Json::object()},
              {"updates_to_solve", solve_time_json(s.updates)},
              {"cpu_seconds_to_solve", solve_time_json(s.cpu_seconds)},
              {"sequences_per_second", or_null(s.sequences_per_second)},
              {"wall_ms_per_update", or_null(s.wall_ms_per_update)},
              {"parameters", or_null(s.parameters)},
              {"hidden", or_null(s.hidden)},
              {"baseline", task.baseline},
              {"optimum", or_null(task.optimum)}};
  if (s.recorded == 0) {  // the scores are stand-ins, and of no use where there is nothing to hold them against
    for (const char* key : {"score_iqm", "score_median", "score_mean", "score_min", "score_max"}) row[key] = nullptr;
    row["scores"] = Json::array();
  } else if (s.iqm_interval) {
    row["score_iqm_low"] = s.iqm_interval->low;
    row["score_iqm_high"] = s.iqm_interval->high;
  }
  for (const auto& [name, value] : s.test_scores) row["test_medians"][name] = value;
  return row;
}

std::string csv_text(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_number_float()) return exact_text(value.get<double>());
  return option_text(value);
}

}  // namespace

std::string task_heading(const TaskRuns& task) {
  if (task.measure.empty()) return task.label + ": no record yet";
  return task.label + ": solved when " + task.measure + (task.higher_is_better ? " >= " : " < ") +
         exact_text(task.solved_at);
}

std::string task_references(const TaskRuns& task) {
  if (task.measure.empty()) return "";
  return "memoryless baseline loss " + score_text(task.baseline) +
         (task.optimum ? ", optimum " + score_text(*task.optimum) : "");
}

Table outcome_table(const TaskRuns& task) {
  const std::string score = task.measure.empty()    ? "test score"
                            : task.higher_is_better ? "test " + task.measure + ", higher is better"
                                                    : "test " + task.measure + ", lower is better";
  Table table{{{"model", false}, {"solved"}, {"Wilson 95 %"}, {score, false}}, {}};
  std::vector<Summary> summaries;
  std::vector<std::size_t> widths;
  for (const ModelRuns& model : task.models) {
    summaries.push_back(summarize(task, model));
    const std::vector<std::string>& points = summaries.back().points;
    widths.resize(std::max(widths.size(), points.size()));
    for (std::size_t i = 0; i < points.size(); ++i) widths[i] = std::max(widths[i], points[i].size());
  }
  for (std::size_t m = 0; m < summaries.size(); ++m) {
    const Summary& s = summaries[m];
    table.rows.push_back({task.models[m].label, std::to_string(s.solved) + " of " + std::to_string(s.runs),
                          percent(s.success.low) + " - " + percent(s.success.high) + " %", scores_text(s, widths)});
  }
  return table;
}

Table cost_table(const TaskRuns& task) {
  Table table{{{"model", false},
               {"updates to solve"},
               {"CPU seconds to solve"},
               {"sequences/s"},
               {"wall ms/update"},
               {"hidden"},
               {"parameters"}},
              {}};
  for (const ModelRuns& model : task.models) {
    const Summary s = summarize(task, model);
    table.rows.push_back({model.label, s.updates.text(), s.cpu_seconds.text(),
                          optional_text(s.sequences_per_second, significant),
                          optional_text(s.wall_ms_per_update, significant), optional_text(s.hidden, thousands),
                          optional_text(s.parameters, thousands)});
  }
  return table;
}

std::vector<std::string> table_notes(const Study& study) {
  std::vector<std::string> notes = {
      "solved: runs of all declared runs, diverged and missing ones included, with the 95 % Wilson interval "
      "of the rate"};
  if (has_intervals(study, false)) {
    notes.push_back("test scores: every seed, worst first (fewer than ten seeds: no interval would keep its promise)");
  }
  if (has_intervals(study, true)) {
    notes.push_back("test scores: interquartile mean over seeds [95 % bootstrap interval]");
  }
  notes.push_back(
      "to solve: median [least, most] over seeds; a run that did not solve counts as longer than it was "
      "trained (>)");
  notes.push_back(
      "speed: medians over seeds of training alone; sequences per CPU second of the run's threads, wall time of an update");
  return notes;
}

std::string text_tables(const Study& study) {
  std::string text = study.title + "\n\n";
  for (const TaskRuns& task : study.tasks) {
    text +=
        task_heading(task) + "\n" + task.options + (task.measure.empty() ? "" : "; " + task_references(task)) + "\n\n";
    text += outcome_table(task).text() + "\n" + cost_table(task).text() + "\n";
  }
  for (const std::string& note : table_notes(study)) text += note + "\n";
  for (const std::string& sentence : trouble(study)) text += "! " + sentence + "\n";
  return text;
}

std::string markdown_tables(const Study& study) {
  std::string text = "# " + study.title + "\n\n";
  for (const TaskRuns& task : study.tasks) {
    text += "## " + task_heading(task) + "\n\n" + task.options + "; " + task_references(task) + "\n\n" +
            outcome_table(task).markdown() + "\n" + cost_table(task).markdown() + "\n";
  }
  for (const std::string& note : table_notes(study)) text += "- " + note + "\n";
  for (const std::string& sentence : trouble(study)) text += "- **" + sentence + "**\n";
  return text;
}

Json json_table(const Study& study) {
  Json rows = Json::array();
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) rows.push_back(row_json(task, model));
  }
  return rows;
}

std::string csv_table(const Study& study) {
  const Json rows = json_table(study);
  // Medians of the tests' scores become columns of their own; times to solve their medians; scores a list.
  std::vector<std::string> tests;
  for (const Json& row : rows) {
    for (const auto& [name, value] : row.at("test_medians").items()) {
      if (!std::count(tests.begin(), tests.end(), name)) tests.push_back(name);
    }
  }
  std::sort(tests.begin(), tests.end());
  Table table;
  for (const Json& row : rows) {
    std::vector<std::pair<std::string, std::string>> cells;
    for (const auto& [key, value] : row.items()) {
      if (key == "scores") {
        std::vector<std::string> scores;
        for (const Json& score : value) scores.push_back(csv_text(score));
        cells.emplace_back(key, join(scores, " "));
      } else if (key == "test_medians") {
        for (const std::string& name : tests) {
          cells.emplace_back("test_" + name + "_median", value.contains(name) ? csv_text(value.at(name)) : "");
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
