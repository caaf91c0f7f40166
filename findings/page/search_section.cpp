#include "findings/page/search_section.h"

#include <algorithm>

#include "analysis/format.h"
#include "analysis/html.h"
#include "analysis/statistics/statistics.h"
#include "core/text.h"
#include "findings/page/tables.h"

namespace rnnbench::findings {
namespace {

std::string validation_text(const SearchChoice& choice) {
  const auto& score = choice.trials[choice.chosen].measure;
  if (choice.all_diverged) return "every trial diverged";
  if (!score) return "every seed diverged";
  const int failed = choice.trials[choice.chosen].failed;
  return choice.measure + " " + score_text(*score) + (failed > 0 ? ", " + std::to_string(failed) + " diverged" : "");
}

// The scores of the first rung, in which all points are tried once with the same updates. Trials that diverged count as
// the worst, as in the search itself; nothing if every trial of the search did.
Values first_rung(const SearchChoice& choice) {
  Values scores;
  for (const TrialScore& trial : choice.trials)
    if (trial.rung == 0) scores.push_back(trial.measure.value_or(trial.worst));
  return choice.all_diverged ? Values{} : scores;
}

std::string choices_table(const FindingResult& r, const Study& study) {
  Table table{{{"task", false},
               {"model", false},
               {"search", false},
               {"chosen", false},
               {"at an edge of", false},
               {.title = "validation, last rung", .right = false, .by_value = true}},
              {}};
  std::vector<std::string> failed;  // models for which nothing could be chosen
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models)
      for (std::size_t s = 0; s < searches.size(); ++s) {
        const SearchChoice* choice = choice_for(*r.records, s, model);
        if (choice == nullptr) continue;
        table.rows.push_back(
            {task.label, model.label, std::string(1, searches[s]),
             join(choice->values,
                  [](const auto& v) { return v.first + " " + (v.second.empty() ? "unset" : v.second); }),
             choice->edges.empty() ? "-" : join(choice->edges), validation_text(*choice)});
        if (choice->all_diverged) failed.push_back(model.label + " on " + task.label + " (" + searches[s] + ")");
      }
  std::string html = scrolling(table.html());
  if (!failed.empty())
    html += element(
        "p", "Every trial diverged for " + join(failed) + ". Nothing could be chosen, and the first point was taken.",
        "alarm");
  return html;
}

// How much a search of fewer points would have found: in the first rung, all points were tried alike.
std::string expected_table(const FindingResult& r, const Study& study) {
  const std::vector<std::size_t> sizes = {1, 2, 4, 8, 16};
  Table table{{{"task", false}, {"model", false}, {"search", false}, {"measure", false}}, {}};
  for (const std::size_t n : sizes) table.columns.push_back({"n = " + std::to_string(n)});
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models)
      for (std::size_t s = 0; s < searches.size(); ++s) {
        const SearchChoice* choice = choice_for(*r.records, s, model);
        if (choice == nullptr) continue;
        const Values scores = first_rung(*choice);
        std::vector<std::string> row = {task.label, model.label, std::string(1, searches[s]), choice->measure};
        const Values best = scores.empty() ? Values{} : expected_best(scores, choice->higher_is_better);
        for (const std::size_t n : sizes) row.push_back(n <= best.size() ? score_text(best[n - 1]) : "-");
        table.rows.push_back(std::move(row));
      }
  return "<details><summary>Expected best validation score of n trials of the first rung</summary>\n" +
         scrolling(table.html()) + "</details>\n";
}

}  // namespace

const SearchChoice* choice_for(const StudyRecords& records, std::size_t search, const ModelRuns& model) {
  const std::string id = model.runs.front().id();
  const auto declared = std::find_if(records.declared.begin(), records.declared.end(),
                                     [&](const RunSpec& run) { return run.id() == id; });
  return declared == records.declared.end() ? nullptr : choice_of(records, search, *declared);
}

std::string search_section(const FindingResult& r, const Study& study, const std::filesystem::path& figures) {
  const DeclaredStudy& declared = *r.finding->study;
  if (!declared.search)
    return titled("Search", element("p", "Nothing was searched: the study compares the declared settings."));
  std::string html = element("p", "Two searches, A and B, for every model: " + declared.search->text() + ".");
  if (!r.records->searched) return titled("Search", html + element("p", "The search is not finished."));
  html += svg_figure(figures / "search.svg", "search-" + std::to_string(r.finding->number),
                     "Every trial of the searches of " + declared.name);
  return titled("Search", html + choices_table(r, study) + expected_table(r, study));
}

}  // namespace rnnbench::findings
