// Imported runs beside records: they are marked wherever they are shown, and change nothing about the others.
#include "analysis/imported.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "analysis/compare.h"
#include "analysis/compare_output.h"
#include "analysis/figures/experiment_figures.h"
#include "analysis/format.h"
#include "analysis/report.h"
#include "analysis/statistics/welch.h"
#include "analysis/summary.h"
#include "analysis/table.h"
#include "analysis/table_rows.h"
#include "tests/analysis/study_fixture.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"
#include "tests/texts.h"

using namespace rnnbench::test;

namespace {

Run imported_run(const made_up::Task& task, const std::string& model, std::uint64_t seed, std::optional<double> score) {
  ImportedRun run{task.name, model, seed, task.measure, task.higher_is_better,
                  score,     4000,  2.0,  1234,         "imported/torch.csv:7"};
  Json options = {{"name", task.name}};
  options.update(task.options);
  return {{{"id", ""}, {"task", options}, {"model", {{"cell", model}}}, {"training", Json::object()}, {"seed", seed}},
          std::nullopt,
          std::move(run)};
}

// The made-up records, with a diverged and a missing run, and two imported models on the first two tasks: "torch" and,
// with the name of a model that is there, "lstm". One run of torch diverged.
std::vector<Run> beside_records(int seeds) {
  std::vector<Run> runs = made_up::runs(seeds);
  runs[2] = made_up::diverged(runs[2]);
  runs[static_cast<std::size_t>(seeds)] = made_up::missing(runs[static_cast<std::size_t>(seeds)]);
  for (int seed = 101; seed < 101 + seeds; ++seed)
    for (const auto& [task, score] : {std::pair{&copy, 0.5}, {&adding, 0.02}}) {
      const double value = score * (1 + 0.01 * seed);
      runs.push_back(imported_run(*task, "torch", seed, seed == 101 ? std::nullopt : std::optional(value)));
      runs.push_back(imported_run(*task, "lstm", seed, -value));
    }
  return runs;
}

Study records_and_imports(int seeds) { return study_of(beside_records(seeds)); }

Study only_imports() {
  std::vector<Run> runs;
  for (int seed = 1; seed <= 3; ++seed) runs.push_back(imported_run(adding, "torch", seed, 0.1 * seed));
  for (int seed = 1; seed <= 2; ++seed) runs.push_back(imported_run(adding, "jax", seed, std::nullopt));
  for (Run& run : runs) run.spec["task"] = {{"name", "adding"}};
  return make_study("torch", "torch", "", std::move(runs));
}

std::vector<std::string> names_of(const std::vector<Figure>& figures) {
  std::vector<std::string> names;
  for (const Figure& figure : figures) names.push_back(figure.name);
  return names;
}

}  // namespace

TEST_CASE("imported models are behind the others, with a mark, whatever their name", "[imported]") {
  const Study study = records_and_imports(3);
  REQUIRE(study.tasks.size() == 3);
  const std::vector<ModelRuns>& models = study.tasks[0].models;
  REQUIRE(models.size() == 7);
  CHECK_FALSE(models[4].imported());
  CHECK(models[5].label == "torch [imported]");
  CHECK(models[6].label == "lstm [imported]");
  CHECK(models[6].imported());
  CHECK(study.tasks[2].models.size() == 5);
  CHECK(has_imported(study));
  CHECK_FALSE(has_imported(without_imported(study)));
  CHECK(model_labels(without_imported(study)) == model_labels(study_of(made_up::runs(3))));

  CHECK(is_named(study, models[5], "torch"));
  CHECK(is_named(study, models[5], "torch [imported]"));
  CHECK_FALSE(is_named(study, models[6], "lstm"));  // that is the model of rnnbench
  CHECK(is_named(study, models[6], "lstm [imported]"));
  CHECK(with_models(study, {"torch", "gru"}).tasks[0].models.size() == 2);
  const std::string unknown = user_error([&] { check_model(study, "torhc"); });
  CHECK(unknown.find("gru + additive attention, torch, torch [imported], lstm [imported]; did you mean 'torch'?") !=
        std::string::npos);
}

