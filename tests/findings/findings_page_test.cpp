// The page of findings and the figure of each: complete, self-contained, the same bytes when made again, the right
// numbers.
#include <filesystem>
#include <functional>
#include <regex>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "experiments/records/files.h"
#include "findings/page/figure.h"
#include "findings/page/page.h"
#include "findings/page/runs_shown.h"
#include "findings/page/section.h"
#include "findings/statement_in_words.h"
#include "tests/analysis/analysis_records.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++times;
  return times;
}

// A record of a declared run on adding; `change` sets what matters of its result.
Record record_of(const RunSpec& spec, const std::function<void(Json&)>& change) {
  Record record = *made_up::run(made_up::tasks()[1], made_up::models()[1], spec.seed).record;
  record.spec = spec.json();
  record.result["lengths"] = Json::array();
  change(record.result);
  record.result.erase("hash");
  record.result["hash"] = result_hash(record.result);
  return record;
}

void set_mse(Json& result, double mse) { result["final"]["test"] = {{"loss", mse}, {"mse", mse}}; }

void diverge(Json& result) {
  result["status"] = "diverged";
  result["final"]["test"] = {{"loss", nullptr}, {"mse", nullptr}};
}

const std::string settings = "task = adding\nlength = 10\nupdates = 400\n";

Finding declared(const fs::path& folder, const std::string& name, const std::string& experiment,
                 const std::string& claim) {
  write_atomically(folder / (name + ".ini"), settings + experiment + "\n[finding]\nsource = Somebody 1999\n" + claim);
  return read_finding(folder / (name + ".ini"));
}

// As evaluate_findings gives it, of records that are made up.
FindingResult result_of(const Finding& finding, const std::function<void(const RunSpec&, Json&)>& change) {
  FindingResult result;
  result.finding = &finding;
  for (const RunSpec& run : finding.experiment.runs)
    result.runs.push_back({run.json(), record_of(run, [&](Json& json) { change(run, json); })});
  result.declared = result.recorded = result.runs.size();
  result.primary = decide(finding.primary.statement, finding.primary.measurement, finding.margin, result.runs);
  return result;
}

// The rows of a block of a figure's data.
std::vector<Values> block(const Figure& figure, const std::string& comment) {
  const std::string head = "# " + comment + "\n";
  INFO(figure.data.substr(0, 3000));
  INFO(comment);
  REQUIRE(count(figure.data, head) == 1);
  const std::size_t begin = figure.data.find(head) + head.size();
  std::istringstream lines(figure.data.substr(begin, figure.data.find("\n\n", begin) - begin));
  std::vector<Values> rows;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    Values row;
    for (double number; numbers >> number;) row.push_back(number);
    if (!row.empty()) rows.push_back(row);
  }
  return rows;
}

const std::string gru_better =
    "number = 1\nclaim = A GRU is <b>better</b> & \"faster\"\nmeasure = mse\ncompare = gru < lstm\nmargin = 0.01 (a "
    "guess)\n"
    "also = gru < 0.2; lstm > gru on solved\npublished = lstm 0.5 (from memory), gru 0.25 (read)\n";

}  // namespace

TEST_CASE("the strips of models hold every run, the mean, failures at the worst value and what was published",
          "[findings]") {
  TemporaryFolder folder;
  const Finding finding = declared(folder.path(), "better", "cell = lstm, gru\nseed = 1..10\n", gru_better);
  const FindingResult result = result_of(finding, [](const RunSpec& run, Json& json) {
    set_mse(json, (run.model.text("cell") == "lstm" ? 0.3 : 0.1) + 0.001 * static_cast<double>(run.seed));
    if (run.model.text("cell") == "gru" && run.seed == 4) diverge(json);
  });
  const Figure figure = finding_figure(result);
  CHECK(figure.name == "finding");
  const auto lstm = block(figure, "adding, lstm: every run");
  REQUIRE(lstm.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) CHECK(lstm[i][0] == Approx(0.301 + 0.001 * static_cast<double>(i)));
  const auto center = block(figure, "adding, lstm: mean, low, high");
  REQUIRE(center.size() == 1);
  CHECK(center[0][0] == Approx(0.3055));
  CHECK((center[0][2] > 0.302 && center[0][2] < center[0][0] && center[0][3] > center[0][0] && center[0][3] < 0.309));
  CHECK(block(figure, "adding, gru: every run").size() == 9);
  const auto failed = block(figure, "adding, gru: failed");
  REQUIRE(failed.size() == 1);
  CHECK(failed[0][0] == Approx(0.31));  // the largest loss of all, which is above the baseline
  CHECK(block(figure, "adding, lstm: published")[0][0] == 0.5);
  const auto differences = block(figure, "decided, gru - lstm: every run");
  REQUIRE(differences.size() == 10);
  for (std::size_t i = 0; i < 10; ++i)
    CHECK(differences[i][0] == Approx(i == 3 ? 0.006 : -0.2));  // of seed 4 the failure: 0.31 - 0.304
  CHECK(figure.script.find("'boundary' at first -0.01,") != std::string::npos);
}

