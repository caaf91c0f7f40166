// The figure of a finding: every run, the right numbers, the declared names.
#include <catch2/catch.hpp>

#include "findings/page/figure.h"
#include "findings/page/page.h"
#include "findings/page/runs_shown.h"
#include "findings/page/section.h"
#include "findings/page/strips.h"
#include "tests/findings/page_fixture.h"

using namespace rnnbench::test;

namespace {

const std::string gradients_claim =
    "number = 1\nclaim = c\nmeasure = relative_loss\ncompare = gru < lstm\nmargin = 0 (any)\nfigure = gradients\n";

}  // namespace

TEST_CASE("the strips of models hold every run, the mean, failures at the worst value and what was published",
          "[findings]") {
  TemporaryFolder folder;
  const Finding finding = declared(folder.path(), "better", "cell = lstm, gru\nseed = 1..20\n", gru_better);
  const FindingResult result = result_of(finding, [](const RunSpec& run, Json& json) {
    set_loss(json, (run.model.text("cell") == "lstm" ? 0.3 : 0.1) + 0.001 * static_cast<double>(run.seed));
    if (run.model.text("cell") == "gru" && run.seed == 4) diverge(json);
  });
  const Figure figure = finding_figure(result);
  CHECK(figure.name == "claim");
  const auto lstm = block(figure, "adding, lstm: every run");
  REQUIRE(lstm.size() == 20);
  for (std::size_t i = 0; i < 20; ++i) CHECK(lstm[i][0] == Approx(0.301 + 0.001 * static_cast<double>(i)));
  const auto center = block(figure, "adding, lstm: mean, low, high");
  REQUIRE(center.size() == 1);
  CHECK(center[0][0] == Approx(0.3105));
  CHECK((center[0][2] > 0.305 && center[0][2] < center[0][0] && center[0][3] > center[0][0] && center[0][3] < 0.316));
  CHECK(block(figure, "adding, gru: every run").size() == 19);
  const auto failed = block(figure, "adding, gru: failed");
  REQUIRE(failed.size() == 1);
  CHECK(failed[0][0] == Approx(1));  // that of a model without memory, which is larger than all losses
  CHECK(block(figure, "adding, lstm: published")[0][0] == 0.5);
  for (const std::string half : {"first", "second"}) {  // seeds 1 to 10, and 11 to 20
    const auto differences = block(figure, "decided, gru - lstm, " + half + " half of the seeds: every run");
    REQUIRE(differences.size() == 10);
    for (std::size_t i = 0; i < 10; ++i)  // of seed 4 the failure: 1 - 0.304
      CHECK(differences[i][0] == Approx(half == "first" && i == 3 ? 0.696 : -0.2));
  }
  CHECK(figure.script.find("set arrow from first -0.01, first ") != std::string::npos);
  CHECK(figure.script.find("set arrow from first 0.01, first ") != std::string::npos);
  CHECK(figure.script.find("'boundaries' at first 0,") != std::string::npos);

  const Figure printed = finding_figure(result, paper_layout("column"));
  CHECK(figure.title.starts_with("1. "));
  CHECK(printed.title == finding.claim);  // the number and the study say nothing in a paper
  CHECK(printed.caption.find("for each half of the seeds: the number of every seed") != std::string::npos);
}

TEST_CASE("in one column, a high comparison does not make the other panels higher", "[findings]") {
  struct Heights {
    int figure;
    double comparison;
  };
  const auto heights = [](const std::string& compare) {
    TemporaryFolder folder;
    const Finding finding = declared(folder.path(), "many", "cell = lstm, gru, rnn, mgu, janet\nseed = 1..4\n",
                                     "number = 1\nclaim = c\nmeasure = relative_loss\ncompare = " + compare +
                                         "\nmargin = 0 (any)\nfigure = curves\n");
    const FindingResult result = result_of(finding, [](const RunSpec&, Json& json) { set_loss(json, 0.1); });
    const FigureLayout& layout = paper_layout("column");
    return Heights{finding_figure(result, layout).height, comparison_height(*result.primary, layout)};
  };
  const Heights one = heights("gru < lstm"), four = heights("gru, rnn, mgu, janet < lstm");
  REQUIRE(four.comparison > one.comparison + 200);
  CHECK(four.figure - one.figure == Approx(four.comparison - one.comparison).margin(1));  // whole pixels
}