TEST_CASE("imported runs change no number of other models", "[imported]") {
  for (const int seeds : {5, 10}) {
    const Study with = records_and_imports(seeds), without = without_imported(with);
    const Json rows = json_table(with), alone = json_table(without);
    std::size_t same = 0;
    for (const Json& row : alone) same += std::count(rows.begin(), rows.end(), row);
    CHECK(same == alone.size());
    CHECK(compare_json(compare(with, "lstm", "gru", "")) == compare_json(compare(without, "lstm", "gru", "")));
    const auto styles = styles_of(with), before = styles_of(without);
    for (const auto& [label, style] : before) CHECK(styles.at(label).color == style.color);
    const std::vector<Figure> figures = all_figures(with), others = all_figures(without);
    for (const Figure& figure : others) {
      if (figure.name == "score-by-parameters") continue;
      const auto same_name = [&](const Figure& f) { return f.name == figure.name && f.script == figure.script; };
      INFO(figure.name);
      CHECK(std::count_if(figures.begin(), figures.end(), same_name) == 1);
    }
  }
}

TEST_CASE("imported runs have the score, and what else their file says", "[imported]") {
  const Study study = records_and_imports(5);
  const TaskRuns& task = study.tasks[1];
  const ModelRuns& torch = task.models[5];
  const Run& first = torch.runs[0];
  const Run& second = torch.runs[1];
  const auto value = [](const char* measure, const Run& run) { return value_of(parse_measurement(measure), run); };
  CHECK(first.diverged());
  CHECK_FALSE(second.diverged());
  CHECK_FALSE(second.solved());
  CHECK_FALSE(second.recorded());
  CHECK(value("mse", second) == 0.02 * 2.02);
  CHECK(second.test_score("mse") == value("mse", second));
  CHECK_FALSE(value("mse", first));
  CHECK(has_measure(parse_measurement("mse"), first));
  CHECK(value("diverged", first) == 1);
  CHECK(value("parameters", second) == 1234);
  CHECK(value("wall_ms_per_update", second) == 0.5);
  for (const char* measure : {"loss", "solved", "updates_to_solve", "mse at 200", "mse before training", "skill",
                              "hidden", "cpu_ms_per_update", "cpu_seconds_to_solve"}) {
    INFO(measure);
    CHECK_FALSE(has_measure(parse_measurement(measure), second));
  }
  const Summary summary = summarize(task, torch);
  CHECK(summary.runs == 5);
  CHECK(summary.recorded == 0);
  CHECK(summary.missing == 0);
  CHECK(summary.diverged == 1);
  CHECK(summary.solved == 0);
  CHECK(summary.score.texts.front() == "diverged");
  CHECK(summary.score.values.front() >= adding.baseline);  // the worst score, as for every diverged run
  CHECK(summary.updates.text() == "-");
  CHECK(summary.parameters == 1234);
  const auto sentences = problems(study);
  CHECK(std::count(sentences.begin(), sentences.end(),
                   "torch [imported] on adding, seed 101 (imported/torch.csv:7) diverged, as the other program says") ==
        1);
}

