#include "findings/page/section.h"

#include <algorithm>
#include <cctype>

#include "analysis/format.h"
#include "analysis/html.h"
#include "core/text.h"
#include "experiments/records/files.h"
#include "findings/page/runs_shown.h"
#include "findings/page/tables.h"
#include "findings/statement_in_words.h"

namespace rnnbench::findings {
namespace {

// "more than +0.05", "a value within ±0.02"
std::string requirement(const Outcome& outcome) {
  const std::string boundary = boundary_text(outcome);
  if (outcome.claimed.equivalence()) return "a value " + boundary;
  return (boundary[0] == '>' ? "more than " : "less than ") + boundary.substr(2);
}

// How many of several parts lead to the verdict; the sentence about the one that decides follows.
std::string parts_in_words(const Outcome& outcome) {
  const Verdict verdict = outcome.verdict;
  const std::size_t all = outcome.parts.size();
  if (all == 1) return "";
  const std::string total = std::to_string(all) + " comparisons";
  const auto alike = std::count_if(outcome.parts.begin(), outcome.parts.end(),
                                   [&](const ComparisonPart& part) { return part.verdict == verdict; });
  if (verdict == Verdict::contradicted)
    return std::to_string(alike) + " of " + total + (alike == 1 ? " contradicts" : " contradict") +
           " the claim. The clearest: ";
  if (verdict == Verdict::supported) return "All " + total + " support the claim. The least clear: ";
  return "Not all of the " + total + " support the claim. The least clear: ";
}

// The answer as a sentence: effect, interval and what the claim requires.
std::string effect_in_words(const FindingResult& r) {
  const Outcome& outcome = *r.primary;
  const ComparisonPart& part = outcome.decisive();
  const std::string parts = parts_in_words(outcome);
  return parts + (parts.empty() ? "In " : "in ") + measure_heading(outcome.measurement, pointers(r.runs)) + ", " +
         part.label + " is " + effect_text(outcome, part) + ", the mean over " + counted(part.values.size(), "seed") +
         (part.interval ? " with its 95 % interval" : "") + "; the claim requires " + requirement(outcome) + ".";
}

std::string verdict_paragraph(const FindingResult& r) {
  std::string text;
  if (r.primary && r.verdict != Verdict::not_applicable) text += " " + effect_in_words(r);
  if (!r.reason.empty()) {
    text += " " + r.reason + ".";
    char& first = text[text.size() - r.reason.size() - 1];
    first = static_cast<char>(std::toupper(static_cast<unsigned char>(first)));
  }
  if (r.adjusted_p && r.reason.find("p = ") == std::string::npos)
    text += " p = " + significant(*r.adjusted_p) + " after Holm's correction.";
  if (r.diverged > 0) text += " " + counted(r.diverged, "run") + " of " + std::to_string(r.declared) + " diverged.";
  for (const std::string& caveat : r.caveats) text += " Note that " + caveat + ".";
  return "<p class=\"answer\">" + verdict_badge(r.verdict) + html_escape(text) + "</p>\n";
}

std::string declaration(const FindingResult& r, const Study& study) {
  const Finding& f = *r.finding;
  std::string definition;
  for (const TaskRuns& task : study.tasks)
    if (definition.empty() && task.measure == f.primary.measurement.name)
      definition = " Here " + task.measure + " is: " + task.definition + ".";
  const std::string margin = "margin " + number_text(f.margin) + " (" + f.margin_reason + ")";
  return titled("What was declared before the runs",
                element("p", "The claim holds if, " +
                                 statement_in_words(f.primary.statement, f.primary.measurement.text, f.margin) + "." +
                                 definition) +
                    "<p class=\"soft\">In the file: <code>" + html_escape(f.primary.statement.text) + "</code>, " +
                    html_escape(margin) + ".</p>\n");
}

std::string figure_of(const FindingResult& r, const std::filesystem::path& figure) {
  if (!has_records(r)) return "";
  if (!std::filesystem::exists(figure))
    return element("p",
                   "The figure was not drawn because gnuplot is not installed. Its script and data are in the folder "
                   "figures of this finding.",
                   "alarm");
  return "<figure>\n" +
         inline_svg(read_file(figure), "figure" + std::to_string(r.finding->number), r.finding->experiment.title) +
         "</figure>\n";
}

std::string costs(const FindingResult& r) {
  const Finding& f = *r.finding;
  const std::string profile = f.profile == Profile::lab ? "" : " --profile " + profile_name(f.profile);
  std::string html =
      "<pre><code>" + html_escape("rnnbench reproduce " + shell_quoted(f.name) + profile) + "</code></pre>\n";
  if (r.cpu_seconds > 0)
    html += element(
        "p", fixed_text(r.cpu_seconds / 60, 1) + " minutes of CPU time" + (f.tuning ? ", including the search." : "."));
  std::error_code ignored;
  if (std::filesystem::exists(f.file, ignored))
    html += "<details><summary>The declaration, " + html_escape(f.file.filename().string()) +
            "</summary>\n<pre><code>" + html_escape(read_file(f.file)) + "</code></pre></details>\n";
  return titled("How to run it again", html);
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
         (f.tuning ? element("p",
                             "The verdict is based on the tuned runs. This report shows the runs with the settings of "
                             "the file.",
                             "soft")
                   : "");
}

std::string finding_section(const FindingResult& r, const std::filesystem::path& figure) {
  const Finding& f = *r.finding;
  const Study study = finding_study(r);
  std::string html = "<section id=\"finding-" + html_escape(f.name) + "\">\n<h3>" + std::to_string(f.number) + ". " +
                     html_escape(f.claim) + "</h3>\n" + element("p", f.source, "soft") + verdict_paragraph(r) +
                     figure_of(r, figure) + deciding_table(r);
  if (!f.note.empty()) html += titled("Note", element("p", f.note));
  if (!f.checked.empty()) html += titled("What was checked", element("p", f.checked));
  html += declaration(r, study) + further_tables(r);
  if (has_records(r)) html += models_table(r, study);
  return html + published_table(r) + tuning_table(r, study) + costs(r) + "</section>\n";
}

}  // namespace rnnbench::findings