TEST_CASE("a figure over a setting has the mean of each value at its place", "[findings]") {
  TemporaryFolder folder;
  const Finding finding =
      declared(folder.path(), "wider", "cell = lstm, gru\nhidden = 4, 8, 16\nseed = 1..4\n",
               "number = 1\nclaim = c\nmeasure = relative_loss\ncompare = lstm{hidden=16} < lstm{hidden=4}\n"
               "margin = 0 (any)\nfigure = over hidden\n");
  const FindingResult result = result_of(finding, [](const RunSpec& run, Json& json) {
    set_loss(json, std::stod(run.model.text("hidden")) / 100 + 0.001 * static_cast<double>(run.seed));
  });
  const Figure figure = finding_figure(result);
  const auto rows = block(figure, "adding, lstm: hidden, mean, low, high");
  REQUIRE(rows.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const double width = std::array{4.0, 8.0, 16.0}[i];
    CHECK(rows[i][0] == width);
    CHECK(rows[i][1] == Approx(width / 100 + 0.0025));
    CHECK(rows[i][2] == Approx(width / 100 + 0.001));  // below ten seeds the band spans them all
    CHECK(rows[i][3] == Approx(width / 100 + 0.004));
  }
  CHECK(block(figure, "adding, gru: hidden, every run").size() == 12);
  CHECK(figure.script.find("set xtics ('4' 4, '8' 8, '16' 16)") != std::string::npos);
  CHECK(figure.script.find("(hidden") == std::string::npos);  // one line for a cell, not one for each width
}

TEST_CASE("values that are words have places side by side, with the boundary and what was published", "[findings]") {
  TemporaryFolder folder;
  const Finding finding =
      declared(folder.path(), "inits", "cell = lstm\ninit = orthogonal, uniform\nseed = 1..4\n",
               "number = 1\nclaim = c\nmeasure = relative_loss\ncompare = lstm{init=uniform} < 0.5\n"
               "margin = 0.25 (a guess)\npublished = lstm{init=uniform} 0.125 (read)\nfigure = over init\n");
  const FindingResult result = result_of(
      finding, [](const RunSpec& run, Json& json) { set_loss(json, run.model.text("init") == "uniform" ? 0.2 : 0.7); });
  const Figure figure = finding_figure(result);
  const auto rows = block(figure, "adding, lstm: init, mean, low, high");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0][0] == 0);
  CHECK(rows[0][1] == Approx(0.7));
  CHECK(rows[1][0] == 1);
  CHECK(rows[1][1] == Approx(0.2));
  CHECK(figure.script.find("set xtics ('orthogonal' 0, 'uniform' 1)") != std::string::npos);
  CHECK(figure.script.find("set arrow from graph 0, first 0.25 to graph 1, first 0.25") != std::string::npos);
  const auto published = block(figure, "adding, lstm: init, published");
  REQUIRE(published.size() == 1);
  CHECK(published[0][1] == 0.125);
}

TEST_CASE("a figure says how many runs have no record, and a page that its profile is too short", "[findings]") {
  TemporaryFolder folder;
  const Finding finding = declared(folder.path(), "better", "cell = lstm, gru\nseed = 1..20\n", gru_better);
  const std::vector<Finding> findings = {finding};
  const FindingResult none = evaluate_findings(findings, folder.path() / "results").at(0);
  CHECK_THAT(finding_figure(none).caption, Catch::EndsWith("40 of 40 runs have no record yet."));
  const std::vector<Finding> smoke = read_findings({folder.path() / "better.ini"}, Profile::smoke);
  CHECK_THAT(findings_page(evaluate_findings(smoke, folder.path() / "results"), folder.path() / "results"),
             Catch::Contains("Smoke profile: two seeds and a few updates, too short to say anything"));
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
  const Finding finding =
      declared(folder.path(), "reach", "cell = lstm, gru\nseed = 1..4\nprobe = gradients\n", gradients_claim);
  const FindingResult result = result_of(finding, [](const RunSpec& run, Json& json) {
    const double s = static_cast<double>(run.seed);
    json["probe"] = {
        {"sequences", 1}, {"untrained", {-5, -5 - s, -5 - 2 * s}}, {"trained", {-2, -2}}, {"scalars", Json::object()}};
  });
  const Figure figure = finding_figure(result);
  CHECK(block(figure, "adding, untrained, lstm: lag, median, low, high") ==
        std::vector<Values>{{1, 0, 0, 0}, {2, -2.5, -4, -1}, {3, -5, -8, -2}});
  CHECK(block(figure, "adding, trained, gru: lag, median, low, high") ==
        std::vector<Values>{{1, 0, 0, 0}, {2, 0, 0, 0}});
}

