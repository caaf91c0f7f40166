#include "findings/page/limits.h"

#include <algorithm>
#include <set>

#include "analysis/format.h"
#include "analysis/html.h"
#include "analysis/statistics/effect.h"
#include "core/text.h"
#include "findings/page/tables.h"

namespace rnnbench::findings {
namespace {

// The score of the last evaluation until this update; nothing if it is not finite.
std::optional<double> score_at(const Json& curve, const std::string& measure, double update) {
  std::optional<double> score;
  for (const Json& point : curve)
    if (point.at("update").get<double>() <= update && point.contains(measure) && point.at(measure).is_number())
      score = point.at(measure).get<double>();
  return score;
}

}  // namespace

std::optional<LastQuarter> last_quarter(const TaskRuns& task, const ModelRuns& model) {
  Values half, three_quarters, end, changes;
  for (const Run& run : model.runs) {
    if (!run.recorded() || run.diverged()) continue;
    const Json& curve = run.record->result.at("curve");
    const double updates = run.spec.at("training").at("updates").get<double>();
    const auto a = score_at(curve, task.measure, updates / 2), b = score_at(curve, task.measure, 3 * updates / 4),
               c = score_at(curve, task.measure, updates);
    if (!a || !b || !c) continue;
    half.push_back(*a);
    three_quarters.push_back(*b);
    end.push_back(*c);
    changes.push_back(task.higher_is_better ? *c - *b : *b - *c);
  }
  if (end.empty()) return std::nullopt;
  LastQuarter last{mean(half), mean(three_quarters), mean(end), mean(changes), std::nullopt, false};
  last.interval = Effect(changes, {}, Scale::linear).interval(0.95);
  last.still_rises = last.interval && last.interval->low > 0;
  return last;
}

std::string ceiling_section(const FindingResult& r) {
  if (r.ceilings.empty())
    return titled(
        "Ceiling",
        element("p", !r.finding->study->search ? "Without a search there are no validation scores to judge by."
                     : !r.records->searched    ? "The search is not finished."
                                               : "This measure has no best or worst value that both sides could "
                                                 "share at trained lengths."));
  Table table{{{"comparison", false},
               {"A, left side"},
               {"A, right side"},
               {"B, left side"},
               {"B, right side"},
               {"testable", false}},
              {}};
  for (const Ceiling& part : r.ceilings)
    table.rows.push_back({part.label, score_text(part.left[0]), score_text(part.right[0]), score_text(part.left[1]),
                          score_text(part.right[1]), part.testable ? "yes" : "no"});
  return titled(
      "Ceiling",
      element("p",
              "Mean validation " + r.finding->primary.measurement.text +
                  " in the last rung of each search, before any reported seed was run. A comparison is not "
                  "testable if all four are above " +
                  number_text(1 - r.finding->margin) +
                  (has_floor(r.finding->primary.measurement) ? " or all below " + number_text(r.finding->margin) : "") +
                  ".") +
          scrolling(table.html()));
}

std::string budget_section(const FindingResult& r, const Study& study) {
  Table table{{{"task", false},
               {"model", false},
               {"measure", false},
               {"at 1/2 of the updates"},
               {"at 3/4"},
               {"at the end"},
               {"change in the last quarter [95 % interval]"},
               {"still rises", false}},
              {}};
  std::set<std::string> named;  // models of the comparison that decides
  for (const Expression* model : r.finding->primary.statement.models()) named.insert(model->cell);
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models) {
      if (!named.contains(model.cell)) continue;
      const auto last = last_quarter(task, model);
      if (!last) continue;
      const auto number = [](double value) { return (value < 0 ? "" : "+") + score_text(value); };
      table.rows.push_back(
          {task.label, model.label, task.measure, score_text(last->half), score_text(last->three_quarters),
           score_text(last->end),
           number(last->improvement) +
               (last->interval ? " [" + number(last->interval->low) + ", " + number(last->interval->high) + "]" : ""),
           last->interval ? (last->still_rises ? "yes" : "no") : "-"});
    }
  if (table.rows.empty()) return titled("Budget", element("p", "No run of the compared models is recorded yet."));
  return titled(
      "Budget",
      element(
          "p",
          "Mean validation scores while training, of runs that did not diverge. If a score still rises, a longer training could change "
          "the answer. (Changes count as positive if they improve the score.)") +
          scrolling(table.html()));
}

std::string margin_section(const FindingResult& r) {
  const Finding& f = *r.finding;
  std::string text = "The margin is " + number_text(f.margin) + ": " + f.margin_reason + ".";
  if (f.margin == 0) return titled("Margin", element("p", text + " Any difference counts."));
  if (!r.half_margin || r.refused) return titled("Margin", element("p", text));
  return titled("Margin", element("p", text + " At half the margin the verdict would be: " +
                                           verdict_text(r.half_margin->verdict) +
                                           "; at twice the margin: " + verdict_text(r.twice_margin->verdict) + "."));
}

}  // namespace rnnbench::findings
