#include "findings/page/tables.h"

#include <algorithm>

#include "analysis/format.h"
#include "analysis/html.h"
#include "core/read_file.h"
#include "core/text.h"
#include "experiments/records/files.h"
#include "findings/listing.h"
#include "findings/page/runs_shown.h"

namespace rnnbench::findings {
namespace {

// With more rows than this, the further comparisons are folded.
constexpr std::size_t max_open_rows = 8;

// Long names of comparisons break their lines, numbers do not.
std::string comparisons(const Table& table) {
  return "<div class=\"comparisons\">\n" + scrolling(table.html()) + "</div>\n";
}

// "0.94 [0.77, 0.99]": Mann-Whitney's probability, ties counting half.
std::string improvement_text(const ComparisonPart& part) {
  const auto number = [](double value) { return fixed_text(value, 2); };
  return number(*part.improvement) + (part.improvement_interval ? " [" + number(part.improvement_interval->low) + ", " +
                                                                      number(part.improvement_interval->high) + "]"
                                                                : "");
}

// "+0.31 [+0.25, +0.36]": the mean after search 0 (A) or 1 (B) with its own interval.
std::string after_text(const Outcome& outcome, const ComparisonPart& part, std::size_t search) {
  std::string text = mean_text(outcome, part, search);
  const auto& interval = part.effect.interval[search];
  if (!interval) return text;
  return text + " " + interval_text(outcome, *interval);
}

// The question that a further comparison answers.
std::string question_of(const Outcome& also, const FindingResult& result) {
  const Expression& left = also.statement.left[0];
  const std::string& measure = also.measurement.text;
  if (also.statement.relation == Relation::none) return "What values does " + measure + " take?";
  if (left.kind == Expression::Kind::slope) return "How does " + measure + " change with " + left.over + "?";
  if (measure == result.finding->primary.measurement.text)
    return "How do other models and settings compare in " + measure + "?";
  return "How do the models compare in " + measure + "?";
}

bool is_score(const Measurement& m, const std::vector<const Run*>& runs) {
  if (m.length || m.untrained || m.seconds) return false;
  if (m.name == "relative_loss" || m.name == "skill") return true;
  return std::any_of(runs.begin(), runs.end(), [&](const Run* run) {
    return run->recorded() && run->record->result.at("final").at("test").contains(m.name);
  });
}

// Whether a run that did not diverge has such a number; the worst value that stands for a diverged run is none.
bool is_known(const Measurement& m, const std::vector<const Run*>& runs) {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const Run* run) { return run->recorded() && !run->diverged() && has_measure(m, *run); });
}

}  // namespace

std::string titled(const std::string& title, const std::string& html) { return element("h4", title) + html; }

std::string svg_figure(const std::filesystem::path& file, const std::string& prefix, const std::string& description) {
  if (!path_exists(file))
    return element("p",
                   "The figure was not drawn because gnuplot is not installed. Its script and data are in the folder "
                   "figures of this study.",
                   "alarm");
  return "<figure>\n" + inline_svg(read_file(file), prefix, description) + "</figure>\n";
}

std::string deciding_table(const FindingResult& r) {
  if (!r.primary) return "";
  Table table{{{"comparison", false},
               {"after A [95 % interval]"},
               {"after B [95 % interval]"},
               {.title = "boundary", .right = false, .by_value = true},
               {"n"},
               {"failures"},
               {"p (Holm)"},
               {"p, A = B"},
               {"verdict", false}},
              {}};
  std::vector<std::string> improvements, log_ranks;
  for (const ComparisonPart& part : r.primary->parts) {
    table.rows.push_back({part.label, after_text(*r.primary, part, 0), after_text(*r.primary, part, 1),
                          boundary_text(*r.primary), std::to_string(part.size()), std::to_string(part.failures),
                          part.adjusted_p ? significant(*part.adjusted_p) : "-",
                          part.effect.hull ? significant(part.effect.welch_p) : "-", verdict_text(part.verdict)});
    if (part.improvement) improvements.push_back(part.label + ": " + improvement_text(part));
    if (part.log_rank_p) log_ranks.push_back(part.label + ": p = " + significant(*part.log_rank_p));
  }
  const auto sentence = [](const std::string& what, const std::vector<std::string>& values) {
    return values.empty() ? "" : element("p", what + ": " + join(values, "; ") + ".", "soft");
  };
  return comparisons(table) +
         sentence("Probability that a run of the first side has the larger value (Mann-Whitney)", improvements) +
         sentence("Log-rank test of the times to solve, unsolved runs censored", log_ranks);
}