TEST_CASE("a figure over a setting has the mean of each value at its place", "[findings]") {
  TemporaryFolder folder;
  const Finding finding = declared(folder.path(), "wider", "cell = lstm, gru\nhidden = 4, 8, 16\nseed = 1..3\n",
                                   "number = 1\nclaim = c\nmeasure = mse\ncompare = lstm{hidden=16} < lstm{hidden=4}\n"
                                   "margin = 0 (any)\nfigure = over hidden\n");
  const FindingResult result = result_of(finding, [](const RunSpec& run, Json& json) {
    set_mse(json, std::stod(run.model.text("hidden")) / 100 + 0.001 * static_cast<double>(run.seed));
  });
  const Figure figure = finding_figure(result);
  const auto rows = block(figure, "adding, lstm: hidden, mean, low, high");
  REQUIRE(rows.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const double width = std::array{4.0, 8.0, 16.0}[i];
    CHECK(rows[i][0] == width);
    CHECK(rows[i][1] == Approx(width / 100 + 0.002));
    CHECK(rows[i][2] == Approx(width / 100 + 0.001));  // below ten seeds the band spans them all
    CHECK(rows[i][3] == Approx(width / 100 + 0.003));
  }
  CHECK(block(figure, "adding, gru: hidden, every run").size() == 9);
  CHECK(figure.script.find("set xtics ('4' 4, '8' 8, '16' 16)") != std::string::npos);
  CHECK(figure.script.find("(hidden") == std::string::npos);  // one line for a cell, not one for each width
}

TEST_CASE("times to solve rise in Kaplan-Meier steps", "[findings]") {
  TemporaryFolder folder;
  const Finding finding =
      declared(folder.path(), "sooner", "cell = lstm, gru\nseed = 1..4\n",
               "number = 1\nclaim = c\nmeasure = updates_to_solve\ncompare = gru < lstm\nmargin = 0 (any)\n"
               "figure = time to solve\n");
  const FindingResult result = result_of(finding, [](const RunSpec& run, Json& json) {
    const bool solved = run.model.text("cell") == "gru" || run.seed <= 2;
    json["solved"] = solved;
    json["status"] = solved ? "solved" : "finished";
    json["updates_to_solve"] = solved ? Json(100 * run.seed) : Json(nullptr);
  });
  const auto rows = block(finding_figure(result), "adding, lstm: time, share solved, low, high");
  Values times, shares;
  for (const Values& row : rows) {
    times.push_back(row[0]);
    shares.push_back(row[1]);
    CHECK((row[2] <= row[1] + 1e-12 && row[1] <= row[3] + 1e-12));
  }
  CHECK(times == Values{0, 100, 100, 200, 200, 400});
  CHECK(shares == Values{0, 0, 0.25, 0.25, 0.5, 0.5});
}

