// The page of findings: complete, self-contained, and the same bytes when made again.
#include <array>
#include <filesystem>
#include <regex>
#include <set>

#include <catch2/catch.hpp>

#include "analysis/format.h"
#include "analysis/html.h"
#include "analysis/statistics/paired.h"
#include "findings/listing.h"
#include "findings/page/figure.h"
#include "findings/page/page.h"
#include "findings/page/runs_shown.h"
#include "findings/page/section.h"
#include "findings/protocol.h"
#include "findings/statement_in_words.h"
#include "tests/analysis/browser.h"
#include "tests/findings/page_fixture.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

// Seeds 1 to 20: 0.301 to 0.320 for an LSTM, 0.102 to 0.140 for a GRU.
void set_losses(const RunSpec& run, Json& json) {
  const double seed = static_cast<double>(run.seed);
  set_loss(json, run.model.text("cell") == "lstm" ? 0.3 + 0.001 * seed : 0.1 + 0.002 * seed);
}

// The hull of the intervals of the differences -0.199 to -0.190 after search A and -0.189 to -0.180 after B.
std::string printed_hull() {
  std::array<Interval, 2> intervals;
  for (int search = 0; search < 2; ++search) {
    Values differences;
    for (int seed = 1 + 10 * search; seed <= 10 + 10 * search; ++seed)
      differences.push_back((0.1 + 0.002 * seed) - (0.3 + 0.001 * seed));
    intervals[search] = mean_interval(differences, 0.95);
  }
  return "[" + score_text(intervals[0].low) + ", " + score_text(intervals[1].high) + "]";
}

std::string badge(Verdict verdict) { return verdict_badge(verdict, verdict_text(verdict)); }

const std::string two_cells = "cell = lstm, gru\nseed = 1..20\n";

}  // namespace

TEST_CASE("comparisons are written out in words", "[findings]") {
  const auto words = [](const std::string& text, double margin) {
    return statement_in_words(parse_statement(text), "recall", margin);
  };
  CHECK(words("lstm{length=5} > gru", 0.1) == "in recall, lstm (length 5) is higher than gru by more than 0.1");
  CHECK(words("lstm, gru >= 1", 0) == "in recall, each of lstm, gru is not below 1");
  CHECK(words("gru / lstm < 1", 0.05) == "in recall, gru divided by lstm is lower than 1 by more than 0.05");
  CHECK(words("show lstm, gru{length=5}", 0.5) == "recall of lstm, gru (length 5)");
  CHECK(words("lstm - gru ~ 0", 0.5) == "in recall, lstm minus gru differs from 0 by less than 0.5");
  CHECK(words("slope(gru over length) <= min(rnn, lstm)", 0) ==
        "in recall, the slope of [gru] over log2 of length is not above the lowest of [rnn, lstm]");
}

