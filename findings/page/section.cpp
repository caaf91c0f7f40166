// One finding on the page of all.
#include <algorithm>
#include <filesystem>
#include <map>

#include "analysis/format.h"
#include "analysis/html.h"
#include "core/text.h"
#include "experiments/records/files.h"
#include "findings/listing.h"
#include "findings/page/page.h"
#include "findings/page/runs_shown.h"
#include "findings/statement_in_words.h"

namespace rnnbench::findings {
namespace {

using Kind = Expression::Kind;

std::string sign_of(Relation relation) {
  switch (relation) {
    case Relation::above:
      return ">";
    case Relation::below:
      return "<";
    case Relation::not_below:
      return "≥";
    case Relation::not_above:
      return "≤";
    default:
      return "≈";
  }
}

std::string p_text(const std::optional<double>& p) { return p ? significant(*p) : "-"; }

// The p-value that speaks for the verdict of a part; of an undecided one the smaller.
std::string p_of(const ComparisonPart& part) {
  if (!part.p_for) return "-";
  if (part.verdict == Verdict::supported) return p_text(part.p_for);
  if (part.verdict == Verdict::contradicted) return p_text(part.p_against);
  return p_text(std::min(*part.p_for, part.p_against.value_or(1)));
}

std::string titled(const std::string& title, const std::string& html) { return element("h4", title) + html; }

std::string declaration(const FindingResult& r) {
  const Finding& f = *r.finding;
  std::string measure = "Measured by " + f.primary.measurement.text;
  const Study study = finding_study(r);
  for (const TaskRuns& task : study.tasks) {
    if (task.measure != f.primary.measurement.name) continue;
    measure += ": " + task.definition;
    break;
  }
  return element("p", "Declared: " + statement_in_words(f.primary.statement, f.primary.measurement.text, f.margin) +
                          ". " + measure + ".") +
         "<p class=\"soft\">As written: <code>" + html_escape(f.primary.statement.text) + "</code>, margin " +
         number_text(f.margin) + " (" + html_escape(f.margin_reason) + ").</p>\n";
}

std::string figure_of(const FindingResult& r, const std::filesystem::path& figure) {
  if (!has_records(r)) return "";
  if (!std::filesystem::exists(figure))
    return element("p",
                   "The figure was not drawn because gnuplot is not installed; its script and data are in the folder "
                   "figures of this finding.",
                   "alarm");
  return "<figure>\n" + inline_svg(read_file(figure), r.finding->name, r.finding->experiment.title) + "</figure>\n";
}

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

std::string primary_table(const FindingResult& r) {
  if (!r.primary) return "";
  const bool tuned = r.untuned_primary && r.untuned_primary->parts.size() == r.primary->parts.size();
  Table table{{{"comparison", false},
               {tuned ? "tuned [95 % interval]" : "effect [95 % interval]"},
               {"n"},
               {"failures"},
               {"p"},
               {"by interval", false}},
              {}};
  if (tuned) table.columns.push_back({"untuned [95 % interval]"});
  std::vector<std::string> improvements, log_ranks;
  for (std::size_t i = 0; i < r.primary->parts.size(); ++i) {
    const ComparisonPart& part = r.primary->parts[i];
    table.rows.push_back({part.label, effect_text(*r.primary, part), std::to_string(part.values.size()),
                          std::to_string(part.failures), p_of(part), verdict_text(part.verdict)});
    if (tuned) table.rows.back().push_back(effect_text(*r.untuned_primary, r.untuned_primary->parts[i]));
    if (part.improvement) improvements.push_back(part.label + ": " + improvement_text(part));
    if (part.log_rank_p) log_ranks.push_back(part.label + ": p = " + significant(*part.log_rank_p));
  }
  const auto sentence = [](const std::string& what, const std::vector<std::string>& values) {
    return values.empty() ? "" : element("p", what + ": " + core::join(values, "; ") + ".", "soft");
  };
  return titled("What is decided",
                comparisons(table) +
                    sentence("Probability that a run of the first has the larger value (Mann-Whitney)", improvements) +
                    sentence("Log-rank test of the times themselves, unsolved runs censored", log_ranks));
}

std::string secondary_table(const FindingResult& r) {
  if (r.also.empty()) return "";
  Table table{
      {{"comparison", false}, {"stated", false}, {"measure", false}, {"effect [95 % interval]"}, {"n"}, {"failures"}},
      {}};
  for (const Outcome& also : r.also) {
    const Expression& right = also.statement.right;
    const std::string stated =
        sign_of(also.statement.relation) + " " + (right.kind == Kind::number ? number_text(right.number) : "0");
    for (const ComparisonPart& part : also.parts)
      table.rows.push_back({part.label, stated, also.measurement.text, effect_text(also, part),
                            std::to_string(part.values.size()), std::to_string(part.failures)});
  }
  return titled("Beside it, with intervals only", comparisons(table));
}

bool is_score(const Measurement& m, const std::vector<const Run*>& runs) {
  if (m.length || m.untrained || m.seconds) return false;
  if (m.name == "relative_loss" || m.name == "skill") return true;
  return std::any_of(runs.begin(), runs.end(), [&](const Run* run) {
    return run->recorded() && run->record->result.at("final").at("test").contains(m.name);
  });
}

// Not by the worst value that stands for a diverged run alone.
bool is_known(const Measurement& m, const std::vector<const Run*>& runs) {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const Run* run) { return run->recorded() && !run->diverged() && has_measure(m, *run); });
}

