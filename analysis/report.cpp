#include "analysis/report.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "analysis/figures/style.h"
#include "analysis/format.h"
#include "analysis/html.h"
#include "analysis/imported.h"
#include "analysis/report_script.h"
#include "analysis/report_style.h"
#include "analysis/summary.h"
#include "analysis/table.h"
#include "core/text.h"
#include "experiments/records/files.h"

namespace rnnbench::analysis {

namespace {

struct Totals {
  int runs = 0, recorded = 0, judged = 0, solved = 0, diverged = 0, missing = 0;
};

Totals totals_of(const Study& study) {
  Totals totals;
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      for (const Run& run : model.runs) {
        ++totals.runs;
        totals.recorded += run.recorded();
        totals.judged += task.judges_solving;
        totals.solved += task.judges_solving && run.solved();
        totals.diverged += run.diverged();
        totals.missing += !run.recorded();
      }
    }
  }
  return totals;
}

std::string lead(const Study& study) {
  const Totals t = totals_of(study);
  const std::string solved = t.judged == 0 ? "of " + counted(t.runs, "run") + ", "
                                           : std::to_string(t.solved) + " of " + counted(t.judged, "run") +
                                                 (t.judged < t.runs ? " that are judged" : "") + " solved the task, ";
  const std::string text = counted(model_labels(study).size(), "model") + " on " + counted(study.tasks.size(), "task") +
                           ": " + solved + std::to_string(t.diverged) + " diverged, " + std::to_string(t.missing) +
                           (t.missing == 1 ? " is missing." : " are missing.");
  return element("p", text, "lead");
}

// A switch for each model, which the script shows: a sample of its line in the figures, and its name. Without a choice
// of models there is none.
std::string switches(const Study& study) {
  const std::vector<std::string> labels = model_labels(study);
  if (labels.size() < 2) return "";
  const std::map<std::string, Style> styles = styles_of(study);
  std::string html = "<fieldset class=\"models\" hidden>\n<legend>Models in tables and figures</legend>\n";
  for (std::size_t m = 0; m < labels.size(); ++m) {
    const Style& style = styles.at(labels[m]);
    std::string dashes = style.dash == "1" ? "none" : style.dash;  // gnuplot's (12,4) is 12,4 in SVG
    std::erase_if(dashes, [](char c) { return c == '(' || c == ')'; });
    html += "<label><input type=\"checkbox\" value=\"" + std::to_string(m) +
            "\" checked> <svg viewBox=\"0 0 36 10\" aria-hidden=\"true\"><path d=\"M0 5h36\" stroke=\"" + style.color +
            "\" stroke-width=\"2\" stroke-dasharray=\"" + dashes + "\"/></svg> " + html_escape(labels[m]) +
            "</label>\n";
  }
  if (labels.size() > 3)
    for (const std::string all : {"all", "none"})
      html += "<button type=\"button\" value=\"" + all + "\">" + all + "</button>\n";
  return html + "</fieldset>\n";
}

// A table with the labels of models in this column; the switches hide its rows.
std::string switchable(Table table, std::size_t column, const std::vector<std::string>& labels) {
  for (const std::vector<std::string>& row : table.rows)
    table.models.push_back(
        static_cast<std::size_t>(std::find(labels.begin(), labels.end(), row.at(column)) - labels.begin()));
  return scrolling(table.html());
}

// A table of the number of solved runs, with a row per model and a column per task.
std::string overview(const Study& study) {
  std::string html = "<table>\n<thead><tr><th data-sort=\"text\">solved runs</th>";
  for (const TaskRuns& task : study.tasks) html += "<th data-sort=\"number\">" + html_escape(task.label) + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  std::size_t number = 0;
  for (const std::string& label : model_labels(study)) {
    html += "<tr data-model=\"" + std::to_string(number++) + "\"><td>" + html_escape(label) + "</td>";
    for (const TaskRuns& task : study.tasks) {
      const auto model = std::find_if(task.models.begin(), task.models.end(),
                                      [&](const ModelRuns& candidate) { return candidate.label == label; });
      if (model == task.models.end() || !task.judges_solving) {
        html += "<td class=\"share\" style=\"--share: 0\">-</td>";
        continue;
      }
      const auto solved =
          std::count_if(model->runs.begin(), model->runs.end(), [](const Run& r) { return r.solved(); });
      html += "<td class=\"share\" style=\"--share: " +
              fixed_text(static_cast<double>(solved) / static_cast<double>(model->runs.size()), 3) + "\">" +
              std::to_string(solved) + " of " + std::to_string(model->runs.size()) + "</td>";
    }
    html += "</tr>\n";
  }
  return scrolling(html + "</tbody>\n</table>\n");
}