TEST_CASE("the page of findings names each, needs nothing else, and is the same when made again", "[findings]") {
  REQUIRE(gnuplot_available());
  TemporaryFolder folder;
  const fs::path results = folder.path() / "results";
  std::vector<Finding> findings = {
      declared(folder.path(), "better", two_cells, gru_better + "note = See <here>\nchecked = The <code>\n"),
      declared(
          folder.path(), "absent", two_cells,
          "number = 2\nclaim = Nobody ran this\nmeasure = relative_loss\ncompare = gru < lstm\nmargin = 0 (any)\n"),
      declared(folder.path(), "elsewhere", "cell = lstm\nseed = 1..20\n",
               "number = 3\nclaim = Needs a cluster\nmeasure = relative_loss\ncompare = lstm < 1\nmargin = 0 (any)\n"
               "not-applicable = its data is not public\n")};
  ResultsFolder results_folder(results, "better");
  results_folder.prepare();
  for (const RunSpec& run : findings[0].study->experiment.runs)
    results_folder.commit(record_of(run, [&](Json& json) { set_losses(run, json); }));
  write_atomically(protocol_path(*findings[0].study, results), protocol_of({&findings[0]}).dump());
  const std::vector<FindingResult> evaluated = evaluate_findings(findings, results);
  CHECK(evaluated[0].verdict == Verdict::supported);
  CHECK(evaluated[0].records->cpu_seconds > 40 * 1.5);  // training and evaluation of forty runs
  CHECK_FALSE(has_records(evaluated[1]));

  const std::string without = findings_page(evaluated, results);
  CHECK(without.find("gnuplot is not installed") != std::string::npos);
  const fs::path figures = results / "better" / "figures";
  write_figures({finding_figure(evaluated[0])}, figures);
  draw_figures({finding_figure(evaluated[0])}, figures);
  const std::string html = findings_page(evaluated, results);
  CHECK(findings_page(evaluate_findings(findings, results), results) == html);

  for (const Finding& finding : findings) {
    INFO(finding.name);
    CHECK(count(html, "href=\"#finding-" + finding.name + "\"") == 1);
    CHECK(count(html, "id=\"finding-" + finding.name + "\"") == 1);
    CHECK(html.find("rnnbench reproduce " + html_escape(finding.study->argument())) != std::string::npos);
    for (const std::string heading :
         {"Answer", "Search", "Ceiling", "Budget", "Margin", "Replication", "What was published"})
      CHECK(count(html.substr(html.find("id=\"finding-" + finding.name + "\"")), "<h4>" + heading + "</h4>") >= 1);
  }
  CHECK(html.find("3 published claims: 1 supported, 1 not applicable, 1 not run.") != std::string::npos);
  CHECK(count(html, badge(Verdict::supported)) == 2);  // table and section
  CHECK(count(html, badge(Verdict::not_run)) == 2);
  CHECK(count(html, badge(Verdict::not_applicable)) == 2);
  CHECK(html.find("0 of 40 runs recorded") != std::string::npos);
  CHECK(html.find("its data is not public") != std::string::npos);
  CHECK(html.find("<td class=\"number\">-0.1945</td><td class=\"number\">-0.1845</td><td class=\"whole\">" +
                  printed_hull() + "</td><td class=\"whole\">&lt; -0.01</td>") != std::string::npos);
  CHECK(html.find("<td class=\"number\">0.3105</td>") != std::string::npos);  // the LSTM's mean
  CHECK(html.find("sign met, size not met, ranking met") != std::string::npos);
  CHECK(html.find("A GRU is &lt;b&gt;better&lt;/b&gt; &amp; &quot;faster&quot;") != std::string::npos);
  for (const std::string raw : {"<b>", "<here>", "The <code>"}) CHECK(count(html, raw) == 0);

  CHECK(count(html, "<svg") == 1);
  CHECK(count(html, "<script>") == 1);
  for (const std::string outside : {"<script ", "<link", "<img", "<iframe", "@import", "src="}) {
    INFO(outside);
    CHECK(count(html, outside) == 0);
  }
  CHECK(count(html, "http") == count(html, "http://www.w3.org/"));
  const std::regex reference("(href=['\"]|url\\(['\"]?)([^'\")]*)"), id("\\sid=['\"]([^'\"]*)['\"]");
  std::set<std::string> ids;
  std::size_t declared_ids = 0;
  for (auto match = std::sregex_iterator(html.begin(), html.end(), id); match != std::sregex_iterator();
       ++match, ++declared_ids)
    ids.insert((*match)[1]);
  CHECK(ids.size() == declared_ids);
  for (auto match = std::sregex_iterator(html.begin(), html.end(), reference); match != std::sregex_iterator();
       ++match) {
    INFO((*match)[2].str());
    CHECK(ids.count((*match)[2].str().substr(1)) == 1);
  }
}

