#include "findings/page/section.h"

#include <algorithm>
#include <cctype>

#include "analysis/format.h"
#include "analysis/html.h"
#include "core/read_file.h"
#include "core/text.h"
#include "experiments/records/files.h"
#include "findings/listing.h"
#include "findings/page/limits.h"
#include "findings/page/runs_shown.h"
#include "findings/page/search_section.h"
#include "findings/page/tables.h"
#include "findings/protocol.h"
#include "findings/statement_in_words.h"

namespace rnnbench::findings {
namespace {

std::string sentence_case(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

// "more than +0.05", "a value within ±0.02"
std::string requirement(const Outcome& outcome) {
  const std::string boundary = boundary_text(outcome);
  if (outcome.statement.relation == Relation::within) return "a value " + boundary;
  return (boundary[0] == '>' ? "more than " : "less than ") + boundary.substr(2);
}

// "Of 3 comparisons: 2 supported, 1 no difference. The least clear: ", before the sentence about that one.
std::string parts_in_words(const Outcome& outcome) {
  if (outcome.parts.size() == 1) return "";
  std::vector<std::string> counts;
  for (int v = 0; v < verdicts; ++v) {
    const auto verdict = static_cast<Verdict>(v);
    const auto n = std::count_if(outcome.parts.begin(), outcome.parts.end(),
                                 [&](const ComparisonPart& part) { return part.verdict == verdict; });
    if (n > 0) counts.push_back(std::to_string(n) + " " + verdict_text(verdict));
  }
  return "Of " + std::to_string(outcome.parts.size()) + " comparisons: " + join(counts) + ". The least clear: ";
}

// The answer as a sentence: effects, interval and what the claim requires.
std::string effect_in_words(const FindingResult& r) {
  const Outcome& outcome = *r.primary;
  const ComparisonPart& part = outcome.least_clear();
  const std::string parts = parts_in_words(outcome), hull = hull_text(outcome, part);
  return parts + (parts.empty() ? "In " : "in ") + r.heading + ", " + part.label + " is " +
         mean_text(outcome, part, 0) +
         (outcome.searched ? " at the settings of search A and " : " for the first half of the seeds and ") +
         mean_text(outcome, part, 1) + (outcome.searched ? " at those of search B" : " for the second") +
         ", means over " + std::to_string(part.values[0].size()) + " and " + std::to_string(part.values[1].size()) +
         " seeds" + (hull.empty() ? "" : "; 95 % interval of both " + hull) + ". The claim requires " +
         requirement(outcome) + ".";
}

std::string verdict_paragraph(const FindingResult& r) {
  std::string text;
  const bool with_effect = r.primary && r.verdict != Verdict::not_applicable && r.verdict != Verdict::not_testable;
  if (with_effect) text += " " + effect_in_words(r);
  if (!r.reason.empty()) text += " " + sentence_case(r.reason) + ".";
  if (with_effect && !r.refused)
    if (const auto& p = r.primary->least_clear().adjusted_p)
      text += " p = " + significant(*p) + " after Holm's correction.";
  if (r.records->diverged > 0)
    text += " " + counted(r.records->diverged, "run") + " of " + std::to_string(r.records->declared.size()) +
            " of this study diverged.";
  for (const std::string& caveat : r.caveats) text += " Note that " + caveat + ".";
  return "<p class=\"answer\">" + verdict_badge(r) + html_escape(text) + "</p>\n";
}

std::string declaration(const FindingResult& r, const Study& study) {
  const Finding& f = *r.finding;
  std::string definition;
  for (const TaskRuns& task : study.tasks)
    if (definition.empty() && task.measure == f.primary.measurement.name)
      definition = " Here " + task.measure + " is: " + task.definition + ".";
  std::string html = element("p", "The claim holds if, " +
                                      statement_in_words(f.primary.statement, f.primary.measurement.text, f.margin) +
                                      "." + definition) +
                     "<p class=\"soft\">In the file: <code>" + html_escape(f.primary.statement.text) +
                     "</code>, margin " + html_escape(number_text(f.margin) + " (" + f.margin_reason + ")") + ".</p>\n";
  if (!f.replaces.empty()) html += element("p", "This claim replaces number " + f.replaces + ".");
  return titled("What was declared before the runs", html);
}

std::string figure_of(const FindingResult& r, const std::filesystem::path& figures) {
  if (!has_records(r)) return "";
  const std::filesystem::path file = figures / (r.finding->short_name() + ".svg");
  return titled("Figure", svg_figure(file, "figure" + std::to_string(r.finding->number), r.finding->claim));
}

std::string replication(const FindingResult& r, const std::filesystem::path& results) {
  const Finding& f = *r.finding;
  std::string html =
      element("p", f.replication.empty() ? "The settings of these runs have not been trained with another program."
                                         : f.replication);
  if (!f.checked.empty()) html += element("p", f.checked);
  const std::string study = shell_quoted(f.study->argument());
  const auto folder = [](const std::filesystem::path& path) {
    return path == "results" ? "" : " --results " + shell_quoted(path.generic_string());
  };
  const bool lab = f.study->profile == Profile::lab;
  std::string commands = "rnnbench reproduce " + study + folder(results);
  if (!lab) commands += " --profile " + profile_name(f.study->profile);
  if (lab) commands += "\nrnnbench verify --sample 3 " + study + folder(results);
  html += "<pre><code>" + html_escape(commands) + "</code></pre>\n";
  if (r.records->cpu_seconds > 0)
    html += element("p", fixed_text(r.records->cpu_seconds / 60, 1) + " minutes of CPU time" +
                             (f.study->search ? ", including both searches." : "."));
  return titled("Replication", html);
}

std::string file_of(const DeclaredStudy& study) {
  if (!path_exists(study.file)) return "";
  return "<details><summary>The study, " + html_escape(study.file.filename().string()) + "</summary>\n<pre><code>" +
         html_escape(read_file(study.file)) + "</code></pre></details>\n";
}

}  // namespace

std::string anchor_of(const Finding& finding) { return "finding-" + html_escape(replace_all(finding.name, "/", "-")); }

std::string verdict_badge(const FindingResult& result) { return verdict_badge(result.verdict, verdict_cell(result)); }

std::string verdict_badge(Verdict verdict, const std::string& text) {
  static const std::vector<std::pair<std::string, std::string>> looks = {
      {"supported", "✔"},    {"contradicted", "✘"}, {"no-difference", "="}, {"mixed", "±"}, {"depends", "≠"},
      {"inapplicable", "⊤"}, {"undecided", "?"},    {"inapplicable", "–"},  {"unrun", "○"}};
  const auto& [style, sign] = looks[static_cast<std::size_t>(verdict)];
  return "<span class=\"badge " + style + "\">" + sign + " " + text + "</span>";
}

std::string finding_lead(const FindingResult& result) {
  const Finding& f = *result.finding;
  return "<p class=\"lead\"><strong>" + html_escape(f.claim) + "</strong> <span class=\"soft\">" +
         html_escape(f.source) + "</span></p>\n" + verdict_paragraph(result);
}

std::string finding_section(const FindingResult& r, const std::filesystem::path& results, bool first) {
  const Finding& f = *r.finding;
  const std::filesystem::path figures = f.study->results(results) / f.study->name / "figures";
  const Study study = finding_study(r);
  std::string html = "<section id=\"" + anchor_of(f) + "\">\n<h3>" + std::to_string(f.number) + ". " +
                     html_escape(f.claim) + "</h3>\n" + element("p", f.source, "soft") +
                     titled("Answer", verdict_paragraph(r) + deciding_table(r));
  if (!f.note.empty()) html += element("p", f.note);
  html += figure_of(r, figures);
  if (first)
    html += search_section(r, study, figures);
  else if (f.study->search)
    html += titled("Search", element("p", "The search is that of " + f.study->name + ", shown with its first claim."));
  html += ceiling_section(r) + budget_section(r, study) + margin_section(r) + replication(r, results) +
          published_section(r);
  html += declaration(r, study) + further_tables(r);
  if (first && has_records(r)) html += models_table(r, study);
  if (first) html += file_of(*f.study);
  return html + "</section>\n";
}

}  // namespace rnnbench::findings
