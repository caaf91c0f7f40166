// Tables: what their cells show of runs, and how they fit a terminal and LaTeX.
#include "analysis/table.h"

#include <sstream>

#include <catch2/catch.hpp>

#include "analysis/figures/experiment_figures.h"
#include "analysis/summary.h"
#include "analysis/table_rows.h"
#include "tests/analysis/study_fixture.h"
#include "tests/namespaces.h"
#include "tests/texts.h"

using namespace rnnbench::test;

TEST_CASE("below ten seeds every point is shown, from ten on an interval", "[analysis]") {
  for (int seeds : {9, 10}) {
    std::vector<Run> runs;
    for (int seed = 1; seed <= seeds; ++seed) {
      runs.push_back(made_up::run(copy, lstm, seed));
      set_score(runs.back(), "recall", 0.5 + 0.0123 * seed);
    }
    const Study study = study_of(runs);
    const Summary summary = summarize(study.tasks[0], study.tasks[0].models[0]);
    CHECK(summary.score.iqm_interval.has_value() == (seeds >= 10));
    const std::string table = outcome_table(study.tasks[0]).text();
    int shown = 0;
    for (const std::string& point : summary.score.texts) shown += table.find(point) != std::string::npos;
    CHECK((shown == seeds) == (seeds < 10));
    CHECK((table.find('[') != std::string::npos) == (seeds >= 10));
    CHECK(summary.score.texts.front() == "0.5123");  // worst first
  }
}

TEST_CASE("tables have the scores at every test length", "[analysis]") {
  for (const int seeds : {2, 10}) {
    std::vector<Run> runs;
    for (int seed = 1; seed <= seeds; ++seed)
      for (const auto* model : {&lstm, &gru}) {
        runs.push_back(made_up::run(copy, *model, seed));
        for (Json& point : runs.back().record->result["lengths"])
          point["recall"] = point["length"] == 50 ? 0.5 + 0.01 * seed : 0.25;
      }
    runs[0] = made_up::diverged(runs[0]);  // of the lstm
    const Study study = study_of(runs);
    const Table table = length_table(study.tasks[0]).value();
    REQUIRE(table.rows.size() == 6);
    CHECK(table.columns[2].title == "test recall, higher is better");
    CHECK(table.rows[0][1] == "trained 20");
    CHECK(table.rows[1][1] == "50");
    if (seeds == 2) {
      CHECK(table.rows[1][2] == "diverged 0.5200");
      CHECK(table.rows[4][2] == "0.5100   0.5200");
    } else {
      CHECK(table.rows[4][2].starts_with("0.5550  ["));
    }
    for (const std::string& text : {text_tables(study), markdown_tables(study)})
      CHECK(text.find("trained 20") != std::string::npos);

    const Json row = json_table(study).at(1);
    CHECK(row.at("lengths").at(1).at("length") == 50);
    CHECK(row.at("lengths").at(1).at("scores").size() == static_cast<std::size_t>(seeds));
    CHECK(row.at("lengths").at(1).at("score_mean") == Approx(0.505 + 0.005 * seeds));
    const std::string csv = csv_table(study);
    CHECK(csv.find(",test_recall_at_20_iqm,test_recall_at_50_iqm,test_recall_at_100_iqm") != std::string::npos);
  }
  for (const auto& [model, expected] : {std::pair{&lstm, 3}, {&gru, 0}}) {
    Run run = made_up::run(copy, *model, 1);
    if (expected == 0) run.record->result["lengths"] = Json::array();
    CHECK(length_table(study_of({run}).tasks[0]).has_value() == (expected > 0));
  }
  const auto title = [](const Study& study) { return length_table(study.tasks[0])->columns[2].title; };
  Run run = made_up::run(adding, lstm, 1);
  CHECK(title(study_of({run})) == "test mse, lower is better");
  // Where one length has no value of the measure, all have the loss.
  run = made_up::run(copy, lstm, 1);
  run.record->result["lengths"][1].erase("recall");
  CHECK(title(study_of({run})) == "test loss, lower is better");
}

