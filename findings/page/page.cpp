#include "findings/page/page.h"

#include <algorithm>

#include "analysis/format.h"
#include "analysis/html.h"
#include "analysis/report_style.h"
#include "core/text.h"
#include "findings/listing.h"

namespace rnnbench::findings {

const char* const findings_style = R"css(
h4 { font-size: .95rem; margin: 1.3rem 0 .2rem; }
section { border-top: 1px solid var(--line); margin-top: 2.4rem; }
section h3 { margin-top: 1rem; font-size: 1.2rem; max-width: 46rem; }
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: .15em; }
.comparisons td:first-child { white-space: normal; overflow-wrap: anywhere; min-width: 14rem; }
.findings td { white-space: normal; vertical-align: top; }
.findings td.number, .findings td.whole { white-space: nowrap; }
.findings .compared { min-width: 13rem; overflow-wrap: anywhere; }
)css";

namespace {

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
  return element("p", counted(findings.size(), "published claim") + ": " + core::join(times_of) + ".", "lead");
}

std::string reading(std::size_t family) {
  return definitions({
      {"Claim and declaration",
       "A claim of the literature, and the comparison that stands for it: models, measure, margin and rule are in one "
       "file, "
       "which is written before its runs are started and is the whole of the declaration."},
      {"Effect",
       "The mean, over seeds, of the compared number: of the difference of two models that saw the same sequences, or "
       "of one "
       "model against a number. A comparison with several parts (tasks, models) has one effect for each."},
      {"Interval",
       "95 %, from ten seeds on: every center of the differences that the sign-flip test does not reject. It is exact "
       "up to "
       "20 seeds and assumes symmetry, no normal distribution."},
      {"Margin", "How large a difference has to be to matter, in the unit of the measure, with its reason."},
      {"Verdict",
       "Supported: the intervals of all parts lie beyond the margin on the side of the claim (for equivalence, ≈: the "
       "90 % "
       "interval lies within the margins, which is two one-sided tests at 5 %). Contradicted: that of one part lies on "
       "the "
       "other side. Undecided: neither; what the number of seeds would have to be is said where it can be. Not "
       "applicable: "
       "the claim cannot be tested as it stands, for the reason given. Not run: records are missing."},
      {"p (Holm)",
       "The p-value of the sign-flip test against the margin, for the part that the verdict hangs on, corrected by "
       "Holm's "
       "procedure for all " +
           std::to_string(family) +
           " claims that can have a verdict, run or not. Above 0.05 a verdict "
           "becomes undecided. Comparisons beside the declared one have intervals and no p-value."},
      {"Failures",
       "A run that diverged or whose score is not a number counts as the worst of its comparison, and as no better "
       "than a "
       "model without memory. It is never left out."},
      {"Tuned and untuned",
       "Where a search is declared, every model gets the same random trials from the same ranges, and the settings of "
       "the file, judged on validation sequences with seeds of their own. The verdict is that of the tuned runs; the "
       "untuned ones have the settings of the file."},
      {"Published numbers",
       "Shown beside ours and never a pass mark. Sign: our difference has the sign of theirs. Size: our interval holds "
       "theirs. Ranking: no two models change places."},
      {"IQM", "The mean of the middle half of the runs."},
  });
}

}  // namespace

std::string findings_page(const std::vector<FindingResult>& findings, const std::filesystem::path& results) {
  const std::string title = "Published claims, tested";
  std::string html = element("h1", title) + counts(findings);
  const Profile profile = findings.empty() ? Profile::lab : findings.front().finding->profile;
  if (profile == Profile::smoke)
    html +=
        element("p", "Smoke profile: two seeds and a few updates, too short to say anything of the claims.", "alarm");
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
  return html_page(title, std::string(report_style) + findings_style, html);
}

}  // namespace rnnbench::findings
