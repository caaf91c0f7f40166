// A finite training set: which sequences an update sees, and what is recorded of them.
#include <cmath>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "core/options.h"
#include "core/stream.h"
#include "experiments/running/runner.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

// The values and targets of one column: two of equal text are the same sequence.
std::string sequence(const Batch& batch, int b) {
  std::string text;
  for (int t = 0; t < batch.steps; ++t)
    text += std::to_string(batch.values[2 * batch.at(t, b)]) + " " +
            std::to_string(batch.values[2 * batch.at(t, b) + 1]) + "\n";
  return text;
}

std::vector<std::string> sequences(const Task& task, const StreamSource& source, int count) {
  Batch batch;
  task.sample(source, count, batch);
  std::vector<std::string> all;
  for (int b = 0; b < count; ++b) all.push_back(sequence(batch, b));
  return all;
}

Record trained(const std::string& cell, int training_set) {
  RunSpec spec = small_run(3);
  spec.model = default_settings(model_options(find_cell(cell)));
  spec.model.set("cell", cell);
  spec.model.set("hidden", "4");
  spec.training.set("training-set", std::to_string(training_set));
  spec.training.set("learning-rate", "1e-09");  // what is seen changes, the parameters do not
  spec.training.set("updates", "30");
  const TemporaryFolder folder;
  RunnerOptions options;
  options.progress = false;
  Experiment experiment{"set", "", "set", {spec}};
  REQUIRE(run_experiment(experiment, folder.path(), options) == 0);
  return *ResultsFolder(folder.path(), "set").load(spec.id());
}

std::vector<double> train_losses(const Record& record) {
  std::vector<double> losses;
  for (const Json& point : record.result.at("curve"))
    if (point.at("train_loss").is_number()) losses.push_back(point.at("train_loss"));
  return losses;
}

}  // namespace

TEST_CASE("every update draws its batch from the training set", "[training-set]") {
  const auto task = find_task("adding").make(small_run(1).task);
  const std::uint64_t seed = 5;
  constexpr std::uint32_t size = 7;
  // The set is what one draws without it at step 0.
  const std::vector<std::string> all = sequences(*task, {seed, Purpose::training, 0, 0}, size);
  const std::set<std::string> set(all.begin(), all.end());
  REQUIRE(set.size() == size);
  std::map<std::string, int> times;
  std::set<std::vector<std::string>> batches;
  for (std::uint32_t step = 1; step <= 50; ++step) {
    const StreamSource source{seed, Purpose::training, step, 0, size};
    const std::vector<std::string> batch = sequences(*task, source, 32);
    for (const std::string& one : batch) {
      REQUIRE(set.contains(one));
      ++times[one];
    }
    batches.insert(batch);
    // Sequence 3 of a batch is the same, whatever the batch's size.
    CHECK(sequences(*task, source, 4)[3] == batch[3]);
  }
  CHECK(batches.size() == 50);
  REQUIRE(times.size() == size);
  // 1,600 draws of each with probability 1/7: 229 of each, with a standard deviation of 14.
  for (const auto& [one, count] : times) CHECK(std::abs(count - 1600 / 7) < 5 * 14);
  // Another seed has another set; without a set, updates share nothing.
  CHECK_FALSE(set.contains(sequences(*task, {seed + 1, Purpose::training, 1, 0, size}, 1)[0]));
  CHECK_FALSE(set.contains(sequences(*task, {seed, Purpose::training, 1, 0}, 1)[0]));
}

TEST_CASE("a run trains on its set, and is scored on it", "[training-set]") {
  // Of a single sequence every update has the same loss, which is the set's.
  const Record one = trained("lstm", 1);
  const double loss = one.result.at("final").at("training").at("loss");
  const std::vector<double> losses = train_losses(one);
  REQUIRE(losses.size() == 3);  // means of ten updates
  for (const double seen : losses) CHECK(seen == Approx(loss).epsilon(1e-5));
  // The losses of new sequences differ, and such a run has no training score.
  const Record endless = trained("lstm", 0);
  CHECK_FALSE(endless.result.at("final").contains("training"));
  const std::vector<double> others = train_losses(endless);
  CHECK(std::set<double>(others.begin(), others.end()).size() == others.size());
}

TEST_CASE("every model of a seed has the same set", "[training-set]") {
  // Each one's loss is that of its initial parameters on the sequence that seed 3 draws first.
  const auto task = find_task("adding").make(small_run(1).task);
  Batch batch;
  task->sample({3, Purpose::training, 0, 0}, 1, batch);
  for (const char* cell : {"lstm", "gru", "rnn"}) {
    RunSpec spec = small_run(3);
    spec.model = default_settings(model_options(find_cell(cell)));
    spec.model.set("cell", cell);
    spec.model.set("hidden", "4");
    const auto network = make_network<float>(spec.model, task->signature());
    Parameters<float> parameters(network->layout());
    network->initialize(3, parameters);
    std::vector<float> outputs;
    network->predict(parameters, batch, false, *network->workspace(), outputs);
    CHECK(trained(cell, 1).result.at("final").at("training").at("loss").get<double>() ==
          Approx(loss_of(task->signature(), batch, outputs).mean()).epsilon(1e-5));
  }
}
