// What all tasks have in common: the contract, the table, the loss, the messages.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/options.h"
#include "tasks/catalogue.h"
#include "tests/namespaces.h"
#include "tests/tasks/task_contract.h"

using namespace rnnbench::test;

TEST_CASE("tasks: every task keeps the contract", "[tasks]") {
  for (const TaskEntry& entry : all_tasks()) {
    if (needs_file(entry)) continue;  // sequences_test.cpp
    for (const std::string& sentence : broken_promises(entry)) FAIL_CHECK(sentence);
  }
}

TEST_CASE("tasks: those with one target in every sequence say so", "[tasks]") {
  for (const TaskEntry& entry : all_tasks()) {
    if (needs_file(entry)) continue;
    INFO(entry.name);
    const auto task = entry.make(default_settings(entry.options));
    Batch batch;
    task->sample({.seed = 1, .purpose = Purpose::training}, 16, batch);
    bool one_target = true;
    for (int b = 0; b < batch.size; ++b) {
      int targets = 0;
      for (int t = 0; t < batch.steps; ++t) targets += batch.weight[batch.at(t, b)] > 0;
      one_target = one_target && targets == 1;
    }
    CHECK(task->signature().one_answer == one_target);
  }
}

namespace {

// The adding problem with one flaw, to see that the contract would notice.
enum class Flaw { none, baseline, memory, solved, stream, neighbor, weightless, step_count };
Flaw flaw = Flaw::none;

class FlawedAdding final : public Task {
 public:
  explicit FlawedAdding(const Settings& settings) : task_(find_task("adding").make(settings)) {}
  Signature signature() const override { return task_->signature(); }
  int steps() const override { return task_->steps() + (flaw == Flaw::step_count); }
  void sample(const StreamSource& source, int size, Batch& batch) const override {
    StreamSource other = source;
    if (flaw == Flaw::stream) other.seed = 0;
    task_->sample(other, size, batch);
    if (flaw == Flaw::neighbor) std::swap(batch.values.front(), batch.values.back());
    if (flaw == Flaw::weightless) batch.weight.back() = 0;
  }
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    task_->memoryless(batch, outputs);
    if (flaw == Flaw::memory) outputs.back() += batch.values.front() * 0.01f;
  }
  double baseline() const override { return task_->baseline() * (flaw == Flaw::baseline ? 1.1 : 1); }
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    return task_->evaluate(predict, source, count);
  }
  Measure measure() const override {
    Measure measure = task_->measure();
    if (flaw == Flaw::solved) measure.solved_at = 1;
    return measure;
  }

 private:
  std::unique_ptr<const Task> task_;
};

}  // namespace

TEST_CASE("tasks: the contract notices every flaw", "[tasks]") {
  TaskEntry entry = find_task("adding");
  entry.make = [](const Settings& settings) -> std::unique_ptr<const Task> {
    return std::make_unique<FlawedAdding>(settings);
  };
  flaw = Flaw::none;
  CHECK(broken_promises(entry).empty());
  for (const Flaw each :
       {Flaw::baseline, Flaw::memory, Flaw::solved, Flaw::stream, Flaw::neighbor, Flaw::weightless, Flaw::step_count}) {
    flaw = each;
    CAPTURE(static_cast<int>(each));
    CHECK_FALSE(broken_promises(entry).empty());
  }
  flaw = Flaw::none;
}

TEST_CASE("tasks: the table and the folder agree", "[tasks]") {
  std::set<std::string> files, names;
  for (const auto& file : std::filesystem::directory_iterator(std::string(RNNBENCH_SOURCE_DIR) + "/tasks")) {
    if (file.path().extension() == ".cpp") files.insert(file.path().stem().string());
  }
  for (const char* not_a_task : {"task", "helpers", "string_task", "catalogue"}) CHECK(files.erase(not_a_task) == 1);
  for (const TaskEntry& entry : all_tasks()) {
    std::string name = entry.name;
    std::replace(name.begin(), name.end(), '-', '_');
    CHECK(names.insert(name).second);
    CHECK(&find_task(entry.name) == &entry);
  }
  CHECK(names == files);
}

TEST_CASE("tasks: an unknown name is refused with the nearest known one", "[tasks]") {
  CHECK_THROWS_AS(find_task("coppy"), UserError);
  std::string listed;
  for (const TaskEntry& entry : all_tasks()) listed += (listed.empty() ? "" : ", ") + entry.name;
  CHECK_THROWS_WITH(find_task("coppy"), "task = coppy is not one of " + listed + "; did you mean 'copy'?");
}

