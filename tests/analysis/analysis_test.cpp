// What is derived from records: labels, denominators, CSV files, numbers.
#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include <catch2/catch.hpp>

#include "analysis/csv.h"
#include "analysis/figures/learning_curves.h"
#include "analysis/format.h"
#include "analysis/report.h"
#include "analysis/summary.h"
#include "analysis/table.h"
#include "analysis/table_rows.h"
#include "tests/analysis/study_fixture.h"
#include "tests/namespaces.h"
#include "tests/texts.h"

using namespace rnnbench::test;

namespace {

// A record's fields as RFC 4180 reads them.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (inside && text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back() += text[i++];
    } else if (text[i] == '"') {
      inside = !inside;
    } else if (!inside && text[i] == ',') {
      rows.back().emplace_back();
    } else if (!inside && text[i] == '\n') {
      rows.push_back({""});
    } else {
      rows.back().back() += text[i];
    }
  }
  rows.pop_back();  // after the last line's end
  return rows;
}

std::size_t column(const std::vector<std::vector<std::string>>& rows, const std::string& title) {
  const auto at = std::find(rows[0].begin(), rows[0].end(), title);
  REQUIRE(at != rows[0].end());
  return static_cast<std::size_t>(at - rows[0].begin());
}

}  // namespace

TEST_CASE("labels name the settings that vary, and no others", "[analysis]") {
  const Study plain = made_up::study();
  REQUIRE(plain.tasks.size() == 3);
  CHECK(plain.tasks[0].label == "copy");
  CHECK(model_labels(plain) ==
        std::vector<std::string>{"rnn", "lstm", "gru", "lstm + additive attention", "gru + additive attention"});

  std::vector<Run> runs;
  for (int length : {20, 40}) {
    for (int hidden : {32, 64}) {
      for (const auto* model : {&lstm, &gru}) {
        for (int seed : {2, 1}) {
          Run run = made_up::run(copy, *model, seed);
          run.spec["task"]["length"] = length;
          run.spec["task"]["test-length"] = {length, 2 * length};  // follows from the length, tells nothing apart
          if (model->cell == "lstm") run.spec["model"]["hidden"] = hidden;
          if (model->cell == "lstm") run.spec["model"]["forget-bias"] = 1;  // of the LSTM alone, but never another
          run.spec["id"] = std::to_string(runs.size());
          if (model->cell == "lstm" || hidden == 32) runs.push_back(run);
        }
      }
    }
  }
  const Study grid = study_of(runs);
  REQUIRE(grid.tasks.size() == 2);
  CHECK(grid.tasks[0].label == "copy (length 20)");
  CHECK(grid.tasks[1].label == "copy (length 40)");
  CHECK(model_labels(grid) == std::vector<std::string>{"lstm (hidden 32)", "gru", "lstm (hidden 64)"});
  CHECK(grid.tasks[0].models[0].runs[0].seed() == 1);
  CHECK(grid.tasks[0].models[0].runs[1].seed() == 2);
}

TEST_CASE("tasks that differ in their file are called by its name", "[analysis]") {
  const auto labels = [](const std::string& first, const std::string& second) {
    std::vector<Run> runs;
    for (const auto& [path, hash] : {std::pair{first, "0123456789abcdef"}, std::pair{second, "fedcba9876543210"}}) {
      Run run = made_up::run(made_up::tasks()[0], made_up::models()[0], 1);
      run.spec["task"]["file"] = path;
      run.spec["task"]["file-hash"] = hash;
      run.spec["id"] = hash;
      runs.push_back(std::move(run));
    }
    const Study study = study_of(runs);
    return join(
        study.tasks, [](const TaskRuns& task) { return task.label; }, "; ");
  };
  CHECK(labels("data/music/nottingham.json", "b.json") == "copy (nottingham); copy (b)");
  CHECK(labels("data/a.json", "more/a.json") ==
        "copy (file data/a.json, file-hash 0123456789abcdef); copy (file more/a.json, file-hash fedcba9876543210)");
}

TEST_CASE("diverged and missing runs stay in the denominator and are named", "[analysis]") {
  std::vector<Run> runs;
  for (int seed = 1; seed <= 4; ++seed) runs.push_back(made_up::run(adding, lstm, seed));
  for (Run& run : runs) REQUIRE(run.solved());
  runs[1] = made_up::diverged(runs[1]);
  runs[2] = made_up::missing(runs[2]);
  const Study study = study_of(runs);
  const TaskRuns& task = study.tasks[0];
  const Summary summary = summarize(task, task.models[0]);
  CHECK(summary.runs == 4);
  CHECK(summary.recorded == 3);
  CHECK(summary.solved == 2);
  CHECK(summary.success.low == wilson_interval(2, 4).low);
  // Lower is better, nothing was worse than the baseline: it stands in for the scores there are not.
  CHECK(std::count(summary.score.values.begin(), summary.score.values.end(), adding.baseline) == 2);
  CHECK(std::count(summary.score.texts.begin(), summary.score.texts.end(), "diverged") == 1);
  CHECK(std::count(summary.score.texts.begin(), summary.score.texts.end(), "missing") == 1);

  const auto sentences = problems(study);
  REQUIRE(sentences.size() == 2);
  for (const auto& [sentence, run] : {std::pair{sentences[0], runs[1]}, {sentences[1], runs[2]}}) {
    CHECK(sentence.find(run.id()) != std::string::npos);
    CHECK(text_tables(study).find(sentence) != std::string::npos);
  }
}

