#include "analysis/table.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>

#include "analysis/imported.h"
#include "analysis/latex.h"
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

// The scores of all rows of a table, aligned; a sentence where no run has a score.
class ScoreColumn {
 public:
  void add(const Summary& runs, ScoreSummary scores, const std::string& without_score = "no run has a score") {
    widths_.resize(std::max(widths_.size(), scores.texts.size()));
    for (std::size_t i = 0; i < scores.texts.size(); ++i) widths_[i] = std::max(widths_[i], scores.texts[i].size());
    sentences_.push_back(scores.scored > 0            ? ""
                         : runs.diverged == runs.runs ? "every run diverged"
                         : runs.missing == runs.runs  ? "no record yet"
                                                      : without_score);
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

bool is_tested_at(const ModelRuns& model, std::int64_t length) {
  return std::any_of(model.runs.begin(), model.runs.end(), [&](const Run& run) {
    if (!run.recorded()) return false;
    const Json& lengths = run.record->result.at("lengths");
    return std::any_of(lengths.begin(), lengths.end(), [&](const Json& at) { return at.at("length") == length; });
  });
}

bool has_intervals(const Study& study, bool wanted) {
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      if ((static_cast<int>(model.runs.size()) >= min_runs_for_interval) == wanted) return true;
    }
  }
  return false;
}

std::string measure_with_direction(const TaskRuns& task) {
  return task.measure + (task.higher_is_better ? ", higher is better" : ", lower is better");
}

}  // namespace

std::string task_heading(const TaskRuns& task) {
  if (task.measure.empty()) return task.label + ": no record yet";
  if (!task.has_record) return task.label + ": " + measure_with_direction(task);
  return task.label + ": solved when " + task.measure + (task.higher_is_better ? " >= " : " < ") +
         number_text(task.solved_at);
}

std::string task_references(const TaskRuns& task) {
  if (!task.has_record) return "";
  return "memoryless baseline loss " + score_text(task.baseline) +
         (task.optimum ? ", optimum " + score_text(*task.optimum) : "");
}

Table outcome_table(const TaskRuns& task) {
  const std::string score = "test " + (task.measure.empty() ? "score" : measure_with_direction(task));
  const bool any_judged = !task.models.front().imported();  // imported models are behind all others
  Table table{{{"model", false}, {"solved"}, {"95 % Wilson"}, {.title = score, .right = false, .by_value = true}}, {}};
  if (!any_judged) table.columns.erase(table.columns.begin() + 1, table.columns.begin() + 3);
  std::vector<Summary> summaries;
  ScoreColumn scores;
  for (const ModelRuns& model : task.models) {
    summaries.push_back(summarize(task, model));
    scores.add(summaries.back(), summaries.back().score);
  }
  for (std::size_t m = 0; m < summaries.size(); ++m) {
    const Summary& s = summaries[m];
    std::vector<std::string>& row = table.rows.emplace_back(std::vector{task.models[m].label});
    if (task.judges_solving && !task.models[m].imported())
      row.insert(row.end(), {std::to_string(s.solved) + " of " + std::to_string(s.runs),
                             percent(s.success.low) + " - " + percent(s.success.high) + " %"});
    else if (any_judged)
      row.insert(row.end(), {"-", "-"});
    row.emplace_back();
  }
  scores.fill(table, table.columns.size() - 1);
  table.name = "scores";
  return table;
}

std::optional<Table> length_table(const TaskRuns& task) {
  const TestLengths lengths = test_lengths(task);
  if (lengths.lengths.empty()) return std::nullopt;
  ScoreColumn scores;
  for (const ModelRuns& model : task.models) {
    if (model.imported()) continue;
    const Summary runs = summarize(task, model);
    for (const std::int64_t length : lengths.lengths)
      scores.add(runs, summarize_scores(task, model, at_length(lengths, length)),
                 is_tested_at(model, length) ? "no run has a score" : "not tested");
  }
  const bool higher = lengths.measure == task.measure && task.higher_is_better;
  const std::string score = "test " + lengths.measure + (higher ? ", higher is better" : ", lower is better");
  Table table{{{.title = "model", .right = false, .once = true},
               {"test length"},
               {.title = score, .right = false, .by_value = true}},
              {}};
  for (const ModelRuns& model : task.models) {
    if (model.imported()) continue;
    for (const std::int64_t length : lengths.lengths)
      table.rows.push_back({model.label, (length == lengths.trained ? "trained " : "") + std::to_string(length), ""});
  }
  scores.fill(table, 2);
  table.name = "scores at test lengths";
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
    if (model.imported()) continue;
    const Summary s = summarize(task, model);
    table.rows.push_back({model.label, s.updates.text(), s.cpu_seconds.text(),
                          optional_text(s.sequences_per_second, significant),
                          optional_text(s.wall_ms_per_update, significant), optional_text(s.hidden, thousands),
                          optional_text(s.state_size, thousands), optional_text(s.parameters, thousands)});
  }
  table.name = "time and size";
  return table;
}

