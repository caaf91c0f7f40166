// Every measure, from a made-up record.
#include "analysis/measurement.h"

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/records/environment.h"
#include "experiments/records/files.h"
#include "experiments/running/runner.h"
#include "findings/evaluation.h"
#include "findings/reproduce.h"
#include "tests/experiments/run_fixture.h"
#include "tests/findings/finding_records.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;
using made_up::scored;

namespace {

std::optional<double> value(const std::string& measure, const Run& run) {
  return value_of(parse_measurement(measure), run);
}

// Copy with baseline 0.5, optimum 0.1, trained at length 20 and tested at 50 and 100 too.
Run example() {
  Run run = scored("lstm", 1, 0.75);
  Json& result = run.record->result;
  result["baseline"] = 0.5;
  result["optimum"] = 0.1;
  result["final"] = {{"validation", {{"loss", 0.31}, {"recall", 0.7}}},
                     {"test", {{"loss", 0.3}, {"recall", 0.75}}},
                     {"training", {{"loss", 0.25}, {"recall", 0.8}}}};
  result["lengths"] = {{{"length", 20}, {"trained", true}, {"loss", 0.3}, {"recall", 0.75}},
                       {{"length", 10}, {"trained", false}, {"loss", 0.2}, {"recall", 0.9}},
                       {{"length", 50}, {"trained", false}, {"loss", 0.4}, {"recall", 0.5}},
                       {{"length", 100}, {"trained", false}, {"loss", 0.5}, {"recall", 0.25}}};
  result["curve"] = {{{"update", 0}, {"loss", 0.9}, {"recall", 0.1}},
                     {{"update", 1}, {"loss", 0.7}, {"recall", 0.2}},
                     {{"update", 2}, {"loss", 0.31}, {"recall", 0.7}}};
  result["updates"] = 2000;
  result["solved"] = false;
  result["updates_to_solve"] = nullptr;
  result["probe"] = {
      {"scalars", {{"gradient at lag 50", -3.5}, {"forget gate idle", 0.9}, {"saturated recall", nullptr}}}};
  run.record->measured["curve_cpu_seconds"] = {0, 2, 4};
  run.record->measured["train_cpu_seconds"] = 4;
  run.record->measured["cpu_seconds_to_solve"] = nullptr;
  return run;
}

Run solved(Run run, double updates, double seconds) {
  run.record->result["solved"] = true;
  run.record->result["status"] = "solved";
  run.record->result["updates_to_solve"] = updates;
  run.record->measured["cpu_seconds_to_solve"] = seconds;
  return run;
}

}  // namespace

TEST_CASE("scores of a run: final, at a length, beyond training, in time", "[measurement]") {
  const Run run = example();
  CHECK(value("recall", run) == 0.75);
  CHECK(value("recall at 20", run) == 0.75);
  CHECK(value("recall at 50", run) == 0.5);
  CHECK(value("recall beyond", run) == 0.375);  // of 50 and 100, not of 10
  CHECK(value("recall before training", run) == 0.1);
  CHECK(value("recall after 2 s", run) == 0.2);  // the evaluation at exactly that time counts
  CHECK(value("recall after 3.9 s", run) == 0.2);
  CHECK(value("recall after 60 s", run) == 0.7);
  CHECK(value("loss", run) == 0.3);
  CHECK(value("recall at 30", run) == std::nullopt);
  CHECK(value("recal", run) == std::nullopt);
}

TEST_CASE("losses relative to what no memory and perfect memory lose", "[measurement]") {
  const Run run = example();
  CHECK(value("relative_loss", run) == Approx(0.6));
  CHECK(value("skill", run) == Approx(0.5));
  CHECK(value("skill before training", run) == Approx(-1));
  CHECK(value("gap", run) == Approx(0.05));
  Run unknown = run;
  unknown.record->result["optimum"] = nullptr;
  unknown.record->result["final"].erase("training");
  CHECK_FALSE(has_measure(parse_measurement("skill"), unknown));
  CHECK_FALSE(has_measure(parse_measurement("gap"), unknown));
}

TEST_CASE("bits per parameter are those of a task that counts all stored bits", "[measurement]") {
  Run run = example();
  run.record->result["final"]["test"]["bits"] = 1000;
  CHECK_FALSE(has_measure(parse_measurement("bits_per_parameter"), run));  // of copy, bits are those of an item
  run.record->result["measure"]["name"] = "bits";
  CHECK(value("bits_per_parameter", run) == Approx(1000.0 / 5321));
}