std::string models_table(const FindingResult& r) {
  const Study study = finding_study(r);
  const Measurement& measurement = r.finding->primary.measurement;
  // Scores within and beyond the trained lengths: the one that is not compared stands beside the other.
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
    const double worst = worst_on(measurement, task);
    for (const ModelRuns& model : task.models) {
      const std::vector<const Run*> runs = pointers(model.runs);
      const auto recorded = std::count_if(runs.begin(), runs.end(), [](const Run* run) { return run->recorded(); });
      const auto solved = std::count_if(runs.begin(), runs.end(), [](const Run* run) { return run->solved(); });
      const auto values = values_of_model(measurement, runs, worst);
      const auto beside = is_score(measurement, runs) && is_known(other, runs)
                              ? values_of_model(other, runs, worst_on(other, task))
                              : std::nullopt;
      std::vector<std::string> row = {task.label, model.label,
                                      std::to_string(recorded) + " of " + std::to_string(runs.size())};
      row.push_back(values ? std::to_string(values->failures) : "-");
      const bool any = values && !values->values.empty();
      const auto add = [&](double (*statistic)(const Values&)) {
        row.push_back(any ? score_text(statistic(values->values)) : "-");
      };
      add(mean);
      add(iqm);
      add(median);
      add([](const Values& v) { return *std::min_element(v.begin(), v.end()); });
      add([](const Values& v) { return *std::max_element(v.begin(), v.end()); });
      row.push_back(beside && !beside->values.empty() ? score_text(mean(beside->values)) : "-");
      several = several || row.back() != "-";
      row.push_back(std::to_string(solved) + " of " + std::to_string(recorded));
      const auto parameters = values_of_model(parse_measurement("parameters"), runs, 0);
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
  const std::string state = r.finding->tuning ? (r.runs.empty() ? ", untuned so far" : ", tuned") : "";
  return titled("All models by " + measurement.text + state, scrolling(table.html()));
}

std::string published_table(const FindingResult& r) {
  if (r.finding->published.empty()) return "";
  Table table{{{"model", false}, {"published"}, {"how sure", false}, {"ours (mean)"}}, {}};
  for (const Published& p : r.finding->published) {
    const auto ours = mean_of_model(r, p.model);
    table.rows.push_back({p.model.text, score_text(p.value), p.certainty, ours ? score_text(*ours) : "-"});
  }
  const std::string agreement = agreement_text(r.published);
  return titled("What was published, beside ours",
                scrolling(table.html()) + (agreement.empty() ? "" : element("p", "Agreement: " + agreement + ".")));
}

std::string tuning_table(const FindingResult& r) {
  if (!r.finding->tuning) return "";
  std::string html = element("p", "Every model was given " + r.finding->tuning->text() + ".");
  Table table{{{"task", false}, {"model", false}, {"chosen", false}, {"trial"}, {"validation score"}}, {}};
  std::map<std::string, RunSpec> declared;
  for (const RunSpec& run : r.finding->experiment.runs) declared.emplace(run.id(), run);
  const Study study = finding_study(r);
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      RunSpec run = declared.at(model.runs.front().id());
      run.seed = 1;  // as the search names its groups
      const auto choice = std::find_if(r.choices.begin(), r.choices.end(),
                                       [group = run.canonical()](const TuningChoice& c) { return c.group == group; });
      if (choice == r.choices.end()) continue;
      std::vector<std::string> values;
      for (const auto& [key, value] : choice->values) values.push_back(key + " " + (value.empty() ? "unset" : value));
      const std::string trial =
          r.finding->tuning->is_declared(choice->trial) ? "file" : std::to_string(choice->trial + 1);
      table.rows.push_back({task.label, model.label, core::join(values, ", "), trial,
                            choice->score ? choice->measure + " " + score_text(*choice->score) : "every run diverged"});
    }
  }
  if (r.choices.empty()) return titled("Search for settings", html + element("p", "The search is not finished."));
  return titled("Search for settings",
                html + "<details><summary>What was chosen</summary>\n" + scrolling(table.html()) + "</details>\n");
}