TEST_CASE("the worst score is at least as bad as any score of the task", "[analysis]") {
  std::vector<Run> runs = {made_up::run(adding, lstm, 1), made_up::diverged(made_up::run(adding, lstm, 2)),
                           made_up::run(adding, rnn, 1)};
  set_score(runs[2], "mse", 7.5);
  const Study adding_study = study_of(runs);
  CHECK(summarize(adding_study.tasks[0], adding_study.tasks[0].models[0]).score.values[0] == 7.5);
  runs = {made_up::run(copy, lstm, 1), made_up::diverged(made_up::run(copy, lstm, 2))};
  const Study study = study_of(runs);
  CHECK(summarize(study.tasks[0], study.tasks[0].models[0]).score.values[0] == 0);
}

TEST_CASE("times to solve are censored, never averaged over the solved", "[analysis]") {
  std::vector<Run> runs;
  for (int seed = 1; seed <= 5; ++seed) runs.push_back(made_up::run(adding, lstm, seed));
  const auto with_solves = [&](const std::vector<int>& updates) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      Json& result = runs[i].record->result;
      result["solved"] = updates[i] > 0;
      result["updates_to_solve"] = updates[i] > 0 ? Json(updates[i]) : Json(nullptr);
      runs[i].record->measured["cpu_seconds_to_solve"] = updates[i] > 0 ? Json(updates[i] / 1000.0) : Json(nullptr);
      runs[i].record->measured["train_cpu_seconds"] =
          updates[i] > 0 ? updates[i] / 1000.0 : 1.5 + 0.5 * static_cast<double>(i);
    }
    const Study study = study_of(runs);
    return summarize(study.tasks[0], study.tasks[0].models[0]);
  };
  CHECK(with_solves({100, 500, 300, 200, 400}).updates.text() == "300 [100, 500]");
  CHECK(with_solves({100, 0, 300, 200, 0}).updates.text() == "300 [100, >4,000]");
  CHECK(with_solves({100, 0, 300, 0, 0}).updates.text() == ">4,000 [100, >4,000]");
  CHECK(with_solves({0, 0, 0, 0, 0}).updates.text() == ">4,000");
  // Two of five solved: no median, however early the clock of the others was stopped (longest: the fifth, 3.5
  // s).
  CHECK(with_solves({3000, 0, 2900, 0, 0}).cpu_seconds.text() == ">3.50 [2.90, >3.50]");
  CHECK(with_solves({100, 0, 300, 200, 0}).cpu_seconds.text() == "0.300 [0.100, >3.50]");
}

TEST_CASE("where solving is not judged, no table, page or figure judges it", "[analysis]") {
  const auto evaluated_on = [](int sequences) {
    std::vector<Run> runs;
    for (int seed = 1; seed <= 3; ++seed) {
      runs.push_back(made_up::run(copy, gru, seed));
      runs.back().spec["training"]["evaluate"] = sequences;
      runs.back().record->result["solved"] = true;
      runs.back().record->result["updates_to_solve"] = 100;
    }
    return study_of(runs);
  };
  const Study study = evaluated_on(63), judged = evaluated_on(64);
  REQUIRE_FALSE(study.tasks[0].judges_solving);
  const std::vector<std::string> costs = cost_table(study.tasks[0]).rows.at(0);
  CHECK(costs[1] == "-");
  CHECK(costs[2] == "-");
  CHECK(cost_table(judged.tasks[0]).rows.at(0)[1].starts_with("100"));
  const Json row = json_table(study).at(0);
  for (const char* key : {"solved", "solved_low", "solved_high"}) CHECK(row.at(key).is_null());
  CHECK(row.at("updates_to_solve").at("median").is_null());
  CHECK(report_html(study, {}, "").find("of 3 runs, 0 diverged") != std::string::npos);
  CHECK(learning_curves(study).script.find("'3/3'") == std::string::npos);
  CHECK(learning_curves(judged).script.find("'3/3'") != std::string::npos);
}

