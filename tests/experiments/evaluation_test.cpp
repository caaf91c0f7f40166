// What a record says about solving, on which sequences it was scored, by which code, and under which load.
#include "experiments/training/evaluation.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <set>
#include <sys/resource.h>
#include <thread>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/declaration/grid.h"
#include "experiments/declaration/run_task.h"
#include "experiments/records/environment.h"
#include "experiments/records/files.h"
#include "experiments/running/runner.h"
#include "experiments/training/clock.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

double process_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// The last unbroken row of confirmed points, by the updates.
std::vector<std::int64_t> last_row(const Record& record) {
  std::vector<std::int64_t> row;
  for (const Json& point : record.result.at("curve")) {
    if (!point.at("confirmed"))
      row.clear();
    else
      row.push_back(point.at("update"));
  }
  return row;
}

void check_solving(const Record& record) {
  const std::vector<std::int64_t> row = last_row(record);
  const bool solved = row.size() >= 2;
  CHECK(record.result.at("solved") == solved);
  CHECK(record.result.at("status") == (solved ? "solved" : "finished"));
  CHECK(record.result.at("updates_to_solve") == (solved ? Json(row.front()) : Json(nullptr)));
  CHECK(record.measured.at("cpu_seconds_to_solve").is_null() != solved);
}

const SettingPairs even_pairs = {{"task", "even-pairs"}, {"length", "3"},    {"cell", "lstm"},
                                 {"hidden", "16"},       {"updates", "800"}, {"learning-rate", "0.02"}};

}  // namespace

TEST_CASE("points of the learning curve are 10 updates apart at first, then 5 %", "[evaluation]") {
  CHECK(next_evaluation(0, 1000) == 10);
  CHECK(next_evaluation(190, 1000) == 200);
  CHECK(next_evaluation(200, 1000) == 210);
  CHECK(next_evaluation(210, 1000) == 221);
  CHECK(next_evaluation(990, 1000) == 1000);
}

TEST_CASE("validation and test sequences are those of the run's seed", "[evaluation]") {
  const auto task = make_task(small_run(1));
  CHECK(test_sequence(*task, 1, 0).values == test_sequence(*task, 1, 0).values);
  CHECK(test_sequence(*task, 1, 0).values != test_sequence(*task, 2, 0).values);
  // The same network, of which only the seed of the sequences differs: untrained losses differ by sampling error alone.
  const auto scored_with = [&](std::uint64_t seed) {
    return task->evaluate(
        [](const Batch& batch, std::vector<float>& outputs) { outputs.assign(batch.targets.size(), 1); },
        {.seed = seed, .purpose = Purpose::test}, 100);
  };
  CHECK(scored_with(1) != scored_with(2));
}

TEST_CASE("every evaluation draws its own validation sequences", "[evaluation]") {
  const Record record = records_of(declared({{"task", "adding"},
                                             {"cell", "rnn"},
                                             {"length", "10"},
                                             {"hidden", "2"},
                                             {"updates", "40"},
                                             {"batch", "1"},
                                             {"learning-rate", "1e-9"}}))
                            .at(0);
  std::set<double> losses;  // of the same network
  for (const Json& point : record.result.at("curve")) losses.insert(std::round(point.at("loss").get<double>() * 1e5));
  CHECK(losses.size() == 5);
}

TEST_CASE("random-map draws a map for each seed, unless the option says otherwise", "[evaluation][tasks]") {
  const auto target_of = [](const std::string& map, std::uint64_t seed) {
    RunSpec run = declared({{"task", "random-map"}, {"map", map}, {"cell", "rnn"}}).runs.at(0);
    run.seed = seed;
    return test_sequence(*make_task(run), 1, 0).symbols;
  };
  CHECK(target_of("0", 1) != target_of("0", 2));
  CHECK(target_of("7", 1) == target_of("7", 2));
  CHECK(target_of("0", 7) == target_of("7", 1));
}