std::string drawing(const std::string& name, const std::vector<Figure>& figures, const std::filesystem::path& folder) {
  for (const Figure& figure : figures) {
    if (figure.name != name) continue;
    return "<figure>\n" + inline_svg(read_file(folder / (name + ".svg")), name, figure.title + ". " + figure.caption) +
           "</figure>\n";
  }
  return "";
}

std::string task_section(const TaskRuns& task, const std::vector<std::string>& labels) {
  std::string html = "<h3>" + html_escape(task_heading(task)) + "</h3>\n";
  std::string text = task.options.empty() ? "" : "Settings: " + task.options + ".";
  if (task.has_record)
    text += " Measure: " + task.measure + ", " + task.definition + ". Losses: " + task_references(task) + ".";
  if (!text.empty()) html += element("p", text, "soft");
  for (const Table& table : task_tables(task)) html += switchable(table, 0, labels);
  return html;
}

// How many runs of other programs there are, and what that means.
std::string imported_lead(const Study& study) {
  std::size_t runs = 0;
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models) runs += model.imported() ? model.runs.size() : 0;
  return element("p", counted(runs, "run") + (runs == 1 ? " is" : " are") + " marked as imported. " +
                          "They are results of other programs, which rnnbench has neither trained nor verified. "
                          "Whether they solved their tasks is not judged, and no verdict is based on them.");
}

std::string problems_section(const Study& study) {
  const std::vector<std::string> sentences = problems(study);
  if (sentences.empty()) return element("p", "None: all runs were completed, and none diverged.");
  std::string html = "<ul>\n";
  for (const std::string& sentence : sentences) html += element("li", sentence, "alarm");
  return html + "</ul>\n";
}

std::string reading_section(const Study& study) {
  std::vector<std::pair<std::string, std::string>> entries = {
      {"Run and seed",
       "A run is one model trained once. The runs of a row differ only in their seed, which determines the initial "
       "parameters and the data. With the same seed, all models are trained and tested on the same sequences."},
      {"Solved",
       "A run solved the task if its scores met the criterion of the task. Runs that diverged or are missing count as "
       "unsolved; they are never left out. The 95 % interval of the rate is Wilson's."},
      {"Test score",
       "The score of " + tested_weights(study) +
           " on test sequences. With ten or more seeds, the table shows the interquartile mean with its 95 % "
           "percentile bootstrap interval (10,000 resamples). With fewer seeds, such an interval would be "
           "too narrow, so the table shows every score, from the worst to the best. A run without a score counts as 0 "
           "where higher is better, and otherwise as the maximum of the baseline and all scores on the task."},
      {"Test length",
       "The length of the test sequences; trained marks the length of training. The weights are the same at all "
       "lengths."},
      {"Updates to solve, CPU s to solve",
       "Training until validation first met the criterion: the Kaplan-Meier median over seeds, with minimum and "
       "maximum in brackets. Of a run that did not solve the task, it is only known that it takes longer than its "
       "training, which is marked by >. In CPU seconds, all such runs count with the longest training of their model."},
      {"Memoryless baseline",
       "The expected loss of the best predictor that knows the position in the sequence and the current input, but no "
       "earlier input. A model whose learning curve stays there has learned to remember nothing."},
      {"State",
       "The number of values that a model carries from one step to the next. Where attention needs all earlier steps, "
       "it is the number at the end of the longest training sequence."},
      {"Sequences/s, wall ms",
       "Sequences per CPU second of the run's own threads, and wall time of an update, both of training without "
       "evaluation; the medians over seeds."},
  };
  if (study.tasks.front().models.front().imported())  // then all are, and no other terms are on the page
    std::erase_if(entries, [](const auto& entry) { return entry.first != "Test score"; });
  if (has_imported(study))
    entries.insert(
        entries.begin(),
        {"Imported",
         "A result of another program, from a file in the folder `imported` next to this page. It is not known "
         "on which sequences such a run was trained and tested, so it is not paired with others by its "
         "seed. The numbers of the other runs are the same with and without imported ones."});
  return definitions(entries);
}

