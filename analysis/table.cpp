#include "analysis/table.h"

#include <algorithm>
#include <functional>

#include "analysis/summary.h"
#include "core/text.h"

namespace rnnbench::analysis {

namespace {

std::string interval_text(const Interval& interval, const std::function<std::string(double)>& text) {
  return "[" + text(interval.low) + ", " + text(interval.high) + "]";
}

std::string percent(double share) { return thousands(100 * share); }

std::string optional_text(const std::optional<double>& value, std::string (*text)(double)) {
  return value ? text(*value) : "-";
}

// From ten runs on the IQM with its interval, otherwise every score; a sentence if no run has a score. `widths` are the
// widths of the first scores of all models, the second, ..., so that scores are aligned in columns.
std::string scores_text(const Summary& summary, const std::vector<std::size_t>& widths) {
  if (summary.scored == 0 && summary.recorded > 0)
    return summary.diverged == summary.runs ? "every run diverged" : "no run has a score";
  if (summary.iqm_interval) {
    return score_text(summary.iqm) + "  " + interval_text(*summary.iqm_interval, score_text);
  }
  std::string text;
  for (std::size_t i = 0; i < summary.score_texts.size(); ++i) {
    text += summary.score_texts[i];
    if (i + 1 < summary.score_texts.size()) text += std::string(widths[i] + 1 - summary.score_texts[i].size(), ' ');
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
  for (const Lifetime& run : time.runs) runs.push_back({{"time", run.time}, {"solved", run.observed}});
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
              {"stopped", s.stopped},
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
              {"state_size", or_null(s.state_size)},
              {"baseline", task.baseline},
              {"optimum", or_null(task.optimum)}};
  if (s.scored == 0) {  // all scores are TaskRuns::worst_score
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
  if (value.is_number_float()) return number_text(value.get<double>());
  return option_text(value);
}

}  // namespace

std::string task_heading(const TaskRuns& task) {
  if (task.measure.empty()) return task.label + ": no record yet";
  return task.label + ": solved when " + task.measure + (task.higher_is_better ? " >= " : " < ") +
         number_text(task.solved_at);
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
  Table table{{{"model", false}, {"solved"}, {"95 % Wilson"}, {score, false}}, {}};
  std::vector<Summary> summaries;
  std::vector<std::size_t> widths;
  for (const ModelRuns& model : task.models) {
    summaries.push_back(summarize(task, model));
    const std::vector<std::string>& texts = summaries.back().score_texts;
    widths.resize(std::max(widths.size(), texts.size()));
    for (std::size_t i = 0; i < texts.size(); ++i) widths[i] = std::max(widths[i], texts[i].size());
  }
  for (std::size_t m = 0; m < summaries.size(); ++m) {
    const Summary& s = summaries[m];
    table.rows.push_back({task.models[m].label,
                          task.judges_solving ? std::to_string(s.solved) + " of " + std::to_string(s.runs) : "-",
                          task.judges_solving ? percent(s.success.low) + " - " + percent(s.success.high) + " %" : "-",
                          scores_text(s, widths)});
  }
  return table;
}

Table cost_table(const TaskRuns& task) {
  Table table{{{"model", false},
               {"updates to solve"},
               {"CPU s to solve"},
               {"sequences/s"},
               {"wall ms"},
               {"hidden"},
               {"state"},
               {"parameters"}},
              {}};
  for (const ModelRuns& model : task.models) {
    const Summary s = summarize(task, model);
    table.rows.push_back({model.label, s.updates.text(), s.cpu_seconds.text(),
                          optional_text(s.sequences_per_second, significant),
                          optional_text(s.wall_ms_per_update, significant), optional_text(s.hidden, thousands),
                          optional_text(s.state_size, thousands), optional_text(s.parameters, thousands)});
  }
  return table;
}

namespace {

// "; 3 of 20 runs stopped when they had solved the task"
std::string stopped_text(const Study& study) {
  std::size_t solved = 0, patience = 0, all = 0;
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models)
      for (const Run& run : model.runs)
        ++all, solved += run.stopped() == "solved", patience += run.stopped() == "patience";
  const std::string of_all = " of " + counted(all, "run") + " stopped when ";
  std::string text;
  if (solved > 0) text += "; " + std::to_string(solved) + of_all + "they had solved the task";
  if (patience > 0) text += "; " + std::to_string(patience) + of_all + "validation scores improved no more";
  return text;
}

// "3 of 20 runs were timed on a busy machine", or ""
std::string busy_text(const Study& study) {
  std::size_t busy = 0, all = 0;
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models)
      for (const Run& run : model.runs) ++all, busy += run.recorded() && timed_on_busy_machine(*run.record);
  if (busy == 0) return "";
  return std::to_string(busy) + " of " + counted(all, "run") + " were timed on a busy machine";
}

}  // namespace

std::string tested_weights(const Study& study) {
  std::size_t best = 0, all = 0;
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models)
      for (const Run& run : model.runs) ++all, best += run.kept_best();
  const std::string last = "the weights after the last update";
  if (best == 0) return last;
  const std::string of_best = "the weights with the best validation score";
  return best == all ? of_best : last + ", of runs with keep = best those of " + of_best;
}

std::vector<std::string> table_notes(const Study& study) {
  std::vector<std::string> notes = {
      "solved: runs that solved the task, out of all declared runs (diverged and missing ones count as unsolved)",
      "95 % Wilson: confidence interval of the rate of solved runs"};
  if (has_intervals(study, false)) {
    notes.push_back(
        "test scores: one per seed, from the worst to the best (an interval would not be reliable with fewer than ten "
        "seeds)");
  }
  if (has_intervals(study, true)) {
    notes.push_back(
        "test scores: interquartile mean over seeds, which ignores the lowest and highest quarter [95 % bootstrap "
        "interval]");
  }
  notes.push_back("test scores are those of " + tested_weights(study) + stopped_text(study));
  notes.push_back(
      "to solve: training until validation met the criterion for good; median [minimum, maximum] over seeds");
  notes.push_back(
      "speed: medians over seeds, of training only; sequences per CPU second of the run's threads, wall milliseconds "
      "per update");
  if (const std::string busy = busy_text(study); !busy.empty()) notes.push_back(busy);
  if (std::any_of(study.tasks.begin(), study.tasks.end(), [](const TaskRuns& task) { return !task.judges_solving; }))
    notes.push_back("-: solving is not judged with evaluate below 64");
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
  for (const std::string& sentence : problems(study)) text += "! " + sentence + "\n";
  return text;
}

std::string markdown_tables(const Study& study) {
  std::string text = "# " + markdown_escape(study.title) + "\n\n";
  for (const TaskRuns& task : study.tasks) {
    text += "## " + markdown_escape(task_heading(task)) + "\n\n" +
            markdown_escape(task.options + "; " + task_references(task)) + "\n\n" + outcome_table(task).markdown() +
            "\n" + cost_table(task).markdown() + "\n";
  }
  for (const std::string& note : table_notes(study)) text += "- " + markdown_escape(note) + "\n";
  for (const std::string& sentence : problems(study)) text += "- **" + markdown_escape(sentence) + "**\n";
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
  // The median of each test score has a column of its own. Of times to solve, only the median is given. Scores are a
  // list.
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
        cells.emplace_back(key, join(value, csv_text, " "));
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