TEST_CASE("networks at chance level are not solved by a lucky evaluation", "[evaluation]") {
  const std::vector<Record> records = records_of(declared({{"task", "parity"},
                                                           {"cell", "lstm"},
                                                           {"hidden", "2"},
                                                           {"updates", "100"},
                                                           {"batch", "1"},
                                                           {"evaluate", "1"},
                                                           {"learning-rate", "1e-9"},
                                                           {"seed", "1..10"}}));
  int lucky = 0;
  for (const Record& record : records) {
    for (const Json& point : record.result.at("curve")) lucky += point.at("accuracy") == 1;
    CHECK(record.result.at("solved") == false);
    check_solving(record);
  }
  CHECK(lucky > 10);
}

TEST_CASE("a run is solved when confirmed evaluations reach its end", "[evaluation]") {
  const Record whole = records_of(declared(even_pairs)).at(0);
  REQUIRE(whole.result.at("solved") == true);
  check_solving(whole);
  CHECK(whole.result.at("updates") == 800);

  const Record stopped = records_of(declared(with(even_pairs, {{"stop", "solved"}}))).at(0);
  check_solving(stopped);
  const std::vector<std::int64_t> row = last_row(stopped);
  REQUIRE(row.size() == 2);  // stops at the second point
  CHECK(stopped.result.at("updates") == row.back());
  CHECK(stopped.result.at("updates_to_solve") == row.front());
}

TEST_CASE("an interrupted run keeps the row of its confirmed points", "[evaluation]") {
  const TemporaryFolder folder;
  ResultsFolder results(folder.path(), "even-pairs");
  results.prepare();
  const RunSpec run = declared(even_pairs).runs.at(0);
  const Record whole = records_of(declared(even_pairs)).at(0);
  const int solved_at = whole.result.at("updates_to_solve");
  InterruptAfter interrupt(solved_at + 1), never(1 << 30);
  REQUIRE_FALSE(train(run, results, quiet_runner(), interrupt).finished);
  const TrainOutcome resumed = train(run, results, quiet_runner(), never);
  CHECK(resumed.record.result == whole.result);
  CHECK(resumed.record.measured.at("cpu_seconds_to_solve") > 0);
}

TEST_CASE("settings that cannot mean what they say are refused with the numbers", "[evaluation][grid][errors]") {
  const SettingPairs adding = {{"task", "adding"}, {"cell", "lstm"}};
  CHECK(why_refused(with(adding, {{"evaluate", "63"}, {"stop", "solved"}}))
            .find("evaluate = 63 is too small for stop = solved, which needs 64 or more") != std::string::npos);
  CHECK(why_refused(with(adding, {{"evaluate", "64"}, {"stop", "solved"}})) == "accepted");
  CHECK(why_refused({{"task", "counting"}, {"cell", "lstm"}, {"evaluate", "1"}, {"stop", "solved"}}) == "accepted");
  for (const char* schedule : {"warmup", "cosine"}) {
    CHECK(why_refused(with(adding, {{"schedule", schedule}, {"updates", "100"}}))
              .find("warmup-updates = 100 must be less than updates = 100") != std::string::npos);
    CHECK(why_refused(with(adding, {{"schedule", schedule}, {"updates", "101"}})) == "accepted");
  }
  CHECK(why_refused(with(adding, {{"layer-norm", "yes"}, {"hidden", "1"}})).find("hidden = 1 is too small") !=
        std::string::npos);
  const SettingPairs learned = {
      {"task", "adding"}, {"cell", "transformer"}, {"positions", "learned"}, {"max-positions", "50"}};
  CHECK(why_refused(with(learned, {{"length", "51"}}))
            .find("max-positions = 50 is less than the 51 time steps of sequences with length = 51") !=
        std::string::npos);
  CHECK(why_refused(with(learned, {{"length", "50"}, {"test-length", "60"}})).find("test-length = 60") !=
        std::string::npos);
  CHECK(why_refused(with(learned, {{"length", "50"}})) == "accepted");
  for (const char* cell : {"min-gru", "min-lstm", "feedforward-attention"})
    for (const char* init : {"orthogonal", "identity"})
      CHECK(why_refused({{"task", "adding"}, {"cell", cell}, {"init", init}}).find("init = " + std::string(init)) !=
            std::string::npos);
}