TEST_CASE("gradients are shown relative to the first lag, as medians over seeds", "[findings]") {
  TemporaryFolder folder;
  const Finding finding = declared(folder.path(), "reach", "cell = lstm, gru\nseed = 1..3\nprobe = gradients\n",
                                   "number = 1\nclaim = c\nmeasure = mse\ncompare = gru < lstm\nmargin = 0 (any)\n"
                                   "figure = gradients\n");
  const FindingResult result = result_of(finding, [](const RunSpec& run, Json& json) {
    const double s = static_cast<double>(run.seed);
    json["probe"] = {
        {"sequences", 1}, {"untrained", {-5, -5 - s, -5 - 2 * s}}, {"trained", {-2, -2}}, {"scalars", Json::object()}};
  });
  const Figure figure = finding_figure(result);
  CHECK(block(figure, "adding, untrained, lstm: lag, median, low, high") ==
        std::vector<Values>{{1, 0, 0, 0}, {2, -2, -3, -1}, {3, -4, -6, -2}});
  CHECK(block(figure, "adding, trained, gru: lag, median, low, high") ==
        std::vector<Values>{{1, 0, 0, 0}, {2, 0, 0, 0}});
}

TEST_CASE("gradients of many cells have a panel for each", "[findings]") {
  TemporaryFolder folder;
  const Finding finding =
      declared(folder.path(), "reach",
               "cell = rnn, lstm, gru, mgu, janet, mut1, mut2, mut3, irnn\nseed = 1..3\nprobe = gradients\n",
               "number = 1\nclaim = c\nmeasure = mse\ncompare = gru < lstm\nmargin = 0 (any)\nfigure = gradients\n");
  const FindingResult result = result_of(finding, [](const RunSpec& run, Json& json) {
    const double steep = run.model.text("cell") == "janet" ? 3 : 1;
    json["probe"] = {
        {"sequences", 1}, {"untrained", {-5, -5 - steep}}, {"trained", {-2, -2}}, {"scalars", Json::object()}};
  });
  const Figure figure = finding_figure(result);
  CHECK(block(figure, "janet, untrained: lag, median, low, high") ==
        std::vector<Values>{{1, 0, 0, 0}, {2, -3, -3, -3}});
  CHECK(block(figure, "mut3, untrained: lag, median, low, high") == std::vector<Values>{{1, 0, 0, 0}, {2, -1, -1, -1}});
  CHECK(block(figure, "mut3, trained: lag, median, low, high") == std::vector<Values>{{1, 0, 0, 0}, {2, 0, 0, 0}});
}

TEST_CASE("gates are points for units whose size is what the loss depends on", "[findings]") {
  TemporaryFolder folder;
  const Finding finding =
      declared(folder.path(), "hold", "cell = lstm\nseed = 1..2\nprobe = gates\n",
               "number = 1\nclaim = c\nmeasure = forget gate idle\ncompare = lstm > 0.5\nmargin = 0 (any)\n"
               "figure = gates\n");
  const FindingResult result = result_of(finding, [](const RunSpec& run, Json& json) {
    if (run.seed == 2) return diverge(json);  // has no such numbers
    const Json means = {{"idle", {0.1, 0.9, 0.5}}, {"relevant", {0.2, 0.8, 0.6}}};
    json["probe"] = {{"gates", {{{"gate", "forget gate"}, {"untrained", means}, {"trained", means}}}},
                     {"sensitivity", {{"untrained", {0, 0, 0}}, {"trained", {1, 4, 0}}}},
                     {"scalars", {{"forget gate idle", 0.5}}}};
  });
  const Figure figure = finding_figure(result);
  // The largest first, so that it cannot hide the others: a quarter of the greatest sensitivity has half of the growth.
  CHECK(block(figure, "adding, lstm, forget gate, trained: idle, relevant, size") ==
        std::vector<Values>{{0.9, 0.8, 1.5}, {0.1, 0.2, 0.875}, {0.5, 0.6, 0.25}});
  CHECK(block(figure, "adding, lstm, forget gate, untrained: idle, relevant, size").size() == 3);
}

TEST_CASE("labels and figures name what the file declares, not what a search chose", "[findings]") {
  TemporaryFolder folder;
  const Finding finding = declared(folder.path(), "tuned", "cell = lstm, gru\nseed = 1..2\n", gru_better);
  FindingResult result = result_of(finding, [](const RunSpec&, Json& json) { set_mse(json, 0.1); });
  for (Run& run : result.runs) run.spec["training"]["learning-rate"] = run.seed();
  const Study study = finding_study(result);
  REQUIRE(study.tasks.size() == 1);
  CHECK(model_labels(study) == std::vector<std::string>{"lstm", "gru"});
}