TEST_CASE("tables mark imported models in every format, and judge nothing about them", "[imported]") {
  const Study study = records_and_imports(3);
  const Table outcome = outcome_table(study.tasks[1]);
  CHECK(outcome.rows[5] == std::vector<std::string>{"torch [imported]", "-", "-", "diverged 0.0406  0.0404"});
  CHECK(outcome.rows[0][1] != "-");
  CHECK(cost_table(study.tasks[1]).rows.size() == 5);
  CHECK(length_table(study.tasks[1])->rows.size() == 5 * 3);
  const Table imported = imported_table(study.tasks[1]).value();
  CHECK(imported.rows[0] ==
        std::vector<std::string>{"torch [imported]", "imported/torch.csv", "3", "4,000", "2.00", "1,234"});
  CHECK_FALSE(imported_table(study.tasks[2]));

  for (const std::string& text : {text_tables(study), latex_tables(study)}) {
    CHECK(count(text, "torch [imported]") >= 5);
    CHECK(text.find(note_on_imported) != std::string::npos);
  }
  const std::string markdown = markdown_tables(study);
  CHECK(count(markdown, "| torch [imported] |") == 4);
  CHECK(markdown.find(": results of other programs, which rnnbench has not verified") != std::string::npos);
  const std::string csv = csv_table(study);
  CHECK(csv.starts_with("task,model,imported,runs,"));
  CHECK(count(csv, "torch [imported],true,3,0,1,0,,,,,") == 2);
  CHECK(count(csv, "\ncopy,lstm,false,") == 1);
  for (const Json& row : json_table(study)) {
    CHECK(row.at("imported") == row.at("model").get<std::string>().ends_with("[imported]"));
    for (const char* unknown : {"solved", "solved_low", "solved_high", "stopped"})
      CHECK(row.at(unknown).is_null() == row.at("imported"));
  }
  std::istringstream lines(text_tables(study));
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("! ")) CHECK(line.size() <= 120);
}

TEST_CASE("tables and figures of imported results alone", "[imported]") {
  const Study study = only_imports();
  CHECK(task_heading(study.tasks[0]) == "adding: mse, lower is better");
  CHECK(outcome_table(study.tasks[0]).columns.size() == 2);
  const std::string text = text_tables(study);
  CHECK(text.starts_with("torch\n\nadding: mse, lower is better\n\nmodel"));
  CHECK(text.find("every run diverged") != std::string::npos);
  for (const char* absent : {"Wilson", "solved when", "baseline", "weights", "speed"}) {
    INFO(absent);
    CHECK(text.find(absent) == std::string::npos);
  }
  CHECK(json_table(study)[0]["solved_at"].is_null());
  CHECK(json_table(study)[0]["baseline"].is_null());
  CHECK(json_table(study)[1]["score_iqm"].is_null());
  CHECK(without_imported(study).tasks.empty());
  CHECK(names_of(all_figures(study)) == std::vector<std::string>{"score-by-model", "score-by-parameters"});
}

TEST_CASE("a task without records has the measure of its imported runs", "[imported]") {
  std::vector<Run> runs = {made_up::missing(made_up::run(adding, lstm, 1)), imported_run(adding, "torch", 1, 0.25)};
  const Study study = study_of(runs);
  CHECK(study.tasks[0].measure == "mse");
  CHECK_FALSE(study.tasks[0].has_record);
  CHECK(outcome_table(study.tasks[0]).rows[0].back() == "no record yet");
  CHECK(outcome_table(study.tasks[0]).rows[1].back() == "0.2500");
  // What has not run is not compared, whatever was imported.
  CHECK(user_error([&] { compare(study, "lstm", "torch", ""); }) ==
        "cell = lstm,torch: no run of lstm on adding has a record");
  CHECK(without_imported(study).tasks[0].measure.empty());
  CHECK(names_of(all_figures(study)).size() == 5);

  runs[0] = made_up::run(adding, lstm, 1);
  runs[1].imported->higher_is_better = true;
  CHECK(user_error([&] { study_of(runs); }) ==
        "imported/torch.csv:7: the score on task adding is mse (higher is better), but the measure of this task is mse "
        "(lower is better)");
}