TEST_CASE("runs that did not solve their task count with the longest training of all", "[measurement]") {
  const Measurement updates = parse_measurement("updates_to_solve"),
                    seconds = parse_measurement("cpu_seconds_to_solve");
  Run fast = example(), slow = solved(example(), 1500, 30), large = example();
  fast.spec["training"]["updates"] = 1000;
  slow.record->measured["train_cpu_seconds"] = 35;
  large.spec["training"]["updates"] = 9000;
  const std::vector<const Run*> runs = {&fast, &slow};
  for (const Run& run : {fast, made_up::diverged(fast), made_up::missing(fast)}) {
    CHECK(value_or_failure(updates, run, value_of_failure(updates, runs)) == 4000);
    CHECK(value_or_failure(seconds, run, value_of_failure(seconds, runs)) == 35);
    CHECK(value_or_failure(updates, run, value_of_failure(updates, {&slow, &large})) == 9000);
  }
  CHECK(value_or_failure(updates, slow, value_of_failure(updates, runs)) == 1500);
  CHECK(value_or_failure(seconds, slow, value_of_failure(seconds, runs)) == 30);
  CHECK(is_unsolved(seconds, fast));
  CHECK_FALSE(is_unsolved(seconds, slow));
  CHECK_FALSE(is_unsolved(parse_measurement("recall"), fast));
}

TEST_CASE("a mean over lengths beyond training is of runs that were tested at the same ones", "[measurement][errors]") {
  const Run run = example();
  Run other = run, longer = run;
  other.record->result["lengths"].erase(3);
  longer.record->result["lengths"] = {{{"length", 50}, {"trained", true}, {"loss", 0.3}, {"recall", 0.75}},
                                      {{"length", 70}, {"trained", false}, {"loss", 0.4}, {"recall", 0.5}}};
  const Measurement beyond = parse_measurement("recall beyond");
  CHECK_NOTHROW(check_lengths_beyond(beyond, {&run, &run, &longer}));
  CHECK_NOTHROW(check_lengths_beyond(parse_measurement("recall at 50"), {&run, &other}));
  CHECK_THROWS_WITH(
      check_lengths_beyond(beyond, {&run, &other}),
      "measure = recall beyond is a mean over the test lengths beyond training, which differ: 50, 100 and "
      "50; compare a score at one length");
}

TEST_CASE("times to solve are restricted to the run", "[measurement]") {
  const Run run = example();
  CHECK(value("solved", run) == 0);
  // The declared updates, of which a divergence may leave some undone.
  CHECK(value("updates_to_solve", run) == 4000);
  CHECK(value("cpu_seconds_to_solve", run) == 4);
  CHECK(value("cpu_ms_per_update", run) == Approx(2));
  CHECK(value("parameters", run) == 5321);
  CHECK(value("hidden", run) == 64);
  const Run good = solved(run, 1500, 3);
  CHECK(value("solved", good) == 1);
  CHECK(value("updates_to_solve", good) == 1500);
  CHECK(value("cpu_seconds_to_solve", good) == 3);
}

TEST_CASE("CPU time and wall time of an update have different names", "[measurement]") {
  Run run = example();
  run.record->measured["train_cpu_seconds"] = 8;
  run.record->measured["ms_per_update"] = 7.5;  // what records call the wall time, old ones too
  run.record->result["updates"] = 2000;
  CHECK(cpu_ms_per_update(*run.record) == Approx(4));
  CHECK(wall_ms_per_update(*run.record) == Approx(7.5));

  const Measurement cpu = parse_measurement("cpu_ms_per_update"), old_name = parse_measurement("ms_per_update");
  CHECK(value_of(cpu, run) == Approx(4));
  CHECK(value_of(old_name, run) == Approx(4));
  CHECK(old_name.text == "cpu_ms_per_update");
  CHECK(value("wall_ms_per_update", run) == Approx(7.5));
  CHECK_THROWS_AS(parse_measurement("ms_per_update at 50"), UserError);

  run.record->measured.erase("ms_per_update");
  CHECK(wall_ms_per_update(*run.record) == std::nullopt);
  run.record->result["updates"] = 0;
  CHECK(cpu_ms_per_update(*run.record) == std::nullopt);
}