std::string costs(const FindingResult& r) {
  const Finding& f = *r.finding;
  const std::string profile = f.profile == Profile::lab ? "" : " --profile " + profile_name(f.profile);
  std::string html = "<pre><code>" + html_escape("rnnbench reproduce " + f.name + profile) + "</code></pre>\n";
  if (r.cpu_seconds > 0)
    html += element(
        "p", fixed_text(r.cpu_seconds / 60, 1) + " minutes of CPU time" + (f.tuning ? ", the search included." : "."));
  std::error_code ignored;
  if (std::filesystem::exists(f.file, ignored))
    html += "<details><summary>The declaration, " + html_escape(f.file.filename().string()) +
            "</summary>\n<pre><code>" + html_escape(read_file(f.file)) + "</code></pre></details>\n";
  return titled("Run it again", html);
}

std::string verdict_paragraph(const FindingResult& r) {
  std::string text = r.reason.empty() ? "" : " " + r.reason + ".";
  if (r.adjusted_p && r.reason.find("p = ") == std::string::npos)
    text += " p = " + significant(*r.adjusted_p) + " after Holm's correction.";
  if (r.diverged > 0) text += " " + counted(r.diverged, "run") + " of " + std::to_string(r.declared) + " diverged.";
  return "<p>" + verdict_badge(r.verdict) + html_escape(text) + "</p>\n";
}

}  // namespace

std::string verdict_badge(Verdict verdict) {
  static const std::vector<std::pair<std::string, std::string>> looks = {
      {"supported", "✔"}, {"contradicted", "✘"}, {"undecided", "?"}, {"inapplicable", "–"}, {"unrun", "○"}};
  const auto& [style, sign] = looks[static_cast<std::size_t>(verdict)];
  return "<span class=\"badge " + style + "\">" + sign + " " + verdict_text(verdict) + "</span>";
}

std::string finding_lead(const FindingResult& result) {
  const Finding& f = *result.finding;
  return "<p class=\"lead\"><strong>" + html_escape(f.claim) + "</strong> <span class=\"soft\">" +
         html_escape(f.source) + "</span></p>\n" + verdict_paragraph(result) +
         (f.tuning
              ? element("p", "The verdict is that of the tuned runs; below are those with the settings of the file.",
                        "soft")
              : "");
}

std::string finding_section(const FindingResult& r, const std::filesystem::path& figure) {
  const Finding& f = *r.finding;
  std::string html = "<section id=\"finding-" + html_escape(f.name) + "\">\n<h3>" + std::to_string(f.number) + ". " +
                     html_escape(f.claim) + "</h3>\n" + element("p", f.source, "soft") + verdict_paragraph(r) +
                     declaration(r) + figure_of(r, figure) + primary_table(r) + secondary_table(r);
  if (has_records(r)) html += models_table(r);
  html += published_table(r) + tuning_table(r);
  if (!f.note.empty()) html += titled("Note", element("p", f.note));
  if (!f.checked.empty()) html += titled("What was checked", element("p", f.checked));
  return html + costs(r) + "</section>\n";
}

}  // namespace rnnbench::findings
