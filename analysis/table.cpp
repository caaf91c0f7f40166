#include "analysis/table.h"

#include <algorithm>
#include <functional>
#include <set>

#include "analysis/summary.h"
#include "core/plain_text.h"
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

// From ten runs on the IQM with its interval, otherwise every score. `widths` are the widths of the first scores of all
// models, the second, ..., so that scores are aligned in columns.
std::string scores_text(const ScoreSummary& scores, const std::vector<std::size_t>& widths) {
  if (scores.iqm_interval) return score_text(scores.iqm) + "  " + interval_text(*scores.iqm_interval, score_text);
  std::string text;
  for (std::size_t i = 0; i < scores.texts.size(); ++i) {
    text += scores.texts[i];
    if (i + 1 < scores.texts.size()) text += std::string(widths[i] + 1 - scores.texts[i].size(), ' ');
  }
  return text;
}

// The scores of all rows of a table, aligned; a sentence where no run has a score although some have a record.
class ScoreColumn {
 public:
  void add(const Summary& runs, ScoreSummary scores) {
    widths_.resize(std::max(widths_.size(), scores.texts.size()));
    for (std::size_t i = 0; i < scores.texts.size(); ++i) widths_[i] = std::max(widths_[i], scores.texts[i].size());
    sentences_.push_back(scores.scored > 0 || runs.recorded == 0 ? ""
                         : runs.diverged == runs.runs            ? "every run diverged"
                                                                 : "no run has a score");
    scores_.push_back(std::move(scores));
  }
  // Into this column of all rows: the scores, which pages sort by their interquartile mean.
  void fill(Table& table, std::size_t column) const {
    for (std::size_t row = 0; row < scores_.size(); ++row) {
      table.rows[row][column] = sentences_[row].empty() ? scores_text(scores_[row], widths_) : sentences_[row];
      if (scores_[row].scored > 0) table.values[{row, column}] = scores_[row].iqm;
    }
  }

 private:
  std::vector<ScoreSummary> scores_;
  std::vector<std::string> sentences_;
  std::vector<std::size_t> widths_;
};

bool has_intervals(const Study& study, bool wanted) {
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      if ((static_cast<int>(model.runs.size()) >= min_runs_for_interval) == wanted) return true;
    }
  }
  return false;
}

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

Measurement at_length(const TestLengths& lengths, std::int64_t length) {
  return parse_measurement(lengths.measure + " at " + std::to_string(length));
}

Json lengths_json(const TaskRuns& task, const ModelRuns& model) {
  const TestLengths lengths = test_lengths(task);
  Json rows = Json::array();
  for (const std::int64_t length : lengths.lengths) {
    Json row = {{"length", length}, {"trained", length == lengths.trained}, {"measure", lengths.measure}};
    add_statistics(row, summarize_scores(task, model, at_length(lengths, length)));
    rows.push_back(std::move(row));
  }
  return rows;
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
              {"solved_at", task.solved_at}};
  add_statistics(row, s.score);
  row.update({{"test_medians", Json::object()},
              {"updates_to_solve", solve_time_json(s.updates)},
              {"cpu_seconds_to_solve", solve_time_json(s.cpu_seconds)},
              {"sequences_per_second", or_null(s.sequences_per_second)},
              {"wall_ms_per_update", or_null(s.wall_ms_per_update)},
              {"parameters", or_null(s.parameters)},
              {"hidden", or_null(s.hidden)},
              {"state_size", or_null(s.state_size)},
              {"baseline", task.baseline},
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
  Table table{{{"model", false}, {"solved"}, {"95 % Wilson"}, {.title = score, .right = false, .by_value = true}}, {}};
  std::vector<Summary> summaries;
  ScoreColumn scores;
  for (const ModelRuns& model : task.models) {
    summaries.push_back(summarize(task, model));
    scores.add(summaries.back(), summaries.back().score);
  }
  for (std::size_t m = 0; m < summaries.size(); ++m) {
    const Summary& s = summaries[m];
    table.rows.push_back(
        {task.models[m].label, task.judges_solving ? std::to_string(s.solved) + " of " + std::to_string(s.runs) : "-",
         task.judges_solving ? percent(s.success.low) + " - " + percent(s.success.high) + " %" : "-", ""});
  }
  scores.fill(table, 3);
  return table;
}

std::optional<Table> length_table(const TaskRuns& task) {
  const TestLengths lengths = test_lengths(task);
  if (lengths.lengths.empty()) return std::nullopt;
  ScoreColumn scores;
  for (const ModelRuns& model : task.models) {
    const Summary runs = summarize(task, model);
    for (const std::int64_t length : lengths.lengths)
      scores.add(runs, summarize_scores(task, model, at_length(lengths, length)));
  }
  const bool higher = lengths.measure == task.measure && task.higher_is_better;
  const std::string score = "test " + lengths.measure + (higher ? ", higher is better" : ", lower is better");
  Table table{{{.title = "model", .right = false, .once = true},
               {"test length"},
               {.title = score, .right = false, .by_value = true}},
              {}};
  for (const ModelRuns& model : task.models)
    for (const std::int64_t length : lengths.lengths)
      table.rows.push_back({model.label, (length == lengths.trained ? "trained " : "") + std::to_string(length), ""});
  scores.fill(table, 2);
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
  if (std::any_of(study.tasks.begin(), study.tasks.end(),
                  [](const TaskRuns& task) { return !test_lengths(task).lengths.empty(); }))
    notes.push_back("test length: of the sequences on which the trained weights are tested; trained: that of training");
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
    text += outcome_table(task).text() + "\n";
    if (const auto lengths = length_table(task)) text += lengths->text() + "\n";
    text += cost_table(task).text() + "\n";
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
            "\n";
    if (const auto lengths = length_table(task)) text += lengths->markdown() + "\n";
    text += cost_table(task).markdown() + "\n";
  }
  for (const std::string& note : table_notes(study)) text += "- " + markdown_escape(note) + "\n";
  for (const std::string& sentence : problems(study)) text += "- **" + markdown_escape(sentence) + "**\n";
  return text;
}

std::string latex_tables(const Study& study) {
  std::string text = "% " + plain_text(study.title) + "\n% in the preamble: \\usepackage{booktabs}\n";
  for (const TaskRuns& task : study.tasks) {
    text += "\n% " + plain_text(task_heading(task) + "; " + task_references(task)) + "\n" + outcome_table(task).latex();
    if (const auto lengths = length_table(task)) text += "\n" + lengths->latex();
    text += "\n" + cost_table(task).latex();
  }
  text += "\n";
  for (const std::string& note : table_notes(study)) text += "% " + plain_text(note) + "\n";
  for (const std::string& sentence : problems(study)) text += "% " + plain_text(sentence) + "\n";
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
