// Tiny runs from the data to the record. Their results have to stay the same to the last bit; otherwise records of
// different builds could not be compared.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "core/options.h"
#include "experiments/declaration/training_options.h"
#include "experiments/running/runner.h"
#include "tasks/catalogue.h"
#include "tests/experiments/run_fixture.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

const std::filesystem::path golden_file =
    std::filesystem::path(RNNBENCH_SOURCE_DIR) / "tests/experiments/golden/results.json";
const char* const advice =
    "If the numbers are meant to change: raise numerics_version in experiments/records/record.h, then regenerate "
    "with\n"
    "  RNNBENCH_REGENERATE=1 build/release/rnnbench_tests '[golden]'";

RunSpec golden_run(const Values& values) {
  RunSpec spec;
  spec.task = default_settings(find_task(values.at("task")).options);
  spec.model = default_settings(model_options(find_cell(values.at("cell"))));
  spec.training = default_settings(training_options());
  spec.task.set("task", values.at("task"));
  spec.model.set("cell", values.at("cell"));
  Values all{{"hidden", "8"}, {"updates", "50"}, {"batch", "19"}, {"evaluate", "20"}, {"learning-rate", "0.01"}};
  for (const auto& [name, value] : values) all[name] = value;
  for (const auto& [name, value] : all) {
    if (name == "task" || name == "cell") continue;
    Settings* owner = nullptr;
    for (Settings* part : {&spec.task, &spec.model, &spec.training})
      if (part->values().count(name)) owner = part;
    INFO("option " << name);
    REQUIRE(owner != nullptr);
    owner->set(name, value);
  }
  return spec;
}

const std::map<std::string, Values> golden_runs{
    {"copy rnn", {{"task", "copy"}, {"cell", "rnn"}, {"length", "5"}, {"items", "3"}}},
    {"copy rnn relu identity rmsprop",
     {{"task", "copy"},
      {"cell", "rnn"},
      {"activation", "relu"},
      {"init", "identity"},
      {"optimizer", "rmsprop"},
      {"length", "5"},
      {"items", "3"},
      {"variant", "tcn"}}},
    {"copy lstm chrono cosine",
     {{"task", "copy"},
      {"cell", "lstm"},
      {"init", "chrono"},
      {"chrono-steps", "100"},
      {"schedule", "cosine"},
      {"warmup-updates", "10"},
      {"length", "5"},
      {"items", "3"}}},
    {"copy gru orthogonal additive",
     {{"task", "copy"},
      {"cell", "gru"},
      {"init", "orthogonal"},
      {"attention", "additive"},
      {"length", "5"},
      {"items", "3"}}},
    {"adding lstm two layers learned start",
     {{"task", "adding"},
      {"cell", "lstm"},
      {"layers", "2"},
      {"initial-state", "learned"},
      {"forget-bias", "1"},
      {"length", "20"},
      {"test-length", "30"}}},
    {"adding gru sgd clip-value",
     {{"task", "adding"},
      {"cell", "gru"},
      {"optimizer", "sgd"},
      {"clip-value", "0.01"},
      {"clip-norm", "0"},
      {"length", "20"},
      {"variant", "tcn"}}},
    {"adding gru-v1 dot",
     {{"task", "adding"}, {"cell", "gru-v1"}, {"attention", "dot"}, {"update-bias", "1"}, {"length", "20"}}},
    {"adding rnn diverges",
     {{"task", "adding"},
      {"cell", "rnn"},
      {"activation", "relu"},
      {"optimizer", "sgd"},
      {"clip-norm", "0"},
      {"learning-rate", "100"},
      {"length", "20"},
      {"variant", "hochreiter"}}},
    {"counting lstm budget", {{"task", "counting"}, {"cell", "lstm"}, {"budget", "300"}, {"length", "6"}}},
    {"counting gru-v1 three letters",
     {{"task", "counting"}, {"cell", "gru-v1"}, {"variant", "anbncn"}, {"length", "5"}, {"hidden", "18"}}},
    {"counting gru warm-up stop",
     {{"task", "counting"}, {"cell", "gru"}, {"schedule", "warmup"}, {"stop", "solved"}, {"length", "6"}}},
};

Json compute() {
  Json results = Json::object();
  for (const auto& [name, values] : golden_runs) {
    TemporaryFolder folder;
    ResultsFolder results_folder(folder.path(), "golden");
    results_folder.prepare();
    Observer observer;
    RunnerOptions options;
    options.progress = false;
    const TrainOutcome outcome = train(golden_run(values), results_folder, options, observer);
    REQUIRE(outcome.finished);
    Json numbers = outcome.record.result;
    numbers.erase("measure");  // sentences may be reworded
    numbers.erase("reason");
    results[name] = {{"hash", result_hash(numbers)}, {"status", numbers.at("status")}};
  }
  return results;
}

// Writes the file again and keeps the results of the same numerics_version.
void regenerate(const Json& known, const Json& computed) {
  if (known.value("numerics_version", 0) == numerics_version)
    for (const auto& [name, result] : known.at("results").items()) {
      INFO(name << "\n" << advice);
      REQUIRE((!computed.contains(name) || computed.at(name) == result));
    }
  std::ofstream(golden_file) << Json{{"numerics_version", numerics_version}, {"results", computed}}.dump(2) << '\n';
  WARN("wrote " << golden_file.string());
}

}  // namespace

TEST_CASE("golden runs give the results they always gave", "[models][bits][golden]") {
  const Json computed = compute();
  Json known = Json::object();
  if (std::ifstream in(golden_file); in) known = Json::parse(in);
  if (std::getenv("RNNBENCH_REGENERATE") != nullptr) {
    regenerate(known, computed);
    return;
  }
  INFO(advice);
  REQUIRE(known.value("numerics_version", 0) == numerics_version);
  REQUIRE(known.at("results").size() == computed.size());
  for (const auto& [name, result] : computed.items()) {
    CAPTURE(name);
    CHECK(known.at("results").value(name, Json()) == result);
  }
  CHECK(computed.at("adding rnn diverges").at("status") == "diverged");
}
