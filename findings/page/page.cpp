#include "findings/page/page.h"

#include <algorithm>
#include <set>

#include "analysis/format.h"
#include "analysis/html.h"
#include "analysis/report_script.h"
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
.comparisons table, .findings { font-size: .82rem; }
.findings td { white-space: normal; vertical-align: top; }
.findings td:nth-child(2) { min-width: 13rem; }
.findings td.number, .findings td.whole { white-space: nowrap; }
)css";

std::string table_of_findings(const std::vector<FindingResult>& findings) {
  const std::string number = "<th class=\"number\" data-sort=\"number\">", value = "<th data-sort=\"number\">",
                    text = "<th data-sort=\"text\">";
  std::string html = "<table class=\"findings\">\n<thead><tr>" + number + "#</th>" + text + "claim</th>" + value +
                     "verdict</th>" + text + "measure</th>" + number + "A</th>" + number + "B</th>" + value +
                     "95 % interval</th>" + value + "boundary</th>" + number + "n</th>" + number +
                     "p (Holm)</th></tr></thead>\n<tbody>\n";
  const auto cell = [](const std::string& content, const std::string& style = "") {
    return "<td" + (style.empty() ? "" : " class=\"" + style + "\"") + ">" + html_escape(content) + "</td>";
  };
  for (const FindingResult& r : findings) {
    html += "<tr>" + cell(std::to_string(r.finding->number), "number") + "<td><a href=\"#" + anchor_of(*r.finding) +
            "\">" + html_escape(r.finding->claim) + "</a></td><td data-value=\"" +
            std::to_string(static_cast<int>(r.verdict)) + "\">" + verdict_badge(r) + "</td>" +
            cell(measure_cell(*r.finding)) + cell(mean_cell(r, 0), "number") + cell(mean_cell(r, 1), "number") +
            cell(interval_cell(r), "whole") + cell(boundary_cell(r), "whole") +
            cell(std::to_string(r.seeds()), "number") + cell(adjusted_p_cell(r), "number") + "</tr>\n";
  }
  return "<div class=\"scroll\">\n" + html + "</tbody>\n</table>\n</div>\n";
}

std::string counts(const std::vector<FindingResult>& findings) {
  std::vector<std::string> times_of;
  for (int v = 0; v < verdicts; ++v) {
    const auto verdict = static_cast<Verdict>(v);
    const auto times =
        std::count_if(findings.begin(), findings.end(), [&](const FindingResult& r) { return r.verdict == verdict; });
    if (times > 0) times_of.push_back(std::to_string(times) + " " + verdict_text(verdict));
  }
  return element("p", counted(findings.size(), "published claim") + ": " + join(times_of) + ".", "lead");
}

std::string reading(int family) {
  return definitions({
      {"Claim and declaration",
       "A published claim, and the comparison that tests it. Models, measure, margin and search are declared in one file "
       "and frozen in protocol.json before the first run. Without this file, or if the declaration differs from it, there "
       "is no verdict."},
      {"Search",
       "Settings are searched twice, independently: searches A and B have their own points and seeds. All models of a "
       "study try the same points, which fill the space of settings evenly. Each search ends with one choice for each "
       "model, judged by validation sequences of trained lengths, and is followed by runs with new seeds."},
      {"A and B",
       "The mean over the new seeds of what is compared, at the settings that search A and search B chose: the difference "
       "between two models trained on the same sequences, or one model's number. Of a claim with several comparisons, the "
       "table shows the least clear one. Without a search, A and B are the two halves of the seeds."},
      {"Interval",
       "The hull of the 95 % intervals after A and after B, each of which contains every center of the differences that "
       "the sign-flip test does not reject. It assumes that differences are symmetric, but not that they are normal. "
       "Ratios are analyzed by their logarithms. If all outcomes are 0 or 1, as for solved, the intervals are Newcombe's "
       "for paired rates. Two searches check whether a result holds for other settings of similar quality; no interval "
       "describes the variation over all searches."},
      {"Margin and boundary",
       "The margin is the smallest difference that matters, in the unit of the measure, with a reason. The boundaries are "
       "the margin above and below 0, or above and below the number that is compared with."},
      {"p (Holm)",
       "The p-value of the sign-flip test over the seeds of A and B together (of rates, McNemar's and Tango's tests), "
       "doubled because three answers are possible, after Holm's correction for all " +
           std::to_string(family) +
           " comparisons that decide a claim, run or not. Further comparisons have intervals, but neither verdict nor "
           "p-value."},
      {"Verdict",
       "Supported, contradicted: p is at most 0.05 and the interval lies beyond the boundary, on the side of the claim or "
       "on the other side. No difference: a difference is claimed, but it is smaller than the margin. Depends on the "
       "search: the settings that A and B chose give different answers. Not testable: already in the search all models "
       "had the best or the worst score, where no difference can show. Mixed: of several comparisons, each has a verdict, "
       "but not the same. Undecided: none of these. Not applicable: the claim cannot be tested here. Not run: records or "
       "the frozen protocol are missing."},
      {"Failures",
       "A run that diverged, or whose score is not a number, counts as the worst run of its comparison and as no better "
       "than a model without memory. No run is left out."},
      {"Scores",
       "Every score is that of the weights after the last update (with keep = best, of those with the best validation "
       "score), on sequences that were drawn from the seed of the run and are used only once. Runs with stop = solved end "
       "when they have solved their task."},
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
  const Profile profile = findings.empty() ? Profile::lab : findings.front().finding->study->profile;
  if (profile == Profile::smoke)
    html += element("p", "Smoke profile: two seeds and a few updates, too short to say anything about the claims.",
                    "alarm");
  html += table_of_findings(findings) + "<h2>The claims one by one</h2>\n";
  std::vector<const Run*> runs;
  std::set<const StudyRecords*> shown;  // studies whose search and runs an earlier claim shows
  for (const FindingResult& r : findings) {
    const bool first = shown.insert(r.records.get()).second;
    html += finding_section(r, results, first);
    if (first)
      for (const Run& run : r.runs()) runs.push_back(&run);
  }
  html += "<h2>How to read this page</h2>\n" + reading(findings.empty() ? 0 : findings.front().family);
  html += "<h2>Environment</h2>\n" + environment_table(runs);
  std::string style = report_style;
  style += findings_style;
  return html_page(title, style, report_script, html);
}

}  // namespace rnnbench::findings