TEST_CASE("gradients of runs that all diverged have a panel that says so", "[findings]") {
  TemporaryFolder folder;
  const Finding finding =
      declared(folder.path(), "reach", "cell = lstm, gru\nseed = 1..2\nprobe = gradients\n", gradients_claim);
  const Figure figure = finding_figure(result_of(finding, [](const RunSpec&, Json& json) { diverge(json); }));
  CHECK(figure.script.find("no record, or every run diverged") != std::string::npos);
}

TEST_CASE("gradients of many cells have a panel for each", "[findings]") {
  TemporaryFolder folder;
  const Finding finding = declared(
      folder.path(), "reach",
      "cell = rnn, lstm, gru, mgu, janet, mut1, mut2, mut3, irnn\nseed = 1..4\nprobe = gradients\n", gradients_claim);
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

TEST_CASE("extreme numbers of records have figures and sections", "[findings]") {
  REQUIRE(gnuplot_available());
  TemporaryFolder folder;
  for (const std::string figure : {"models", "over hidden", "curves", "time to solve", "gradients", "profile"}) {
    for (const double extreme : {1.7e308, 5e-324, 0.0}) {
      INFO(figure << " " << extreme);
      const Finding finding =
          declared(folder.path(), "extreme", "cell = lstm, gru\nhidden = 4, 8\nseed = 1..10\nprobe = gradients\n",
                   "number = 1\nclaim = c\nmeasure = relative_loss\ncompare = gru{hidden=4} < lstm{hidden=4}\n"
                   "margin = 0 (any)\nfigure = " +
                       figure + "\n");
      const FindingResult result = result_of(finding, [&](const RunSpec& run, Json& json) {
        const double sign = run.seed % 3 == 0 ? -1 : 1;
        set_loss(json, run.seed % 2 == 0 ? sign * extreme : 1);
        json["updates_to_solve"] = 0;
        json["updates"] = 0;
        json["curve"].back()["loss"] = extreme;
        json["probe"] = {{"sequences", 1},
                         {"untrained", {-extreme, extreme}},
                         {"trained", {extreme, -extreme}},
                         {"scalars", Json::object()}};
      });
      draw_figures({finding_figure(result)}, figures_of(finding, folder.path()));
      CHECK(count(finding_section(result, folder.path(), true), "<svg") == 1);
    }
  }
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
  const auto records = study_records(finding, [](const RunSpec&, Json& json) { set_loss(json, 0.1); });
  for (Run& run : records->runs) run.spec["training"]["learning-rate"] = run.seed();
  const Study study = finding_study(result_of(finding, records));
  REQUIRE(study.tasks.size() == 1);
  CHECK(model_labels(study) == std::vector<std::string>{"lstm", "gru"});
}

TEST_CASE("a figure only shows the tasks that its claim is about", "[findings]") {
  TemporaryFolder folder;
  const Finding finding = declared(folder.path(), "tasks", "variant = arjovsky, tcn\ncell = lstm, gru\nseed = 1..2\n",
                                   "number = 1\nclaim = c\nmeasure = relative_loss\nmargin = 0 (any)\n"
                                   "compare = gru{variant=tcn} < lstm{variant=tcn}\n");
  const FindingResult result = result_of(finding, [](const RunSpec&, Json& json) { set_loss(json, 0.1); });
  const Study study = finding_study(result);
  REQUIRE(study.tasks.size() == 1);
  for (const ModelRuns& model : study.tasks[0].models)
    for (const Run& run : model.runs) CHECK(run.spec.at("task").at("variant") == "tcn");
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