TEST_CASE("imported models are compared as independent samples", "[imported]") {
  const Study study = records_and_imports(10);
  const auto comparisons = compare(study, "gru", "torch", "");
  REQUIRE(comparisons.size() == 2);
  const Comparison& recall = comparisons[0];
  CHECK_FALSE(recall.paired);
  CHECK(recall.second == "torch [imported]");
  CHECK(recall.pairs.empty());
  REQUIRE(recall.first_runs.size() == 10);
  REQUIRE(recall.second_runs.size() == 10);  // although no seed is the same
  CHECK(recall.second_runs[0].text == "diverged");
  CHECK(recall.second_runs[0].value == -0.5 * 2.1);  // the worst of all on this task, here of lstm [imported]
  CHECK(recall.second_runs[1].value == Approx(0.5 * 2.02));
  const Values first = recall.first_values(), second = recall.second_values();
  CHECK(recall.mean_advantage == Approx(mean(first) - mean(second)));
  REQUIRE(recall.mean_interval);
  CHECK(recall.mean_interval->low == welch_interval(first, second, 0.95)->low);
  CHECK(recall.p == welch_test(first, second));
  CHECK(recall.improvement_interval);
  CHECK(recall.caveats.back().find("not paired by seed") != std::string::npos);

  const Comparison& mse = comparisons[1];  // losses: by their ratio
  CHECK_FALSE(mse.mean_interval);
  REQUIRE(mse.ratio_interval);
  Values logs;
  for (const double value : mse.first_values()) logs.push_back(std::log(value));
  Values others;
  for (const double value : mse.second_values()) others.push_back(std::log(value));
  CHECK(*mse.ratio == Approx(std::exp(mean(logs) - mean(others))));
  CHECK(mse.ratio_interval->high == Approx(std::exp(welch_interval(logs, others, 0.95)->high)));
  CHECK(mse.p == welch_test(logs, others));
  CHECK(mse.mean_advantage == Approx(mean(mse.second_values()) - mean(mse.first_values())));  // lower is better
  CHECK(compare(study, "torch", "gru", "").at(1).mean_advantage == Approx(-mse.mean_advantage));
  CHECK_FALSE(compare(study, "gru", "lstm [imported]", "").at(1).ratio);  // of values below 0

  const std::string text = compare_text(comparisons);
  for (const char* part : {"gru compared with torch [imported], recall (higher is better), unpaired", "Welch's test",
                           "! torch [imported]: results of another program", "independent samples"}) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(text.find("A pair consists") == std::string::npos);
  CHECK(compare_table(comparisons).rows[0][3] == "10 and 10, unpaired");
  const Json json = compare_json(comparisons).at(0);
  CHECK(json.at("paired") == false);
  CHECK(json.at("second_runs").at(1).at("seed") == 102);
  CHECK(compare_json(compare(study, "gru", "lstm", "")).at(0).at("paired") == true);

  const std::string few = compare_text(compare(records_and_imports(9), "gru", "torch", ""));
  CHECK(few.find("n = 9: no p-value and no interval below ten runs of each model") != std::string::npos);
  CHECK(few.find("Welch's test  ") == std::string::npos);
}

TEST_CASE("what is not known of imported runs is not compared", "[imported][errors]") {
  const Study study = records_and_imports(3);
  CHECK(user_error([&] { compare(study, "gru", "torch", "loss"); }) ==
        "measure = loss is not known of torch [imported], seed 101 (imported/torch.csv:7), whose score is recall");
  CHECK(user_error([&] { compare(study, "gru", "torch", "solved"); }).starts_with("measure = solved is not known of"));
  CHECK(user_error([&] { compare(study, "torch", "torch [imported]", ""); }).find("with itself") != std::string::npos);
  const Comparison sizes = compare(study, "gru", "torch", "parameters").at(0);
  CHECK(sizes.mean_advantage == gru.parameters - 1234);
  const Comparison times = compare(study, "gru", "torch", "wall_ms_per_update").at(0);
  CHECK(times.caveats.front() ==
        "the times of imported runs were measured by other programs, and perhaps on other machines");
}