std::string further_tables(const FindingResult& r) {
  if (r.also.empty()) return "";
  std::vector<std::pair<std::string, std::vector<const Outcome*>>> questions;
  std::size_t rows = 0;
  for (const Outcome& also : r.also) {
    const std::string question = question_of(also, r);
    auto known = std::find_if(questions.begin(), questions.end(), [&](const auto& q) { return q.first == question; });
    if (known == questions.end()) known = questions.insert(known, {question, {}});
    known->second.push_back(&also);
    rows += also.parts.size();
  }
  std::string html;
  for (const auto& [question, outcomes] : questions) {
    const bool stated = outcomes.front()->statement.relation != Relation::none;
    Table table{{{stated ? "comparison" : "model", false},
                 {"after A"},
                 {"after B"},
                 {.title = "95 % interval", .right = false, .by_value = true}},
                {}};
    if (stated) table.columns.push_back({.title = "boundary", .right = false, .by_value = true});
    table.columns.insert(table.columns.end(), {{"n"}, {"failures"}});
    for (const Outcome* outcome : outcomes) {
      for (const ComparisonPart& part : outcome->parts) {
        table.rows.push_back({part.label, mean_text(*outcome, part, 0), mean_text(*outcome, part, 1),
                              part.effect.hull ? hull_text(*outcome, part) : "-"});
        if (stated) table.rows.back().push_back(boundary_text(*outcome));
        table.rows.back().push_back(std::to_string(part.size()));
        table.rows.back().push_back(std::to_string(part.failures));
      }
    }
    if (rows > max_open_rows)
      html += "<details><summary>" + html_escape(question) + " <span class=\"soft\">(" +
              counted(table.rows.size(), stated ? "comparison" : "number") + ")</span></summary>\n" +
              comparisons(table) + "</details>\n";
    else
      html += element("p", question) + comparisons(table);
  }
  return titled("Further comparisons, without influence on the verdict", html);
}

std::string models_table(const FindingResult& r, const Study& study) {
  const Measurement& measurement = r.finding->primary.measurement;
  // Of the scores at and beyond the trained lengths, the one that is not compared gets a column too.
  Measurement other = measurement;
  other.beyond = !measurement.beyond;
  bool several = false;
  Table table{{{"task", false},
               {"model", false},
               {"runs"},
               {"failed"},
               {"mean"},
               {"IQM"},
               {"median"},
               {"min"},
               {"max"},
               {other.beyond ? "mean beyond trained lengths" : "mean at trained lengths"},
               {"solved"},
               {"parameters"}},
              {}};
  for (const TaskRuns& task : study.tasks) {
    const auto failed = value_of_failure(measurement, runs_of(task));
    for (const ModelRuns& model : task.models) {
      const std::vector<const Run*> runs = pointers(model.runs);
      const auto recorded = std::count_if(runs.begin(), runs.end(), [](const Run* run) { return run->recorded(); });
      const auto solved = std::count_if(runs.begin(), runs.end(), [](const Run* run) { return run->solved(); });
      const auto values = values_of_model(measurement, runs, failed);
      const auto beside = is_score(measurement, runs) && is_known(other, runs)
                              ? values_of_model(other, runs, value_of_failure(other, runs_of(task)))
                              : std::nullopt;
      std::vector<std::string> row = {task.label, model.label,
                                      std::to_string(recorded) + " of " + std::to_string(runs.size())};
      row.push_back(values ? std::to_string(values->failures) : "-");
      // Of runs that all failed there are only worst values, and those are of other models.
      const bool any = values && std::count(values->failed.begin(), values->failed.end(), false) > 0;
      const auto add = [&](double (*statistic)(const Values&)) {
        row.push_back(any ? score_text(statistic(values->values)) : "-");
      };
      add(mean);
      const bool all_diverged = recorded > 0 && std::all_of(runs.begin(), runs.end(), [](const Run* run) {
                                  return !run->recorded() || run->diverged();
                                });
      if (!any && all_diverged) row.back() = "every run diverged";
      add(iqm);
      add(median);
      add([](const Values& v) { return *std::min_element(v.begin(), v.end()); });
      add([](const Values& v) { return *std::max_element(v.begin(), v.end()); });
      row.push_back(any && beside && !beside->values.empty() ? score_text(mean(beside->values)) : "-");
      several = several || row.back() != "-";
      row.push_back(std::to_string(solved) + " of " + std::to_string(recorded));
      const auto parameters = values_of_model(parse_measurement("parameters"), runs, std::nullopt);
      row.push_back(parameters ? thousands(median(parameters->values)) : "-");
      table.rows.push_back(std::move(row));
    }
  }
  const auto drop = [&](std::size_t column) {
    table.columns.erase(table.columns.begin() + static_cast<std::ptrdiff_t>(column));
    for (auto& row : table.rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
  };
  if (!several) drop(9);
  if (study.tasks.size() == 1) drop(0);
  return titled("All models by " + measurement.text, scrolling(table.html()));
}

std::string published_section(const FindingResult& r) {
  const std::vector<Published>& published = r.finding->published;
  if (published.empty())
    return titled("What was published", element("p", "The source gives no number that could be compared."));
  Table table{{{"model", false}, {"published"}, {"source of the number", false}, {"ours (mean)"}}, {}};
  for (std::size_t i = 0; i < published.size(); ++i) {
    const bool known = i < r.our_means.size() && r.our_means[i].has_value();
    table.rows.push_back({published[i].model.text, score_text(published[i].value), published[i].certainty,
                          known ? score_text(*r.our_means[i]) : "-"});
  }
  const std::string agreement = agreement_text(r.published);
  return titled("What was published",
                scrolling(table.html()) + (agreement.empty() ? "" : element("p", "Agreement: " + agreement + ".")));
}

}  // namespace rnnbench::findings