TEST_CASE("chrono-steps are the time steps of training sequences, unless given", "[evaluation][grid]") {
  const auto steps = [](const SettingPairs& more) {
    return declared(
               with({{"task", "copy"}, {"cell", "lstm"}, {"length", "60"}, {"items", "5"}, {"init", "chrono"}}, more))
        .runs.at(0)
        .model.text("chrono-steps");
  };
  CHECK(steps({}) == "70");
  CHECK(steps({{"chrono-steps", "90"}}) == "90");
}

TEST_CASE("records of other code are not taken for finished runs", "[evaluation][runner]") {
  const TemporaryFolder folder;
  const Experiment experiment = small_experiment(2, 20);
  REQUIRE(run_experiment(experiment, folder.path(), quiet_runner()) == 0);
  CHECK(run_experiment(experiment, folder.path(), quiet_runner()) == 0);
  const ResultsFolder results(folder.path(), experiment.name);
  for (Record record : results.load_all()) {  // as if the task had computed another loss
    record.result["curve"][0]["loss"] = record.result["curve"][0]["loss"].get<double>() + 0.25;
    record.result["hash"] = result_hash(record.result);
    write_atomically(results.record_path(record.id()), record_text(record));
  }
  CHECK_THROWS_WITH(run_experiment(small_experiment(3, 20), folder.path(), quiet_runner()),
                    Catch::Contains("this record of adding") && Catch::Contains("was made by other code"));
  // The check evaluates a network in this thread, where denormal numbers must not be flushed to zero afterwards.
  volatile float smallest_normal = 1.17549435e-38f;
  CHECK(smallest_normal / 2 > 0);
}

TEST_CASE("more threads than cores are refused, or recorded", "[evaluation][runner]") {
  RunnerOptions options = quiet_runner();
  options.jobs = 2;
  options.threads = available_cores();
  options.oversubscribe = false;
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(run_experiment(small_experiment(1, 5), folder.path(), options),
                    Catch::Contains("cores, but this process may use"));
  options.oversubscribe = true;
  REQUIRE(run_experiment(small_experiment(1, 5), folder.path(), options) == 0);
  for (const Record& record : ResultsFolder(folder.path(), "small").load_all()) {
    CHECK(record.measured.at("oversubscribed") == true);
    CHECK(timed_on_busy_machine(record));
  }
}

TEST_CASE("a busy machine is one whose other processes took more than a tenth of its cores", "[evaluation]") {
  Record record = example_record(1);
  record.measured["train_wall_seconds"] = 8;
  record.measured["evaluate_wall_seconds"] = 2;
  record.measured["cores"] = 2;
  record.measured["other_cpu_seconds"] = 2.0;
  CHECK_FALSE(timed_on_busy_machine(record));
  record.measured["other_cpu_seconds"] = 2.1;
  CHECK(timed_on_busy_machine(record));
}

TEST_CASE("own work is not counted as that of other processes", "[evaluation]") {
  const int cores = available_cores();
  std::atomic<bool> stop{false};
  const OtherLoad load;
  const double before = process_cpu_seconds(), start = wall_seconds();
  std::vector<std::thread> busy;
  for (int i = 0; i < cores; ++i)
    busy.emplace_back([&] {
      while (!stop) {
      }
    });
  double others = 0, own = 0, wall = 0, tolerance = 0;
  do {  // until own work would be seen if it were counted too, on a busy machine later
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    others = load.cpu_seconds(), own = process_cpu_seconds() - before, wall = wall_seconds() - start;
    tolerance = 0.1 * cores * wall + 0.05 * cores;
  } while (own < 1.5 * tolerance && wall < 20);
  stop = true;
  for (std::thread& thread : busy) thread.join();
  // All cores were busy. If own work were counted too, the sum would be too large by `own`.
  REQUIRE(own >= 1.5 * tolerance);
  CHECK(others + own <= cores * wall + tolerance);
}