TEST_CASE("probes have their numbers, and a null is a measure without a value", "[measurement]") {
  const Run run = example();
  CHECK(value("gradient at lag 50", run) == -3.5);
  CHECK(value("forget gate idle", run) == 0.9);
  CHECK(value("saturated recall", run) == std::nullopt);
  CHECK(has_measure(parse_measurement("saturated recall"), run));
  CHECK(of_a_probe(parse_measurement("saturated recall"), run));
  CHECK_FALSE(has_measure(parse_measurement("gradient at lag 70"), run));
  CHECK_FALSE(of_a_probe(parse_measurement("recall"), run));
  const Study study = make_study("x", "x", "x.ini", {run});
  CHECK_THROWS_WITH(check_measure(study.tasks.at(0), parse_measurement("forget gate idel")),
                    Catch::Contains("did you mean 'forget gate idle'?"));
}

TEST_CASE("a diverged run has no score, and its haste is no merit", "[measurement]") {
  const Run run = made_up::diverged(solved(example(), 10, 0.1));
  CHECK(value("diverged", run) == 1);
  CHECK(value("diverged", example()) == 0);
  CHECK(value("solved", run) == 0);
  CHECK(value("updates_to_solve", run) == 4000);
  CHECK(value("recall before training", run) == 0.1);  // which the later divergence did not change
  for (const char* measure : {"recall", "loss", "skill", "recall at 50", "recall after 60 s", "cpu_seconds_to_solve",
                              "cpu_ms_per_update", "gradient at lag 50", "gap"}) {
    INFO(measure);
    CHECK(value(measure, run) == std::nullopt);
  }
  CHECK(value("diverged", made_up::missing(run)) == std::nullopt);
}

TEST_CASE("a run without a value counts as the worst, and no better than no memory", "[measurement]") {
  const Run good = example(), bad = made_up::diverged(example());
  const auto worst = [&](const std::string& measure, const std::vector<const Run*>& runs) {
    return value_of_failure(parse_measurement(measure), runs).value();
  };
  CHECK(worst("recall", {&good, &bad}) == 0);
  CHECK(worst("loss", {&good, &bad}) == 0.5);  // the baseline
  CHECK(worst("relative_loss", {&good, &bad}) == 1);
  CHECK(worst("loss before training", {&good, &bad}) == 0.9);  // worse than the baseline
  CHECK(worst("skill", {&good, &bad}) == 0);
  CHECK(worst("skill before training", {&good, &bad}) == Approx(-1));
  CHECK(worst("cpu_ms_per_update", {&good, &bad}) == Approx(2));
  CHECK(worst("cpu_seconds_to_solve", {&good, &bad}) == 4);
  CHECK(worst("diverged", {&good}) == 1);
  CHECK(worst("solved", {&good}) == 0);
  for (const char* size : {"parameters", "hidden", "state_size", "forget gate idle", "gradient at lag 10"})
    CHECK_FALSE(value_of_failure(parse_measurement(size), {&good, &bad}).has_value());
}

TEST_CASE("which way is better", "[measurement]") {
  const Run run = example();
  CHECK(higher_is_better(parse_measurement("saturated recall"), {&run}));
  CHECK_FALSE(higher_is_better(parse_measurement("untrained loss"), {&run}));
  CHECK_FALSE(higher_is_better(parse_measurement("saturated mse"), {&run}));
  const auto higher = [&](const std::string& measure) { return higher_is_better(parse_measurement(measure), {&run}); };
  CHECK(higher("recall"));
  CHECK(higher("skill"));
  CHECK(higher("solved"));
  for (const char* measure : {"loss", "relative_loss", "gap", "updates_to_solve", "cpu_seconds_to_solve",
                              "cpu_ms_per_update", "wall_ms_per_update"})
    CHECK_FALSE(higher(measure));
  Run adding = run;
  adding.record->result["measure"] = {{"name", "recall"}, {"higher_is_better", false}};
  CHECK_FALSE(higher_is_better(parse_measurement("recall"), {&adding}));  // what the record says
}