std::string commands_section(const Study& study) {
  const std::string file = shell_quoted(std::filesystem::path(study.file).filename().string());
  std::string html;
  if (!study.file.empty()) {
    html += "<pre><code>" +
            html_escape("rnnbench run " + file + "\nrnnbench table " + file + "\nrnnbench report " + file) +
            "</code></pre>\n";
  }
  html += "<details" + std::string(study.file.empty() ? " open" : "") +
          "><summary>The same runs without an experiment file, with every option</summary>\n<pre><code>";
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) html += html_escape(command_of(model)) + "\n";
  }
  return html + "</code></pre></details>\n";
}

std::string runs_section(const Study& study) {
  Table table{{{"run", false},
               {"task", false},
               {"model", false},
               {"seed"},
               {"status", false},
               {"updates"},
               {"test score"},
               {"result hash", false}},
              {}};
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      for (const Run& run : model.runs) {
        const auto score = run.test_score(task.measure);
        if (run.imported) {
          const auto& updates = run.imported->updates;
          table.rows.push_back({run.imported->place, task.label, model.label, std::to_string(run.seed()),
                                run.diverged() ? "imported, diverged" : "imported",
                                updates ? thousands(static_cast<double>(*updates)) : "-",
                                score ? score_text(*score) : "-", "-"});
          continue;
        }
        const Json result = run.recorded() ? run.record->result : Json::object();
        table.rows.push_back({run.id(), task.label, model.label, std::to_string(run.seed()),
                              result.value("status", "missing"),
                              run.recorded() ? thousands(result.at("updates").get<double>()) : "-",
                              score ? score_text(*score) : "-", result.value("hash", "-")});
      }
    }
  }
  return "<details><summary>All runs</summary>\n" + switchable(std::move(table), 2, model_labels(study)) +
         "</details>\n";
}

}  // namespace

std::string command_of(const ModelRuns& model) {
  const Json& spec = model.runs.front().spec;
  std::string command =
      "rnnbench run --task " + option_text(spec.at("task").at("name")) + " --cell " + shell_quoted(model.cell);
  for (const char* section : {"task", "model", "training"}) {
    for (const auto& [key, value] : spec.at(section).items()) {
      if (key != "name" && key != "cell") command += " --" + key + " " + shell_quoted(option_text(value));
    }
  }
  std::vector<std::string> seeds;
  bool contiguous = model.runs.size() > 1;
  for (std::size_t i = 0; i < model.runs.size(); ++i) {
    seeds.push_back(std::to_string(model.runs[i].seed()));
    contiguous = contiguous && model.runs[i].seed() == model.runs[0].seed() + i;
  }
  return command + " --seed " + (contiguous ? seeds.front() + ".." + seeds.back() : join(seeds, ","));
}

std::string report_html(const Study& study, const std::vector<Figure>& figures, const std::filesystem::path& folder,
                        const std::string& claims, const std::string& train) {
  const bool imported = has_imported(study);
  std::optional<Study> without;
  const Study& own = imported ? without.emplace(without_imported(study)) : study;
  std::string html = element("h1", study.title) + claims;
  if (!own.tasks.empty()) html += lead(own);
  html += switches(study);
  if (!own.tasks.empty()) html += overview(own);
  if (imported) html += imported_lead(study);
  if (figures.empty()) {
    html +=
        element("p",
                "The figures were not drawn because gnuplot is not installed. Their scripts and data are in the folder "
                "`figures` next to this page.",
                "alarm");
  }
  html += drawing("learning-curves", figures, folder);
  html += "<h2>Results</h2>\n";
  for (const TaskRuns& task : study.tasks) html += task_section(task, model_labels(study));
  for (const std::string name :
       {"score-by-model", "score-by-length", "score-by-speed", "score-by-parameters", "score-by-state-size"}) {
    html += drawing(name, figures, folder);
  }
  html += "<h2>Diverged and missing runs</h2>\n" + problems_section(study);
  html += "<h2>How to read this page</h2>\n" + reading_section(study);
  if (!own.tasks.empty()) {
    html += "<h2>How to reproduce this page</h2>\n" +
            (train.empty() ? commands_section(own) : "<pre><code>" + html_escape(train) + "</code></pre>\n");
    std::vector<const Run*> runs;
    for (const TaskRuns& task : own.tasks) {
      for (const ModelRuns& model : task.models) {
        for (const Run& run : model.runs) runs.push_back(&run);
      }
    }
    html += "<h2>Environment</h2>\n" + environment_table(runs);
  }
  html += runs_section(study);
  return html_page(study.title, report_style, report_script, html);
}

}  // namespace rnnbench::analysis