TEST_CASE("the table's CSV and JSON agree and hold full precision", "[analysis]") {
  const Study study = made_up::study(10);
  const Json json = json_table(study);
  const auto rows = parse_csv(csv_table(study));
  REQUIRE(rows.size() == json.size() + 1);
  CHECK(json[0]["wall_ms_per_update"] == median_of(study.tasks[0].models[0], "measured", "ms_per_update").value());
  for (std::size_t r = 1; r < rows.size(); ++r) {
    CHECK(rows[r].size() == rows[0].size());
    const Json& row = json[r - 1];
    CHECK(row["model"] == rows[r][column(rows, "model")]);
    CHECK(std::stod(rows[r][column(rows, "score_iqm")]) == row["score_iqm"].get<double>());
    CHECK(std::stod(rows[r][column(rows, "solved_low")]) == row["solved_low"].get<double>());
    if (row["task"] == "counting" && row["recorded"] > 0) {  // the published rule stands beside ours
      CHECK(std::stod(rows[r][column(rows, "test_longest_published_median")]) ==
            row["test_medians"]["longest_published"].get<double>());
    }
  }
  const std::string markdown = markdown_tables(study);
  std::istringstream lines(markdown);
  std::size_t table_lines = 0;
  for (std::string line; std::getline(lines, line);) table_lines += line.starts_with('|');
  CHECK(table_lines == study.tasks.size() * (2 * (2 + 5) + 2 + 5 * 3));
}

TEST_CASE("runs.csv and curves.csv are tidy, in the order of the records, quoted, exact", "[analysis]") {
  std::vector<Record> records;
  for (const Run& run : made_up::runs(2)) records.push_back(*run.record);
  records[3] = *made_up::diverged({records[3].spec, records[3]}).record;
  records[0].measured["cpu"] = "A \"quoted\" CPU, 2.5 GHz";
  std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return a.id() < b.id(); });
  const CsvFiles files = csv_files([&](const auto& visit) { std::for_each(records.begin(), records.end(), visit); });

  const auto rows = parse_csv(files.runs);
  REQUIRE(rows.size() == records.size() + 1);
  std::vector<std::string> ids;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    REQUIRE(rows[r].size() == rows[0].size());
    ids.push_back(rows[r][0]);
    const auto record =
        std::find_if(records.begin(), records.end(), [&](const Record& x) { return x.id() == ids.back(); });
    REQUIRE(record != records.end());
    CHECK(rows[r][column(rows, "cpu")] == record->measured["cpu"].get<std::string>());
    CHECK(rows[r][column(rows, "test-length")] == option_text(record->spec["task"]["test-length"]));
    CHECK(rows[r][column(rows, "updates")] == option_text(record->spec["training"]["updates"]));
    CHECK(std::stod(rows[r][column(rows, "wall_ms_per_update")]) == wall_ms_per_update(*record));
    for (const Json& point : record->result["lengths"]) {  // those of other lengths have columns of their own
      if (point["trained"] || point["loss"].is_null()) continue;
      const std::string at = "test_loss_at_" + option_text(point["length"]);
      CHECK(std::stod(rows[r][column(rows, at)]) == point["loss"].get<double>());
    }
    const Json& loss = record->result["final"]["test"]["loss"];
    const std::string& cell = rows[r][column(rows, "test_loss")];
    if (loss.is_null()) {
      CHECK(cell.empty());
    } else {
      CHECK(std::stod(cell) == loss.get<double>());
    }
  }
  CHECK(std::is_sorted(ids.begin(), ids.end()));
  std::vector<std::string> titles = rows[0];
  std::sort(titles.begin(), titles.end());
  CHECK(std::adjacent_find(titles.begin(), titles.end()) == titles.end());

  const auto curves = parse_csv(files.curves);
  std::size_t points = 0;
  for (const Record& record : records) points += record.result["curve"].size();
  CHECK(curves.size() == points + 1);
}

TEST_CASE("numbers are printed with as many digits as they mean", "[analysis]") {
  CHECK(thousands(1234567) == "1,234,567");
  CHECK(thousands(-1234.4) == "-1,234");
  CHECK(thousands(999) == "999");
  CHECK(significant(0.0012345) == "0.00123");
  CHECK(significant(0.00001235) == "1.24e-5");
  CHECK(significant(99.96) == "100");
  CHECK(significant(12345.6) == "12,346");
  CHECK(thousands(-0.4) == "0");
  CHECK(thousands(-1e19) == "-10,000,000,000,000,000,000");
  const double largest = std::numeric_limits<double>::max(), infinity = std::numeric_limits<double>::infinity();
  CHECK(significant(1e14) == "100,000,000,000,000");
  CHECK(significant(-largest) == "-1.80e308");
  CHECK(significant(std::numeric_limits<double>::denorm_min()) == "4.94e-324");
  CHECK(significant(infinity) == "inf");
  CHECK(score_text(-infinity) == "-inf");
  CHECK(score_text(std::nan("")) == "nan");
  CHECK(score_text(0.99987) == "0.9999");
  CHECK(score_text(1) == "1");
  CHECK(score_text(0.0123456) == "0.0123");
}
