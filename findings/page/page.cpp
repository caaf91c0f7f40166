#include "findings/page/page.h"

#include <algorithm>

#include "analysis/format.h"
#include "analysis/html.h"
#include "analysis/report_style.h"
#include "core/text.h"
#include "findings/listing.h"
#include "findings/page/section.h"

namespace rnnbench::findings {

namespace {

const char* const findings_style = R"css(
h4 { font-size: .95rem; margin: 1.3rem 0 .2rem; }
section { border-top: 1px solid var(--line); margin-top: 2.4rem; }
section h3 { margin-top: 1rem; font-size: 1.2rem; max-width: 46rem; }
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: .15em; }
.answer { font-size: 1.06rem; }
.answer .badge { margin-right: .35em; }
.comparisons th, .comparisons td, .findings th, .findings td { padding-left: .4rem; padding-right: .4rem; }
.comparisons td:first-child { white-space: normal; overflow-wrap: anywhere; min-width: 12rem; }
.findings td { white-space: normal; vertical-align: top; }
.findings td:nth-child(2) { min-width: 15rem; }
.findings td.number, .findings td.whole { white-space: nowrap; }
.findings td.compared { min-width: 12rem; overflow-wrap: anywhere; }
)css";

std::string table_of_findings(const std::vector<FindingResult>& findings) {
  std::string html =
      "<table class=\"findings\">\n<thead><tr><th class=\"number\">#</th><th>claim</th><th>verdict</th>"
      "<th>what is compared</th><th>effect [95 % interval]</th><th>boundary</th><th class=\"number\">n</th>"
      "<th class=\"number\">p (Holm)</th></tr></thead>\n<tbody>\n";
  const auto cell = [](const std::string& text, const std::string& style = "") {
    return "<td" + (style.empty() ? "" : " class=\"" + style + "\"") + ">" + html_escape(text) + "</td>";
  };
  for (const FindingResult& r : findings) {
    html += "<tr>" + cell(std::to_string(r.finding->number), "number") + "<td><a href=\"#finding-" +
            html_escape(r.finding->name) + "\">" + html_escape(r.finding->claim) + "</a></td><td>" +
            verdict_badge(r.verdict) + "</td>" + cell(comparison_cell(r), "compared") + cell(effect_cell(r), "whole") +
            cell(boundary_cell(r), "whole") + cell(std::to_string(r.seeds), "number") +
            cell(adjusted_p_cell(r), "number") + "</tr>\n";
  }
  return "<div class=\"scroll\">\n" + html + "</tbody>\n</table>\n</div>\n";
}

std::string counts(const std::vector<FindingResult>& findings) {
  std::vector<std::string> times_of;
  for (int v = 0; v <= static_cast<int>(Verdict::not_run); ++v) {
    const auto verdict = static_cast<Verdict>(v);
    const auto times =
        std::count_if(findings.begin(), findings.end(), [&](const FindingResult& r) { return r.verdict == verdict; });
    if (times > 0) times_of.push_back(std::to_string(times) + " " + verdict_text(verdict));
  }
  return element("p", counted(findings.size(), "published claim") + ": " + join(times_of) + ".", "lead");
}

std::string reading(std::size_t family) {
  return definitions({
      {"Claim and declaration",
       "A published claim, and the comparison that tests it. Models, measure, margin and rule are declared in one file "
       "before the runs are started."},
      {"Effect",
       "The mean over seeds of what is compared: the difference between two models trained on the same sequences, or "
       "one model's number. A comparison on several tasks or of several models has one effect for each; the table "
       "shows the one that decides the verdict."},
      {"Interval",
       "95 %, from ten seeds on. It contains every center of the differences that the sign-flip test does not reject. "
       "It is exact up to 20 seeds, and assumes that the differences are symmetric, but not that they are normal. "
       "Ratios are analyzed by their logarithms. If all outcomes are 0 or 1, as for solved, the interval is that of "
       "Newcombe for paired rates. Means of losses and seconds, and numbers that are the same for all seeds, have none."},
      {"Scores",
       "Every score is that of the weights after the last update (with keep = best, of those with the best validation "
       "score), on sequences that were drawn from the seed of the run "
       "and are used only once. Runs with stop = solved end when they have solved their task."},
      {"Margin", "How large a difference has to be to matter, in the unit of the measure, with a reason."},
      {"Boundary",
       "What the interval is compared with: the claimed value, shifted by the margin. The claim \"a is higher than b\" "
       "with a margin of 0.05 has the boundary > +0.05."},
      {"Verdict",
       "Supported: the intervals of all comparisons lie beyond the boundary, on the side of the claim. (For equivalence, "
       "the 90 % intervals lie within the margins, which is two one-sided tests at 5 %.) Contradicted: one of the "
       "intervals lies on the other side. Undecided: neither, or not after the correction; the reason estimates how many "
       "seeds would decide. Not applicable: the claim cannot be tested here, for the reason given. Not run: records are "
       "missing."},
      {"p (Holm)",
       "The p-value of the sign-flip test against the boundary (of rates, McNemar's test, or Tango's against a margin), "
       "for the comparison that decides, after Holm's correction for all " +
           std::to_string(family) +
           " claims that can have a verdict, run or not. Above 0.05 the verdict becomes undecided. Further comparisons "
           "have intervals, but neither verdict nor p-value."},
      {"Failures",
       "A run that diverged, or whose score is not a number, counts as the worst run of its comparison and as no better "
       "than a model without memory. No run is left out."},
      {"Tuned and untuned",
       "If a search is declared, every model gets the same number of random trials from the same ranges, and the settings "
       "of the file as one more. Trials are judged on validation sequences with seeds of their own. The verdict is based "
       "on the tuned runs; untuned runs have the settings of the file."},
      {"Published numbers",
       "Shown next to ours, without influence on the verdict. Sign: our difference has the sign of theirs. Size: our "
       "interval contains theirs. Ranking: no two models change places."},
      {"IQM", "Interquartile mean: the mean of the middle half of the runs."},
  });
}

}  // namespace

std::string findings_page(const std::vector<FindingResult>& findings, const std::filesystem::path& results) {
  const std::string title = "Published claims, tested";
  std::string html = element("h1", title) + counts(findings);
  const Profile profile = findings.empty() ? Profile::lab : findings.front().finding->profile;
  if (profile == Profile::smoke)
    html += element("p", "Smoke profile: two seeds and a few updates, too short to say anything about the claims.",
                    "alarm");
  html += table_of_findings(findings) + "<h2>The claims one by one</h2>\n";
  std::vector<const Run*> runs;
  for (const FindingResult& r : findings) {
    html += finding_section(r, r.finding->results(results) / r.finding->name / "figures" / "finding.svg");
    for (const std::vector<Run>* some : {&r.runs, &r.untuned})
      for (const Run& run : *some) runs.push_back(&run);
  }
  const auto family = std::count_if(findings.begin(), findings.end(),
                                    [](const FindingResult& r) { return r.finding->not_applicable.empty(); });
  html += "<h2>How to read this page</h2>\n" + reading(static_cast<std::size_t>(family));
  html += "<h2>Environment</h2>\n" + environment_table(runs);
  std::string style = report_style;
  style += findings_style;
  return html_page(title, style, html);
}

}  // namespace rnnbench::findings
