// The page of a study: its search, and every verdict.
#include <set>

#include <catch2/catch.hpp>

#include "analysis/format.h"
#include "core/text.h"
#include "findings/page/figure.h"
#include "findings/page/page.h"
#include "findings/page/search_figure.h"
#include "findings/page/section.h"
#include "tests/findings/finding_fixture.h"
#include "tests/findings/page_fixture.h"

using namespace rnnbench::test;

TEST_CASE("the search is shown with every trial, what A and B chose, and where nothing could be chosen", "[findings]") {
  REQUIRE(gnuplot_available());
  TemporaryFolder folder;
  const Finding finding = declared(folder.path(), "searched", "cell = lstm, gru, rnn\nseed = 1..20\n", gru_better,
                                   "[search]\nlearning-rate = 0.001..0.1 log\nrungs = 4 x 1 at 1/2, 2 x 2 at 1\n");
  const DeclaredStudy& study = *finding.study;
  const auto records = study_records(finding, [](const RunSpec&, Json& json) { set_loss(json, 0.3); });
  for (std::size_t s = 0; s < searches.size(); ++s) {
    TrialFile file(TrialFile::path_in(folder.path(), searches[s]));
    for (auto state = search_state(*study.search, study.experiment.runs, searches[s], file); !state.due.empty();
         state = search_state(*study.search, study.experiment.runs, searches[s], file))
      for (const RunSpec& run : state.due) {
        Record record = record_of(run, [&](Json& json) {
          const double rate = run.training.real("learning-rate");
          if (has_cell(run, "gru") || (has_cell(run, "rnn") && rate > 0.01)) return diverge(json);
          // The best rate is the lowest.
          json["final"]["validation"] = {{"loss", rate}, {"mse", rate}};
        });
        file.add(trial_record(run, record));
      }
    records->trials.push_back(std::make_unique<const TrialFile>(file.path()));
    records->choices[s] = search_state(*study.search, study.experiment.runs, searches[s], *records->trials[s]).choices;
  }
  const FindingResult result = result_of(finding, records);
  const std::string html = finding_section(result, folder.path() / "none", true);
  CHECK(count(html, "Every trial diverged for gru on adding (A), gru on adding (B). Nothing could be chosen") == 1);
  CHECK(count(html, "<td>every trial diverged</td>") == 2);
  const auto& chosen = records->choices[0][0];
  CHECK(count(html, "<td>learning-rate " + chosen.values[0].second + "</td>") >= 1);
  CHECK(count(html, "Expected best validation score of n trials") == 1);
  // A trial that diverged counts as the worst, and as no better than a model without memory.
  const SearchChoice& of_rnn = records->choices[0][2];
  Values rates;
  for (const TrialScore& trial : of_rnn.trials)
    if (trial.rung == 0) rates.push_back(trial.measure.value_or(trial.records.at(0)->baseline));
  REQUIRE(rates.size() == 4);
  REQUIRE(std::count(rates.begin(), rates.end(), of_rnn.trials[0].records.at(0)->baseline) > 0);
  CHECK(count(html, "<td>mse</td><td class=\"number\">" + score_text(mean(rates)) + "</td>") == 1);
  // The other claims of a study do not repeat it.
  CHECK(count(finding_section(result, folder.path() / "none", false), "Expected best") == 0);

  const Figure figure = search_figure(*records);
  CHECK(figure.name == "search");
  const auto first = block(figure, "adding, lstm, search A, rung 1: rate, score");
  REQUIRE(first.size() == 4);
  for (const Values& row : first) CHECK(row[0] == row[1]);  // the score of a trial is its rate
  CHECK(block(figure, "adding, lstm, search B, rung 2: rate, score").size() == 4);
  CHECK(count(figure.data, "gru, search") == 0);
  draw_figures({figure}, folder.path());
  records->searched = false;
  CHECK_THROWS_WITH(search_figure(*records), Catch::Contains("is not finished, so its trials cannot be drawn"));
}

TEST_CASE("the page of a study with three claims shows every verdict", "[findings]") {
  const std::string text = "task = copy\ncell = lstm, gru, rnn\nlength = 5\nhidden = 4\nupdates = 20\nseed = 1..32\n" +
                           short_search + claim_text("claim one", {{"number", "1"}, {"compare", "lstm > gru"}}) +
                           claim_text("claim two", {{"number", "2"}, {"compare", "gru ~ rnn"}}) +
                           claim_text("claim three", {{"number", "3"}, {"compare", "lstm, rnn > gru"}});
  // The recall of an LSTM after A and after B, and of an RNN, above that of a GRU; `noise` differs between seeds.
  const auto recall = [](double lstm_a, double lstm_b, double rnn, double noise = 0.01) -> Recall {
    return [=](const RunSpec& run, std::size_t search) {
      Stream own(run.seed, Purpose::test, 3, run.model.text("cell")[0]);
      const double lead = has_cell(run, "lstm") ? (search == 0 ? lstm_a : lstm_b) : has_cell(run, "rnn") ? rnn : 0;
      return 0.4 + lead + noise * own.normal();
    };
  };
  using V = Verdict;
  struct Scenario {
    std::string name;
    Recall recall;
    std::vector<Verdict> verdicts;  // of the three claims
  };
  const std::vector<Scenario> scenarios = {
      {"ahead", recall(0.2, 0.2, 0), {V::supported, V::supported, V::mixed}},
      {"behind", recall(-0.2, -0.2, 0.2), {V::contradicted, V::contradicted, V::mixed}},
      {"alike", recall(0, 0, 0), {V::no_difference, V::supported, V::no_difference}},
      {"searched", recall(0.2, -0.2, 0.2), {V::depends_on_search, V::contradicted, V::depends_on_search}},
      {"noisy", recall(0.05, 0.05, 0.05, 0.1), {V::undecided, V::undecided, V::undecided}},
      {"perfect", all_recall(0.99), {V::not_testable, V::not_testable, V::not_testable}}};
  std::set<Verdict> shown;
  for (const Scenario& scenario : scenarios) {
    INFO(scenario.name);
    Findings files;
    files.write("three", text);
    const DeclaredStudy& study = *files.freeze().at(0).study;
    files.add_trials(study, scenario.name == "perfect" ? scenario.recall : recall(0, 0, 0));
    files.add_runs(study, scenario.recall);
    const std::vector<FindingResult>& results = files.evaluate();
    const std::string html = findings_page(results, files.results());
    for (std::size_t i = 0; i < 3; ++i) {
      INFO("claim " << i + 1);
      CHECK(results[i].verdict == scenario.verdicts[i]);
      const std::size_t section = html.find("id=\"" + anchor_of(*results[i].finding) + "\"");
      REQUIRE(section != std::string::npos);
      CHECK(html.find(verdict_badge(results[i]), section) < html.find("</section>", section));
      shown.insert(results[i].verdict);
      CHECK(finding_figure(results[i]).data.find(", after search B: every run") != std::string::npos);
    }
    if (scenario.name == "ahead") CHECK(html.find(" at the settings of search A and ") != std::string::npos);
  }
  Findings open;
  open.write("three", replace_all(text, "number = 2\n", "number = 2\nnot-applicable = of the data\n"));
  open.freeze();
  for (const FindingResult& result : open.evaluate()) shown.insert(result.verdict);
  CHECK(shown.size() == verdicts);
}
