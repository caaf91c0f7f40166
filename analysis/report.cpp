#include "analysis/report.h"

#include <algorithm>
#include <map>
#include <set>

#include "analysis/format.h"
#include "analysis/report_style.h"
#include "analysis/summary.h"
#include "analysis/table.h"
#include "experiments/files.h"

namespace rnnbench {

namespace {

std::string element(const std::string& tag, const std::string& text, const std::string& style = "") {
  return "<" + tag + (style.empty() ? "" : " class=\"" + style + "\"") + ">" + html_escape(text) + "</" +
         tag + ">\n";
}

std::string scrolling(const std::string& table) { return "<div class=\"scroll\">\n" + table + "</div>\n"; }

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

struct Totals {
  int runs = 0, recorded = 0, solved = 0, diverged = 0, missing = 0;
};

Totals totals_of(const Study& study) {
  Totals totals;
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      for (const Run& run : model.runs) {
        ++totals.runs;
        totals.recorded += run.recorded();
        totals.solved += run.solved();
        totals.diverged += run.diverged();
        totals.missing += !run.recorded();
      }
    }
  }
  return totals;
}

std::string lead(const Study& study) {
  const Totals t = totals_of(study);
  std::string text = counted(model_labels(study).size(), "model") + " on " +
                     counted(study.tasks.size(), "task") + ": " + std::to_string(t.solved) + " of " +
                     counted(t.runs, "declared run") + " solved their task, " + std::to_string(t.diverged) +
                     " diverged";
  text +=
      t.missing == 0 ? ", and all have a record." : ", " + std::to_string(t.missing) + " without a record.";
  return element("p", text, "lead");
}

// Solved runs of all runs, models down, tasks across.
std::string overview(const Study& study) {
  std::string html = "<table>\n<thead><tr><th>solved runs</th>";
  for (const TaskRuns& task : study.tasks) html += "<th>" + html_escape(task.label) + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  for (const std::string& label : model_labels(study)) {
    html += "<tr><td>" + html_escape(label) + "</td>";
    for (const TaskRuns& task : study.tasks) {
      const auto model = std::find_if(task.models.begin(), task.models.end(),
                                      [&](const ModelRuns& candidate) { return candidate.label == label; });
      if (model == task.models.end()) {
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

std::string drawing(const std::string& name, const std::vector<Figure>& figures,
                    const std::filesystem::path& folder) {
  for (const Figure& figure : figures) {
    if (figure.name != name) continue;
    return "<figure>\n" +
           inline_svg(read_file(folder / (name + ".svg")), name, figure.title + ". " + figure.caption) +
           "</figure>\n";
  }
  return "";
}

std::string task_section(const TaskRuns& task) {
  std::string html = "<h3>" + html_escape(task_heading(task)) + "</h3>\n";
  html += element("p",
                  task.options +
                      (task.measure.empty()
                           ? ""
                           : ". " + task.measure + ": " + task.definition + ". " + task_references(task)) +
                      ".",
                  "soft");
  return html + scrolling(outcome_table(task).html()) + scrolling(cost_table(task).html());
}

std::string trouble_section(const Study& study) {
  const std::vector<std::string> sentences = trouble(study);
  if (sentences.empty()) return element("p", "Every declared run has a record, and none diverged.");
  std::string html = "<ul>\n";
  for (const std::string& sentence : sentences) html += element("li", sentence, "alarm");
  return html + "</ul>\n";
}

// Term and explanation.
std::string definitions(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string html = "<dl>\n";
  for (const auto& [term, text] : entries) html += element("dt", term) + element("dd", text);
  return html + "</dl>\n";
}

std::string reading_section() {
  return definitions({
      {"Runs and seeds",
       "A run is one model trained once. Runs of a row differ only in their seed, which drives the "
       "initial parameters and the data; with the same seed all models see the same sequences."},
      {"Solved",
       "A run solved its task when its scores met the task's criterion. The interval of the rate is "
       "Wilson's, "
       "95 %. Runs that diverged or have no record count as unsolved: they are never left out."},
      {"Test score",
       "Measured on sequences of a stream of its own after training. From ten seeds on: the interquartile "
       "mean "
       "with its 95 % percentile bootstrap interval (10,000 resamples). With fewer seeds such an interval "
       "would not keep its promise, so every seed is shown, worst first. A run without a score counts as 0 "
       "where higher is better, otherwise as the largest of the baseline and all scores of the task."},
      {"To solve",
       "Updates, or CPU seconds of training, until validation first met the criterion: the Kaplan-Meier "
       "median, "
       "with the least and the largest in brackets. A run that did not solve counts as longer than its "
       "training (>), for seconds as longer than the longest training of its model."},
      {"Memoryless baseline",
       "The expected loss of the best predictor that knows the position in the sequence and the "
       "current input, but remembers nothing. A curve that stays there has learnt no memory."},
      {"Speed",
       "Sequences per CPU second of the run's own threads, in training, evaluation excluded; the median over "
       "seeds."},
  });
}

std::string commands_section(const Study& study) {
  const std::string file = std::filesystem::path(study.file).filename().string();
  std::string html;
  if (!file.empty()) {
    html += "<pre><code>" +
            html_escape("rnnbench run " + file + "\nrnnbench table " + file + "\nrnnbench report " + file) +
            "</code></pre>\n";
  }
  html += "<details" + std::string(file.empty() ? " open" : "") +
          "><summary>The same runs without the file, every option written out</summary>\n<pre><code>";
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) html += html_escape(command_of(model)) + "\n";
  }
  return html + "</code></pre></details>\n";
}

std::string environment_text(const Json& value) {
  if (!value.is_object()) return option_text(value);
  std::vector<std::string> entries;
  for (const auto& [key, entry] : value.items()) entries.push_back(key + " " + option_text(entry));
  return join(entries, ", ");
}

std::string environment_section(const Study& study) {
  const std::vector<std::pair<std::string, std::string>> keys = {
      {"version", "rnnbench"},
      {"date", "recorded (UTC)"},
      {"host", "host"},
      {"cpu", "processor"},
      {"cores", "cores"},
      {"isa", "instruction set"},
      {"flush_to_zero", "denormals flushed to zero"},
      {"threads", "threads of a run"},
      {"jobs", "runs at once"},
      {"compiler", "compiler"},
      {"flags", "compiler flags"},
      {"libraries", "libraries"}};
  std::map<std::string, std::set<std::string>> values;
  double seconds = 0, memory = 0;
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      for (const Run& run : model.runs) {
        if (!run.recorded()) continue;
        const Json& measured = run.record->measured;
        for (const auto& [key, title] : keys) {
          if (measured.contains(key)) values[key].insert(environment_text(measured.at(key)));
        }
        const auto number = [&](const char* key) {
          return measured.contains(key) && measured[key].is_number() ? measured[key].get<double>() : 0.0;
        };
        seconds += number("train_cpu_seconds") + number("evaluate_cpu_seconds");
        memory = std::max(memory, number("peak_memory_mib"));
      }
    }
  }
  Table table{{{"", false}, {"", false}}, {}};
  for (const auto& [key, title] : keys) {
    if (!values.count(key)) continue;
    const std::set<std::string>& found = values.at(key);
    const std::string text = key == "date" && found.size() > 1 ? *found.begin() + " to " + *found.rbegin()
                                                               : join({found.begin(), found.end()}, "; ");
    table.rows.push_back({title, text});
  }
  table.rows.push_back({"CPU time of all runs", significant(seconds) + " s"});
  table.rows.push_back({"peak memory of the process", significant(memory) + " MiB"});
  return "<div class=\"scroll wrap\">\n" + table.html() + "</div>\n";
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
        const Json result = run.recorded() ? run.record->result : Json::object();
        table.rows.push_back({run.id(), task.label, model.label, std::to_string(run.seed()),
                              result.value("status", "missing"),
                              run.recorded() ? thousands(result.at("updates").get<double>()) : "-",
                              score ? score_text(*score) : "-", result.value("hash", "-")});
      }
    }
  }
  return "<details><summary>All runs</summary>\n" + scrolling(table.html()) + "</details>\n";
}

}  // namespace