TEST_CASE("a missing run is left out of a comparison of sizes with imported ones, which know few measures",
          "[imported][errors]") {
  CHECK(user_error([] {
          compare(only_imports(), "torch", "jax", "sovled");
        }).find("which have mse, diverged, parameters, wall_ms_per_update;") != std::string::npos);
  std::vector<Run> runs;
  for (int seed = 1; seed <= 3; ++seed) {
    runs.push_back(made_up::run(copy, lstm, seed));
    runs.push_back(imported_run(copy, "torch", seed, 0.5));
  }
  runs[0] = made_up::missing(runs[0]);
  std::stable_partition(runs.begin(), runs.end(), [](const Run& run) { return !run.imported; });
  const Comparison sizes = compare(study_of(runs), "lstm", "torch", "parameters").at(0);
  CHECK(sizes.first_runs.size() == 2);
  CHECK(sizes.second_runs.size() == 3);
  CHECK(std::count_if(sizes.caveats.begin(), sizes.caveats.end(),
                      [](const std::string& caveat) { return caveat.starts_with("1 run is left out: "); }) == 1);
}

TEST_CASE("whether imported runs stopped early is not claimed", "[imported]") {
  std::vector<Run> runs = {made_up::run(adding, lstm, 1), imported_run(adding, "torch", 1, 0.25)};
  runs[0].spec["training"]["stop"] = "solved";
  REQUIRE(runs[0].stopped_when_solved());
  const auto comparison = compare(study_of(runs), "torch", "lstm", "");
  CHECK(comparison[0].caveats.back().starts_with("1 of 1 run of lstm stopped when they had solved the task"));
}

TEST_CASE("figures show scores and sizes of imported runs, with the mark in legend and caption", "[imported]") {
  const Study study = records_and_imports(3);
  const std::vector<Figure> figures = all_figures(study);
  CHECK(names_of(figures) == std::vector<std::string>{"learning-curves", "score-by-model", "score-by-length",
                                                      "score-by-speed", "score-by-parameters", "score-by-state-size"});
  for (const Figure& figure : figures) {
    const bool shown = figure.name == "score-by-model" || figure.name == "score-by-parameters";
    INFO(figure.name);
    CHECK((figure.script.find("torch [imported]") != std::string::npos) == shown);
    CHECK((figure.data.find("torch [imported]") != std::string::npos) == shown);
    CHECK((figure.caption.find(caption_of_imported) != std::string::npos) == shown);
  }
  std::vector<Run> runs = beside_records(3);
  for (Run& run : runs)
    if (run.imported) run.imported->parameters.reset();
  for (const Figure& figure : all_figures(study_of(runs)))
    CHECK((figure.script.find("torch [imported]") != std::string::npos) == (figure.name == "score-by-model"));
}

TEST_CASE("models have the same numbers with and without imported ones", "[imported]") {
  std::vector<Run> runs = beside_records(3);
  std::erase_if(runs, [](const Run& run) {  // gru is first seen behind the imported models of copy
    return !run.imported && run.spec.at("task").at("name") == "copy" && run.spec.at("model").at("cell") == "gru";
  });
  const Study study = study_of(runs);
  const std::vector<std::string> with = model_labels(study), without = model_labels(without_imported(study));
  REQUIRE(with.size() == without.size() + 2);
  CHECK(std::equal(without.begin(), without.end(), with.begin()));
}

TEST_CASE("the report marks imported runs and counts only its own as solved", "[imported][report]") {
  const Study with = records_and_imports(3), without = without_imported(with);
  const TemporaryFolder folder;
  const std::string page = report_html(with, {}, folder.path()), alone = report_html(without, {}, folder.path());
  const auto lead = [](std::string html) {
    const auto switches = html.find("<fieldset"), after = html.find("</fieldset>");
    if (switches != std::string::npos) html.erase(switches, after - switches);
    const auto at = html.find("class=\"lead\"");
    return html.substr(at, html.find("</table>", at) - at);  // the sentence and the table of solved runs
  };
  CHECK(lead(page).find(lead(alone).substr(0, lead(alone).size())) == 0);
  CHECK(page.find("12 runs are marked as imported.") != std::string::npos);
  CHECK(count(page, "<td>imported</td>") == 10);
  CHECK(count(page, "<td>imported, diverged</td>") == 2);
  // The switches hide the scores of an imported model, and what its files say beside them.
  CHECK(count(page, "data-model=\"" + std::to_string(model_labels(with).size()) + "\"") == 0);  // of no model
  const auto has_imports = [](const TaskRuns& task) { return task.models.back().imported(); };
  CHECK(count(page, "<tr data-model=\"5\"><td>torch [imported]</td>") ==
        2 * static_cast<std::size_t>(std::count_if(with.tasks.begin(), with.tasks.end(), has_imports)));
  CHECK(alone.find("[imported]") == std::string::npos);
  CHECK(page.find("rnnbench run --task copy --cell torch") == std::string::npos);

  const std::string only = report_html(only_imports(), {}, folder.path());
  for (const char* absent : {"How to reproduce", "Environment", "solved runs", "Memoryless", "class=\"lead\""}) {
    INFO(absent);
    CHECK(only.find(absent) == std::string::npos);
  }
  CHECK(only.find("5 runs are marked as imported.") != std::string::npos);
}