TEST_CASE("a model that was not tested at a length says so, and test lengths that differ are no option", "[analysis]") {
  std::vector<Run> runs = {made_up::run(copy, lstm, 1), made_up::run(copy, gru, 1)};
  runs[1].record->result["lengths"].erase(2);
  runs[1].spec["task"]["test-length"] = {50};
  const Study study = study_of(runs);
  CHECK(length_table(study.tasks.at(0)).value().rows.at(5).at(2) == "not tested");
  CHECK(study.tasks[0].options.find("test-length") == std::string::npos);
  CHECK(study_of({runs[0]}).tasks[0].options.find("test-length 50,100") != std::string::npos);
}

TEST_CASE("tables say how many runs were timed on a busy machine", "[analysis]") {
  std::vector<Run> runs = {made_up::run(copy, lstm, 1), made_up::run(copy, lstm, 2)};
  CHECK(text_tables(study_of(runs)).find("busy") == std::string::npos);
  runs[1].record->measured["oversubscribed"] = true;
  CHECK(text_tables(study_of(runs)).find("1 of 2 runs were timed on a busy machine") != std::string::npos);
}

TEST_CASE("the text table fits a terminal of 120 columns", "[analysis]") {
  for (int seeds : {3, 9, 10}) {
    std::istringstream lines(text_tables(made_up::study(seeds)));
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("! ", 0) == 0) continue;  // sentences about single runs wrap
      INFO(line);
      CHECK(line.size() <= 120);
    }
  }
}

TEST_CASE("a task without any record has a table of missing runs, not of made-up scores", "[analysis]") {
  std::vector<Run> runs = {made_up::run(copy, lstm, 1), made_up::missing(made_up::run(adding, lstm, 1))};
  const Study study = study_of(runs);
  CHECK(text_tables(study).find("adding: no record yet") != std::string::npos);
  CHECK(json_table(study)[1]["score_iqm"].is_null());
  CHECK(json_table(study)[1]["solved_at"].is_null());
  CHECK(json_table(study)[1]["runs"] == 1);
  CHECK(all_figures(study).size() == 5);
}

TEST_CASE("a model whose runs all diverged has no score, whatever the other models reached", "[analysis]") {
  for (const int seeds : {3, 10}) {
    std::vector<Run> runs;
    for (int seed = 1; seed <= seeds; ++seed) {
      runs.push_back(made_up::diverged(made_up::run(adding, rnn, seed)));
      runs.push_back(made_up::run(adding, lstm, seed));
      set_score(runs.back(), "mse", 7.5 + seed);
    }
    const Study study = study_of(runs);
    REQUIRE(study.tasks[0].models[0].label == "rnn");
    const Table table = outcome_table(study.tasks[0]);
    CHECK(table.rows[0].back() == "every run diverged");
    const Json rows = json_table(study);
    CHECK(rows[0]["score_iqm"].is_null());
    CHECK(rows[0]["score_iqm_high"].is_null());
    CHECK(rows[0]["scores"].empty());
    CHECK(rows[0]["diverged"] == seeds);
    CHECK(rows[1]["score_iqm"].is_number());
    // A missing run beside them: still no score.
    runs[0] = made_up::missing(runs[0]);
    CHECK(outcome_table(study_of(runs).tasks[0]).rows[0].back() == "no run has a score");
  }
}

TEST_CASE("in LaTeX every table has a caption that names its task, and a label", "[tables]") {
  const Study study = made_up::study(6);
  const std::string latex = latex_tables(study);
  const std::string task = study.tasks.at(0).label;
  CHECK(latex.find("\\caption{" + task + ": scores. Solved when ") != std::string::npos);
  CHECK(latex.find("\\caption{" + task + ": time and size}\n\\label{tab:" + task + "-time-and-size}") !=
        std::string::npos);
  CHECK(count(latex, "\\begin{table}") == count(latex, "\\begin{tabular}"));
  CHECK(count(latex, "\\end{table}") == count(latex, "\\label{"));
}