std::string inline_svg(const std::string& svg, const std::string& prefix, const std::string& description) {
  std::string text = svg.substr(svg.find("<svg"));
  for (const std::string mark : {"id='", "id=\"", "href='#", "href=\"#", "url(#"}) {
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += mark.size()) {
      text.insert(at + mark.size(), prefix + "-");
    }
  }
  const std::string title = "<title>Gnuplot</title>";
  if (const auto at = text.find(title); at != std::string::npos) {
    text.replace(at, title.size(), "<title>" + html_escape(description) + "</title>");
  }
  return "<svg role=\"img\"" + text.substr(4);
}

std::string command_of(const ModelRuns& model) {
  const Json& spec = model.runs.front().spec;
  std::string command =
      "rnnbench run --task " + option_text(spec.at("task").at("name")) + " --cell " + model.cell;
  for (const char* section : {"task", "model", "training"}) {
    for (const auto& [key, value] : spec.at(section).items()) {
      if (key != "name" && key != "cell") command += " --" + key + " " + option_text(value);
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

std::string report_html(const Study& study, const std::vector<Figure>& figures,
                        const std::filesystem::path& folder) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
      element("title", study.title) + "<style>" + report_style + "</style>\n</head>\n<body>\n";
  html += element("h1", study.title) + lead(study) + overview(study);
  if (figures.empty()) {
    html += element(
        "p",
        "The figures were not drawn because gnuplot is not installed; their scripts and data are in the "
        "folder figures beside this page.",
        "alarm");
  }
  html += drawing("learning-curves", figures, folder);
  html += "<h2>Results</h2>\n";
  for (const TaskRuns& task : study.tasks) html += task_section(task);
  for (const std::string name : {"score-by-length", "score-by-speed", "score-by-parameters"}) {
    html += drawing(name, figures, folder);
  }
  html += "<h2>Diverged, failed and missing runs</h2>\n" + trouble_section(study);
  html += "<h2>How to read this page</h2>\n" + reading_section();
  html += "<h2>Commands</h2>\n" + commands_section(study);
  html += "<h2>Environment</h2>\n" + environment_section(study) + runs_section(study);
  return html + "</body>\n</html>\n";
}

}  // namespace rnnbench