TEST_CASE("the table of findings sorts by verdict, by claim and by effect", "[findings][browser]") {
  if (skipped_without_browser()) return;
  TemporaryFolder folder;
  const auto claim = [&](int number, const std::string& name, const std::string& margin) {
    return declared(folder.path(), name, two_cells,
                    "number = " + std::to_string(number) + "\nclaim = " + name +
                        "\nmeasure = relative_loss\ncompare = gru < lstm\nmargin = " + margin + " (any)\n");
  };
  const std::vector<Finding> absent = {claim(1, "not run", "0.1")},
                             findings = {claim(2, "in between", "0.19"), claim(3, "clear", "0.01")};
  std::vector<FindingResult> results = {result_of(findings[0], set_losses), result_of(findings[1], set_losses)};
  results.insert(results.begin() + 1, evaluate_findings(absent, folder.path() / "nowhere").front());
  REQUIRE(results[0].verdict == Verdict::depends_on_search);
  REQUIRE(results[1].verdict == Verdict::not_run);
  REQUIRE(results[2].verdict == Verdict::supported);
  const Json seen = seen_in(findings_page(results, folder.path()), R"js(
const buttons = document.querySelectorAll(".findings th button");
const order = () => text(document.querySelectorAll(".findings td:first-child")).join(" ");
return [2, 2, 2, 1, 7, 4].map((column) => {
  buttons[column].click();
  return order();
});)js");
  CHECK(seen == Json({"3 2 1", "1 2 3", "2 1 3", "3 2 1", "2 3 1", "2 3 1"}));
}

TEST_CASE("neither the claim nor the file name of a finding becomes HTML or Markdown", "[findings][injection]") {
  REQUIRE(gnuplot_available());
  TemporaryFolder folder;
  const std::string name = "x'\"><img src=x onerror=alert(1)> y";
  const Finding finding = declared(folder.path(), name, two_cells,
                                   "number = 7\nclaim = C <script>alert(3)</script> id='q' [a](b)\n"
                                   "measure = relative_loss\ncompare = gru < lstm\nmargin = 0 (any)\n");
  const FindingResult result = result_of(finding, set_losses);
  draw_figures({finding_figure(result)}, figures_of(finding, folder.path()));
  const std::string html = finding_section(result, folder.path(), true);
  CHECK(count(html, "<svg") == 1);
  CHECK(count(html, "id='figure7-gpPt0'") == 1);
  const std::string markdown = findings_markdown({result});
  for (const std::string& page : {html, markdown})
    for (const char* raw : {"<img", "<script"}) CHECK(count(page, raw) == 0);
  CHECK(markdown.find("[C &lt;script>alert(3)&lt;/script> id='q' \\[a\\](b)](") != std::string::npos);
  CHECK(markdown.find("/x%27%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E%20y.ini) | **") != std::string::npos);
}

TEST_CASE("a section starts with the answer, and folds many further comparisons under their questions", "[findings]") {
  TemporaryFolder folder;
  const auto section = [&](const std::string& also) {
    const Finding finding = declared(
        folder.path(), "better", two_cells,
        "number = 1\nclaim = c\nmeasure = relative_loss\ncompare = gru < lstm\nmargin = 0.01 (m)\nalso = " + also +
            "\n");
    const FindingResult result = result_of(finding, set_losses);
    return finding_section(result, folder.path() / "none", true);
  };
  const std::string few = section("gru < 0.2; lstm > gru on solved; show lstm, gru on loss");
  const std::size_t
      answer = few.find(
          "In relative_loss (lower is better), gru - lstm is -0.1945 for the first half of the seeds and -0.1845 "
          "for the second, means over 10 and 10 seeds; 95 % interval of both " +
          printed_hull() + ". The claim requires less than -0.01."),
      numbers = few.find("after A [95 % interval]"), figure = few.find("The figure was not drawn"),
      budget = few.find("<h4>Budget</h4>"), declaration = few.find("What was declared");
  CHECK((answer < numbers && numbers < figure && figure < budget && budget < declaration &&
         declaration != std::string::npos));
  CHECK(count(few, "<details><summary>What values") == 0);
  CHECK(few.find("<p>What values does loss take?</p>") != std::string::npos);

  std::string many = "show gru on loss";
  for (int i = 0; i < 8; ++i) many += "; lstm > gru on solved";
  const std::string folded = section(many);
  CHECK(count(folded, "<details><summary>How do the models compare in solved? <span class=\"soft\">(8 comparisons)") ==
        1);
  CHECK(count(folded, "<details><summary>What values does loss take? <span class=\"soft\">(1 number)") == 1);
}