TEST_CASE("malformed measures are refused", "[measurement][errors]") {
  CHECK_THROWS_WITH(parse_measurement(""), "a measure is missing");
  CHECK_THROWS_WITH(parse_measurement("recall at 20.5"),
                    "measure 'recall at 20.5': a length is a whole number from 1 to 1000000");
  for (const std::string measure : {"skill at 20", "relative_loss beyond"})
    CHECK_THROWS_WITH(parse_measurement(measure), Contains("measure '" + measure + "'") &&
                                                      Contains("which records state for the training length only"));
  CHECK_THROWS_WITH(parse_measurement("recall after -1 s"),
                    "measure 'recall after -1 s': a time is a number of seconds from 0 on");
  const std::string one = " takes one of 'at LENGTH', 'beyond', 'after N s' and 'before training'";
  CHECK_THROWS_WITH(parse_measurement("recall at 50 after 3 s"), "measure 'recall at 50 after 3 s'" + one);
  CHECK_THROWS_WITH(parse_measurement("recall beyond after 3 s"), "measure 'recall beyond after 3 s'" + one);
  CHECK_THROWS_WITH(parse_measurement("updates_to_solve at 50"),
                    "measure 'updates_to_solve at 50': 'updates_to_solve' is one number of a run, not a "
                    "score; write it alone");
  CHECK(parse_measurement("gradient at lag 50").name == "gradient at lag 50");
  CHECK(parse_measurement("forget gate share above 0.9").name == "forget gate share above 0.9");
}

TEST_CASE("times are compared only if they were measured alone and on one CPU", "[measurement]") {
  for (const char* measure : {"cpu_seconds_to_solve", "cpu_ms_per_update", "wall_ms_per_update", "recall after 5 s"})
    CHECK(is_time(parse_measurement(measure)));
  for (const char* measure : {"recall", "updates_to_solve", "parameters"})
    CHECK_FALSE(is_time(parse_measurement(measure)));
  std::vector<Run> runs{scored("lstm", 1, 0.5), scored("gru", 1, 0.5)};
  CHECK(unreliable_times(pointers(runs)).empty());
  runs[1].record->measured["cpu"] = "another CPU (family 26, model 2, stepping 1)";
  CHECK_THAT(unreliable_times(pointers(runs)), Catch::Contains("timed on different CPUs"));
  runs[1].record->measured["cpu"] = runs[0].record->measured["cpu"];
  runs[0].record->measured["oversubscribed"] = true;
  CHECK(unreliable_times(pointers(runs)) == "1 of 2 runs were timed on a busy machine");
}

TEST_CASE("a time measured on a busy machine decides nothing, unless told otherwise", "[measurement][findings]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "faster.ini";
  write_atomically(file,
                   "task = copy\ncell = lstm, gru\nhidden = 4\nlength = 3\nitems = 2\nupdates = 20\nseed = 1..20\n"
                   "[claim]\nnumber = 1\nclaim = The GRU is not a thousand times slower.\nsource = us\nmeasure = "
                   "cpu_ms_per_update\ncompare = gru / lstm < 1000\nmargin = 0 (none)\n");
  const std::vector<Finding> findings = read_findings({file});
  RunnerOptions options;
  options.jobs = available_cores() + 1;
  options.oversubscribe = true;
  options.progress = options.summary = false;
  const std::filesystem::path results = folder.path() / "results";
  REQUIRE(run_study({findings.data()}, results, options) == 0);
  const FindingResult refused = evaluate_findings(findings, results)[0];
  CHECK(refused.refused);
  CHECK(refused.verdict == Verdict::not_run);
  CHECK_THAT(refused.reason, Catch::Contains("--any-times"));
  CHECK_FALSE(refused.primary->parts[0].adjusted_p);
  CHECK(evaluate_findings(findings, results, true)[0].verdict == Verdict::supported);
}

TEST_CASE("measures of solving need enough validation sequences", "[measurement][findings][errors]") {
  const TemporaryFolder folder;
  const auto declared = [&](const std::string& evaluate, const std::string& measure) {
    write_atomically(folder.path() / "solving.ini",
                     "task = adding\ncell = lstm, gru\nlength = 10\nseed = 1..20\nevaluate = " + evaluate +
                         "\n[claim]\nnumber = 1\nclaim = The GRU is faster.\nsource = us\nmeasure = " + measure +
                         "\ncompare = gru < lstm\nmargin = 0.1 (a guess)\n");
    read_findings({folder.path() / "solving.ini"});
  };
  CHECK_THROWS_WITH(declared("63", "updates_to_solve"),
                    Catch::Contains("evaluate = 63 is too small for updates_to_solve, which needs 64 or more"));
  declared("64", "updates_to_solve");
  declared("63", "skill");
}