std::optional<Table> imported_table(const TaskRuns& task) {
  Table table{{{"imported model", false}, {"file", false}, {"runs"}, {"updates"}, {"seconds"}, {"parameters"}}, {}};
  for (const ModelRuns& model : task.models) {
    if (!model.imported()) continue;
    std::set<std::string> files;
    for (const Run& run : model.runs) files.insert(run.imported->place.substr(0, run.imported->place.rfind(':')));
    const Summary s = summarize(task, model);
    table.rows.push_back({model.label, join({files.begin(), files.end()}), std::to_string(s.runs),
                          optional_text(s.training_updates, thousands), optional_text(s.training_seconds, significant),
                          optional_text(s.parameters, thousands)});
  }
  table.name = "imported models";
  return table.rows.empty() ? std::nullopt : std::optional(std::move(table));
}

std::vector<Table> task_tables(const TaskRuns& task) {
  std::vector<Table> tables = {outcome_table(task)};
  if (auto lengths = length_table(task)) tables.push_back(std::move(*lengths));
  if (!task.models.front().imported()) tables.push_back(cost_table(task));
  if (auto imported = imported_table(task)) tables.push_back(std::move(*imported));
  return tables;
}

std::string task_details(const TaskRuns& task) {
  const std::string references = task_references(task);
  return task.options + (task.options.empty() || references.empty() ? "" : "; ") + references;
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
      for (const Run& run : model.runs) all += !run.imported, best += run.kept_best();
  const std::string last = "the weights after the last update";
  if (best == 0) return last;
  const std::string of_best = "the weights with the best validation score";
  return best == all ? of_best : last + ", of runs with keep = best those of " + of_best;
}

std::vector<std::string> table_notes(const Study& study) {
  const bool imported = has_imported(study);
  const std::optional<Study> without = imported ? std::optional(without_imported(study)) : std::nullopt;
  const Study& own = imported ? *without : study;
  std::vector<std::string> notes;
  if (!own.tasks.empty()) {
    notes.push_back(
        "solved: runs that solved the task, out of all declared runs (diverged and missing ones count as unsolved)");
    notes.push_back("95 % Wilson: confidence interval of the rate of solved runs");
  }
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
  if (std::any_of(own.tasks.begin(), own.tasks.end(),
                  [](const TaskRuns& task) { return !test_lengths(task).lengths.empty(); }))
    notes.push_back("test length: of the sequences on which the trained weights are tested; trained: that of training");
  if (!own.tasks.empty()) {
    notes.push_back("test scores are those of " + tested_weights(own) + stopped_text(own));
    notes.push_back(
        "to solve: training until validation met the criterion for good; median [minimum, maximum] over seeds");
    notes.push_back(
        "speed: medians over seeds, of training only; sequences per CPU second of the run's threads, wall milliseconds "
        "per update");
  }
  if (const std::string busy = busy_text(own); !busy.empty()) notes.push_back(busy);
  if (std::any_of(own.tasks.begin(), own.tasks.end(), [](const TaskRuns& task) { return !task.judges_solving; }))
    notes.push_back("-: solving is not judged with evaluate below 64");
  if (imported) {
    notes.push_back(note_on_imported);
    notes.push_back(
        "updates, seconds: of training, in elapsed time, as the files of imported runs say; medians over seeds");
  }
  return notes;
}

std::string text_tables(const Study& study) {
  std::string text = study.title + "\n\n";
  for (const TaskRuns& task : study.tasks) {
    const std::string details = task_details(task);
    text += task_heading(task) + "\n" + (details.empty() ? "" : details + "\n") + "\n";
    for (const Table& table : task_tables(task)) text += table.text() + "\n";
  }
  for (const std::string& note : table_notes(study)) text += note + "\n";
  for (const std::string& sentence : problems(study)) text += "! " + sentence + "\n";
  return text;
}

std::string markdown_tables(const Study& study) {
  std::string text = "# " + markdown_escape(study.title) + "\n\n";
  for (const TaskRuns& task : study.tasks) {
    const std::string details = task_details(task);
    text += "## " + markdown_escape(task_heading(task)) + "\n\n" +
            (details.empty() ? "" : markdown_escape(details) + "\n\n");
    for (const Table& table : task_tables(task)) text += table.markdown() + "\n";
  }
  for (const std::string& note : table_notes(study)) text += "- " + markdown_escape(note) + "\n";
  for (const std::string& sentence : problems(study)) text += "- **" + markdown_escape(sentence) + "**\n";
  return text;
}

namespace {

std::string capitalized(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

std::string latex_tables(const Study& study) {
  std::string text = "% " + plain_text(study.title) + "\n" + latex_preamble;
  for (const TaskRuns& task : study.tasks) {
    const std::string details = task_details(task);
    const std::string about =
        capitalized(task_heading(task).substr(task.label.size() + 2)) + (details.empty() ? "" : "; " + details);
    for (const Table& table : task_tables(task))
      text += "\n" + latex_table(table, task.label + ": " + table.name + (table.name == "scores" ? ". " + about : ""),
                                 task.label + " " + table.name);
  }
  text += "\n";
  for (const std::string& note : table_notes(study)) text += "% " + plain_text(note) + "\n";
  for (const std::string& sentence : problems(study)) text += "% " + plain_text(sentence) + "\n";
  return text;
}

}  // namespace rnnbench::analysis