TEST_CASE("tasks: an impossible number of time steps is refused in one sentence", "[tasks]") {
  const auto refusal = [](const std::string& task, const std::string& key, const std::string& value, int steps) {
    Settings settings = default_settings(find_task(task).options);
    settings.set(key, value);
    try {
      return std::to_string(find_task(task).length_of_steps(settings, steps));
    } catch (const UserError& error) {
      return std::string(error.what());
    }
  };
  CHECK(refusal("copy", "items", "10", 200) == "180");
  CHECK(refusal("copy", "items", "10", 5) ==
        "time-steps = 5 is not possible for copy with items = 10; the smallest is 21 and the nearest is 21");
  CHECK(refusal("adding", "variant", "hochreiter", 5) ==
        "time-steps = 5 is not possible for adding with variant = hochreiter; the smallest is 6 and the "
        "nearest is 6");
  CHECK(refusal("counting", "variant", "anbncn", 201) ==
        "time-steps = 201 is not possible for counting with variant = anbncn; the smallest is 4 and the "
        "nearest is 202");
  CHECK(refusal("counting", "variant", "anbn", 200) ==
        "time-steps = 200 is not possible for counting with variant = anbn; the smallest is 3 and the nearest "
        "is 199");
  CHECK(refusal("adding", "variant", "tcn", 1000001) ==
        "time-steps = 1000001 is not possible for adding with variant = tcn; the smallest is 2 and the "
        "nearest is 1000000");
}

TEST_CASE("tasks: the loss is the weighted mean of cross-entropies in nats", "[tasks]") {
  const Signature signature{2, true, 3, Loss::cross_entropy};
  Batch batch;
  batch.reset(signature, 2, 2);
  batch.classes = {0, 2, 1, 1};
  batch.weight = {1, 3, 0, 0.5f};
  const float nan = std::nanf("");
  const std::vector<float> outputs = {0, 0, 0, 1000, 1000, 1001, nan, nan, nan, 2, 2, -1000};
  const LossSum sum = loss_of(signature, batch, outputs);
  CHECK(sum.weight == 4.5);
  CHECK(sum.loss == Approx(std::log(3) + 3 * (std::log(2 + std::exp(1)) - 1) + 0.5 * std::log(2)).epsilon(1e-12));
  CHECK(sum.mean() == sum.loss / 4.5);
}

TEST_CASE("tasks: the loss is the weighted mean of squared errors", "[tasks]") {
  const Signature signature{1, false, 2, Loss::mean_squared};
  Batch batch;
  batch.reset(signature, 1, 2);
  batch.targets = {1, 2, 3, 4};
  batch.weight = {1, 2};
  CHECK(loss_of(signature, batch, {1, 4, 0, 3}).loss == 2 + 2 * 5);
  batch.weight = {0, 0};
  CHECK(loss_of(signature, batch, {1, 4, 0, 3}).mean() == 0);
}

TEST_CASE("tasks: the loss is the weighted mean of sums of binary cross-entropies in nats", "[tasks]") {
  const Signature signature{1, false, 2, Loss::bernoulli};
  Batch batch;
  batch.reset(signature, 1, 3);
  REQUIRE(batch.targets.size() == 6);
  REQUIRE(batch.classes.empty());
  batch.targets = {1, 0, 0, 1, 1, 1};
  batch.weight = {1, 2, 0};
  const float nan = std::nanf("");
  const auto nats = [](double p) { return -std::log(p); };
  const double yes = 1 / (1 + std::exp(-0.5)), other = 1 / (1 + std::exp(3.0));
  CHECK(loss_of(signature, batch, {0.5f, -3, -3, 0.5f, nan, nan}).loss ==
        Approx(nats(yes) + nats(1 - other) + 2 * (nats(1 - other) + nats(yes))).epsilon(1e-14));
  CHECK(loss_of(signature, batch, {1000, -1000, -1000, 1000, nan, nan}).loss == 0);
  CHECK(loss_of(signature, batch, {-1000, 0, 1000, 1000, nan, nan}).loss == Approx(1000 + std::log(2) + 2 * 1000));
}

TEST_CASE("tasks: a score that does not exist is an error of the program", "[tasks]") {
  CHECK(score({{"loss", 1}, {"mse", 2}}, "mse") == 2);
  CHECK_THROWS_AS(score({{"loss", 1}}, "mse"), std::out_of_range);
}