TEST_CASE("names of imported models are text in tables, figures and pages", "[imported][injection]") {
  std::vector<Run> runs = {imported_run(copy, "[x] *b* <script>'\"`%s|\\", 1, 0.5), imported_run(copy, "*y", 1, 0.5)};
  const Study study = study_of(runs);
  const std::string page = report_html(study, {}, "figures");
  CHECK(count(page, "<script>") == 1);  // the report's own
  CHECK(page.find("&lt;script&gt;") != std::string::npos);
  const std::string latex = latex_tables(study);
  CHECK(latex.find("\n{}[x] *b* $<$script$>$") != std::string::npos);  // not an argument of the line before
  CHECK(latex.find("\n{}*y") != std::string::npos);
  CHECK(markdown_tables(study).find("<script>") == std::string::npos);
  for (const Figure& figure : all_figures(study)) CHECK(figure.script.find("\\042") == std::string::npos);
}

TEST_CASE("imported runs belong to the tasks that an experiment declares", "[imported]") {
  const Experiment experiment =
      declared({{"task", "adding"}, {"length", "10,20"}, {"test-length", "40"}, {"cell", "lstm"}, {"hidden", "4"}});
  REQUIRE(experiment.runs.size() == 2);
  CHECK(task_text(experiment.runs[0]) == "adding (length 10)");
  CHECK(task_text(declared({{"task", "adding"}, {"variant", "tcn"}, {"cell", "lstm"}}).runs[0])
            .ends_with(", variant tcn)"));
  const ImportedRun known{"adding (length 20)", "torch", 1, "mse", false, 0.5, {}, {}, {}, "/r/study/imported/a.csv:2"};
  ImportedRun other = known;
  other.task = "adding (length 30)";
  const ImportedResults results = as_runs({known, other, known}, experiment);
  REQUIRE(results.runs.size() == 2);
  CHECK(results.runs[0].imported->place == "imported/a.csv:2");
  CHECK(
      results.left_out ==
      std::vector<std::string>{"1 imported run on task adding (length 30) is left out, because no run that is shown is "
                               "on this task"});
  std::vector<Run> runs;
  for (const RunSpec& run : experiment.runs) runs.push_back({run.json(), std::nullopt});
  runs.push_back(results.runs[0]);
  const Study study = study_of(runs);
  REQUIRE(study.tasks.size() == 2);
  CHECK(study.tasks[0].models.size() == 1);
  CHECK(study.tasks[1].label == "adding (length 20)");
  CHECK(study.tasks[1].models.size() == 2);

  CHECK(as_runs({known, other}, Experiment{"x", "", "x", {}}).runs.size() == 2);
  for (const char* measure : {"solved", "updates_to_solve", "parameters", "ms_per_update"}) {
    ImportedRun wrong = known;
    wrong.measure = measure;
    CHECK(user_error([&] { as_runs({wrong}, experiment); }) ==
          "/r/study/imported/a.csv:2: measure = " + std::string(measure) +
              " has another meaning in rnnbench than the score of a run; give it another name");
  }
}
