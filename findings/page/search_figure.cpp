#include "findings/page/search_figure.h"

#include <algorithm>

#include "analysis/figures/panels.h"
#include "core/error.h"
#include "core/text.h"
#include "findings/page/search_section.h"
#include "findings/page/strips.h"

namespace rnnbench::findings {
namespace {

constexpr double panel_height = 230;

// Learning rate and score of every trial of a rung; diverged ones are counted instead.
std::vector<Values> points_of(const SearchChoice& choice, int rung, int& diverged) {
  std::vector<Values> rows;
  for (const TrialScore& point : choice.trials) {
    if (point.rung != rung) continue;
    for (const auto& [key, value] : point.values) {
      const auto rate = parse_number<double>(value);
      if (key != "learning-rate" || !rate) continue;
      for (const TrialRecord* trial : point.records) {
        const auto score = trial->score(trial->measure);
        const bool finished = trial->status != "diverged" && score;
        if (finished) rows.push_back({*rate, *score});
        diverged += !finished;
      }
    }
  }
  return rows;
}

// One search on one task. Both searches of a task have the same axes.
void draw_search(Panels& panels, const TaskRuns& task, std::size_t search, const Rectangle& frame,
                 const StudyRecords& records) {
  Values rates, scores;
  std::vector<std::string> curves;
  std::string measure;
  int diverged = 0, others = 0;
  for (const ModelRuns& model : task.models)
    for (std::size_t s = 0; s < searches.size(); ++s) {
      const SearchChoice* choice = choice_for(records, s, model);
      if (choice == nullptr) continue;
      measure = choice->measure + (choice->higher_is_better ? " (higher is better)" : " (lower is better)");
      const int rungs = static_cast<int>(records.study->search->rungs().size());
      for (int rung = 0; rung < rungs; ++rung) {
        const std::vector<Values> rows = points_of(*choice, rung, s == search ? diverged : others);
        for (const Values& row : rows) {
          rates.push_back(row[0]);
          scores.push_back(row[1]);
        }
        if (s != search || rows.empty()) continue;
        const int block = panels.add_data(task.label + ", " + model.label + ", search " + searches[s] + ", rung " +
                                              std::to_string(rung + 1) + ": rate, score",
                                          rows);
        curves.push_back("data index " + std::to_string(block) +
                         " using 1:2:" + tooltip(model.label, ", rate %.3g: %.4g", "$1, $2") + " " +
                         run_clause(panels.style(model.label), 0.4 + 0.35 * static_cast<double>(rung)));
      }
    }
  const std::string failed = diverged > 0 ? ", " + std::to_string(diverged) + " diverged" : "";
  panels.headings(frame, task.label + ", search " + searches[search],
                  (curves.empty() ? "no finite score" : "validation " + measure) + failed, "learning rate");
  if (rates.empty()) rates.push_back(0.001), scores.push_back(0);
  if (curves.empty()) curves.push_back("NaN");
  panels.command(widened(logarithmic_axis(rates)).commands('x'));
  panels.command(widened(value_axis(scores)).commands('y'));
  panels.plot(frame, curves);
}

}  // namespace

Figure search_figure(const StudyRecords& records, const FigureLayout& layout) {
  const DeclaredStudy& declared = *records.study;
  if (!records.searched || !declared.search)
    throw UserError("the search of " + declared.name +
                    " is not finished, so its trials cannot be drawn; continue it with "
                    "rnnbench reproduce");
  std::vector<Run> runs;
  for (const RunSpec& run : records.declared) runs.push_back({run.json(), std::nullopt});
  const Study study = make_study(declared.name, declared.experiment.title, declared.experiment.file, std::move(runs));
  Panels panels(
      layout, study, "search", declared.experiment.title + ": the search",
      "Every point is a trial. Larger points belong to later rungs, which train longer and have more seeds. Trials "
      "that diverged are counted above the panels.",
      static_cast<int>(2 * study.tasks.size()), layout.panel_height * panel_height);
  for (std::size_t t = 0; t < study.tasks.size(); ++t)
    for (std::size_t s = 0; s < searches.size(); ++s)
      draw_search(panels, study.tasks[t], s, panels.panel(static_cast<int>(2 * t + s)), records);
  return panels.finish();
}

}  // namespace rnnbench::findings