TEST_CASE("a model without such a number has no values, one whose runs failed has the worst", "[findings]") {
  Run good = made_up::run(made_up::tasks()[1], made_up::models()[1], 1), bad = made_up::diverged(good);
  const Measurement mse = parse_measurement("mse"), gate = parse_measurement("forget gate idle");
  CHECK_FALSE(values_of_model(gate, {&good, &bad}, 7));
  const auto values = values_of_model(mse, {&good, &bad}, 7);
  REQUIRE(values);
  CHECK(values->values == Values{*good.test_score("mse"), 7});
  CHECK(values->failed == std::vector<bool>{false, true});
  CHECK(values->failures == 1);
  CHECK(values_of_model(mse, {&bad}, 7)->values == Values{7});
  const Run absent = made_up::missing(good);
  CHECK(values_of_model(mse, {&good, &absent}, 7)->values.size() == 1);  // not run yet is no failure
}

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
      declared(folder.path(), "better", "cell = lstm, gru\nseed = 1..10\n",
               gru_better + "note = See <here>\nchecked = The <code>\n"),
      declared(folder.path(), "absent", "cell = lstm, gru\nseed = 1..10\n",
               "number = 2\nclaim = Nobody ran this\nmeasure = mse\ncompare = gru < lstm\nmargin = 0 (any)\n"),
      declared(folder.path(), "elsewhere", "cell = lstm\nseed = 1..10\n",
               "number = 3\nclaim = Needs a cluster\nmeasure = mse\ncompare = lstm < 1\nmargin = 0 (any)\n"
               "not-applicable = its data is not public\n")};
  ResultsFolder results_folder(results, "better");
  results_folder.prepare();
  for (const RunSpec& run : findings[0].experiment.runs)
    results_folder.commit(record_of(run, [&](Json& json) {
      set_mse(json, (run.model.text("cell") == "lstm" ? 0.3 : 0.1) + 0.001 * static_cast<double>(run.seed));
    }));
  const std::vector<FindingResult> evaluated = evaluate_findings(findings, results);
  CHECK(evaluated[0].verdict == Verdict::supported);
  CHECK(evaluated[0].cpu_seconds > 20 * 1.5);  // training and evaluation of twenty runs
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
    CHECK(html.find("rnnbench reproduce " + finding.name) != std::string::npos);
  }
  CHECK(html.find("3 published claims: 1 supported, 1 not applicable, 1 not run.") != std::string::npos);
  CHECK(count(html, verdict_badge(Verdict::supported)) == 2);  // table and section
  CHECK(count(html, verdict_badge(Verdict::not_run)) == 2);
  CHECK(count(html, verdict_badge(Verdict::not_applicable)) == 2);
  CHECK(html.find("0 of 20 runs recorded") != std::string::npos);
  CHECK(html.find("its data is not public") != std::string::npos);
  CHECK(html.find("<td class=\"whole\">-0.2000 [-0.2000, -0.2000]</td><td class=\"whole\">&lt; -0.01</td>") !=
        std::string::npos);
  CHECK(html.find("<td class=\"number\">0.3055</td>") != std::string::npos);  // the LSTM's mean
  CHECK(html.find("sign met, size not met, ranking met") != std::string::npos);
  CHECK(html.find("A GRU is &lt;b&gt;better&lt;/b&gt; &amp; &quot;faster&quot;") != std::string::npos);
  for (const std::string raw : {"<b>", "<here>", "The <code>"}) CHECK(count(html, raw) == 0);

  CHECK(count(html, "<svg") == 1);
  for (const std::string outside : {"<script", "<link", "<img", "<iframe", "@import", "src="}) {
    INFO(outside);
    CHECK(count(html, outside) == 0);
  }
  CHECK(html.find(folder.path().string()) == std::string::npos);
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