TEST_CASE("a model whose runs all diverged has no numbers of other models", "[findings]") {
  TemporaryFolder folder;
  const Finding finding = declared(folder.path(), "better", two_cells, gru_better);
  const auto section = [&](int diverged) {
    const FindingResult result = result_of(finding, [&](const RunSpec& run, Json& json) {
      set_losses(run, json);
      if (run.model.text("cell") == "gru" && static_cast<int>(run.seed) <= diverged) diverge(json);
    });
    const std::string html = finding_section(result, folder.path() / "none", true);
    const std::size_t row = html.find("<td>gru</td>", html.find("All models by"));
    REQUIRE(row != std::string::npos);
    return html.substr(row, html.find("</tr>", row) - row);
  };
  CHECK(count(section(20), "every run diverged") == 1);
  CHECK(count(section(20), "<td class=\"number\">-</td>") >= 4);  // IQM, median, minimum, maximum
  CHECK(count(section(20), ">1</td>") == 0);                      // the loss of a model without memory
  CHECK(count(section(19), "every run diverged") == 0);
  CHECK(count(section(19), ">1</td>") > 0);
}

TEST_CASE("badges differ in more than their color", "[findings]") {
  std::set<std::string> signs;
  for (int v = 0; v < verdicts; ++v) {
    const std::string html = badge(static_cast<Verdict>(v));
    CHECK(html.find(verdict_text(static_cast<Verdict>(v))) != std::string::npos);
    const std::size_t text = html.find('>') + 1;
    signs.insert(html.substr(text, html.find(' ', text) - text));
  }
  CHECK(signs.size() == verdicts);
}

TEST_CASE("report findings writes the page of the catalogue, and report NAME leads with claim and verdict",
          "[findings][cli]") {
  TemporaryFolder folder;
  const std::string results = (folder.path() / "results").string(), errors = (folder.path() / "errors").string();
  CHECK(run_program({"report", "findings", "--results", results}, errors) == 0);
  CHECK(read_file(errors).empty());
  const std::string html = read_file(fs::path(results) / "findings.html");
  std::size_t findings = 0, decidable = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(RNNBENCH_SOURCE_DIR) / "experiments" / "catalogue")) {
    if (!is_study(entry.path())) continue;
    for (const Finding& finding : read_study(entry.path())) {
      ++findings;
      decidable += finding.not_applicable.empty();
      CHECK(count(html, "id=\"" + anchor_of(finding) + "\"") == 1);
    }
  }
  CHECK(findings > 0);
  CHECK(html.find(", " + std::to_string(decidable) + " not run.") != std::string::npos);

  // A file that is not in the catalogue is a family of its own.
  const fs::path file = folder.path() / "mine.ini";
  write_atomically(
      file,
      settings +
          "cell = lstm, gru\nhidden = 2\nbatch = 2\nevaluate = 2\nseed = 1..20\n[claim]\nnumber = 1\n"
          "claim = Mine & only mine\nsource = me\nmeasure = relative_loss\ncompare = gru < lstm\nmargin = 9 (all)\n");
  write_atomically(file, std::regex_replace(read_file(file), std::regex("updates = 400"), "updates = 1"));
  const int code = run_program({"reproduce", file.string(), "--results", results, "--jobs", "1"}, errors);
  INFO(read_file(errors));
  REQUIRE(code == 0);
  REQUIRE(run_program({"report", file.string(), "--results", results}, errors) == 0);
  const std::string report = read_file(fs::path(results) / "mine" / "report.html");
  const std::size_t claim = report.find("Mine &amp; only mine"), verdict = report.find(badge(Verdict::no_difference));
  CHECK(claim != std::string::npos);
  CHECK((verdict != std::string::npos && verdict < report.find("<h2>")));
  REQUIRE(run_program({"report", "findings", file.string(), "--results", results}, errors) == 0);
  CHECK(fs::exists(fs::path(results) / "mine" / "figures" / "claim.svg"));
  CHECK(read_file(fs::path(results) / "findings.html").find("id=\"finding-mine\"") != std::string::npos);
}