TEST_CASE("a section starts with the answer, and folds many further comparisons under their questions", "[findings]") {
  TemporaryFolder folder;
  const auto section = [&](const std::string& also) {
    const Finding finding = declared(
        folder.path(), "better", "cell = lstm, gru\nseed = 1..10\n",
        "number = 1\nclaim = c\nmeasure = mse\ncompare = gru < lstm\nmargin = 0.01 (m)\nalso = " + also + "\n");
    FindingResult result = result_of(finding, [](const RunSpec& run, Json& json) {
      set_mse(json, (run.model.text("cell") == "lstm" ? 0.3 : 0.1) + 0.001 * static_cast<double>(run.seed));
    });
    result.verdict = result.primary->verdict;
    for (const DeclaredComparison& c : finding.also)
      result.also.push_back(decide(c.statement, c.measurement, finding.margin_of(c), result.runs));
    return finding_section(result, folder.path() / "none.svg");
  };
  const std::string few = section("gru < 0.2; lstm > gru on solved; show lstm, gru on loss");
  const std::size_t answer = few.find(
                        "In mse (lower is better), gru - lstm is -0.2000 [-0.2000, -0.2000], the mean over "
                        "10 seeds with its 95 % interval; the claim requires less than -0.01."),
                    figure = few.find("The figure was not drawn"), numbers = few.find("The numbers that decide"),
                    declaration = few.find("What was declared");
  CHECK((answer < figure && figure < numbers && numbers < declaration && declaration != std::string::npos));
  CHECK(count(few, "<details><summary>What values") == 0);
  CHECK(few.find("<p>What values does loss take?</p>") != std::string::npos);

  std::string many = "show gru on loss";
  for (int i = 0; i < 8; ++i) many += "; lstm > gru on solved";
  const std::string folded = section(many);
  CHECK(count(folded, "<details><summary>How do the models compare in solved? <span class=\"soft\">(8 comparisons)") ==
        1);
  CHECK(count(folded, "<details><summary>What values does loss take? <span class=\"soft\">(1 number)") == 1);
}

TEST_CASE("badges differ in more than their color", "[findings]") {
  std::set<std::string> signs;
  for (int v = 0; v <= static_cast<int>(Verdict::not_run); ++v) {
    const std::string badge = verdict_badge(static_cast<Verdict>(v));
    CHECK(badge.find(verdict_text(static_cast<Verdict>(v))) != std::string::npos);
    const std::size_t text = badge.find('>') + 1;
    signs.insert(badge.substr(text, badge.find(' ', text) - text));
  }
  CHECK(signs.size() == 5);
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
    if (!is_finding(entry.path())) continue;
    ++findings;
    decidable += read_finding(entry.path()).not_applicable.empty();
    CHECK(count(html, "id=\"finding-" + entry.path().stem().string() + "\"") == 1);
  }
  CHECK(findings > 0);
  CHECK(html.find(", " + std::to_string(decidable) + " not run.") != std::string::npos);

  // Number 999 is nobody's, and 20 seeds are enough for a family of any size.
  const fs::path file = folder.path() / "mine.ini";
  write_atomically(
      file, settings +
                "cell = lstm, gru\nhidden = 2\nbatch = 2\nevaluate = 2\nseed = 1..20\n[finding]\nnumber = 999\n"
                "claim = Mine & only mine\nsource = me\nmeasure = mse\ncompare = gru < lstm\nmargin = 9 (all)\n");
  write_atomically(file, std::regex_replace(read_file(file), std::regex("updates = 400"), "updates = 1"));
  const int code = run_program({"reproduce", file.string(), "--results", results, "--jobs", "1"}, errors);
  INFO(read_file(errors));
  REQUIRE(code == 0);
  REQUIRE(run_program({"report", file.string(), "--results", results}, errors) == 0);
  const std::string report = read_file(fs::path(results) / "mine" / "report.html");
  const std::size_t claim = report.find("Mine &amp; only mine"),
                    verdict = report.find(verdict_badge(Verdict::contradicted));
  CHECK(claim != std::string::npos);
  CHECK((verdict != std::string::npos && verdict < report.find("<h2>")));
  REQUIRE(run_program({"report", "findings", file.string(), "--results", results}, errors) == 0);
  CHECK(fs::exists(fs::path(results) / "mine" / "figures" / "finding.svg"));
  CHECK(read_file(fs::path(results) / "findings.html").find("id=\"finding-mine\"") != std::string::npos);
}
