// The trainer alone: checkpoints, measured times, and scores at other lengths.
#include "experiments/training/train.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
#include <thread>

#include <catch2/catch.hpp>

#include "analysis/statistics/statistics.h"
#include "core/error.h"
#include "core/optimizer.h"
#include "experiments/declaration/grid.h"
#include "experiments/declaration/run_task.h"
#include "experiments/training/checkpoint.h"
#include "models/network.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

// Notes after every update the loss and whether there is a checkpoint, and sleeps.
class Watcher : public Observer {
 public:
  Watcher(std::filesystem::path checkpoint, double sleep_ms) : checkpoint_(std::move(checkpoint)), sleep_(sleep_ms) {}
  void progress(std::int64_t update, std::int64_t, double loss) override {
    CHECK(update == static_cast<std::int64_t>(losses.size()) + 1);
    losses.push_back(loss);
    seen += std::filesystem::exists(checkpoint_);
    std::this_thread::sleep_for(sleep_);
  }
  int seen = 0;  // updates after which there was a checkpoint
  Values losses;

 private:
  std::filesystem::path checkpoint_;
  std::chrono::duration<double, std::milli> sleep_;
};

struct Trained {
  Record record;
  int checkpoints_seen = 0;
  Values losses;
};

Trained watched(const RunSpec& spec, double checkpoint_seconds, double sleep_ms = 0) {
  const TemporaryFolder folder;
  ResultsFolder results_folder(folder.path(), "small");
  results_folder.prepare();
  Watcher watcher(results_folder.checkpoint_path(spec.id()), sleep_ms);
  TrainOptions options;
  options.checkpoint_seconds = checkpoint_seconds;
  const TrainOutcome outcome = train(spec, results_folder, options, watcher);
  REQUIRE(outcome.finished);
  volatile float smallest_normal = 1.17549435e-38f;
  CHECK(smallest_normal / 2 > 0);  // denormal numbers of the caller are not flushed to zero
  return {outcome.record, watcher.seen, watcher.losses};
}

Record untrained_parity(const std::vector<std::pair<std::string, std::string>>& settings) {
  Declaration declaration;
  // A learning rate so small that the parameters stay as they were drawn.
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{{"task", "parity"},
                                                                                   {"cell", "lstm"},
                                                                                   {"hidden", "4"},
                                                                                   {"updates", "1"},
                                                                                   {"learning-rate", "1e-9"},
                                                                                   {"evaluate", "16"}})
    declaration.overrides.push_back({key, value, "", 0});
  for (const auto& [key, value] : settings) declaration.overrides.push_back({key, value, "", 0});
  return watched(expand(declaration).runs.at(0), 1e9).record;
}

}  // namespace

TEST_CASE("a checkpoint is saved when its time has come, and not before", "[train]") {
  CHECK(watched(small_run(1), 1e9).checkpoints_seen == 0);
  CHECK(watched(small_run(1), 0).checkpoints_seen == 60);
}

TEST_CASE("a run is trained on as many threads as asked for", "[train]") {
  class Counter : public Observer {
   public:
    void progress(std::int64_t, std::int64_t, double) override {
      std::ifstream status("/proc/self/status");
      // The fewest, because a thread that has ended is counted for a moment.
      for (std::string line; std::getline(status, line);)
        if (line.starts_with("Threads:")) fewest = std::min(fewest, std::stoi(line.substr(8)));
    }
    int fewest = 1000;
  };
  const TemporaryFolder folder;
  ResultsFolder results_folder(folder.path(), "small");
  results_folder.prepare();
  const auto counted_with = [&](int threads) {
    TrainOptions options;
    options.threads = threads;
    Counter counter;
    REQUIRE(train(small_run(1), results_folder, options, counter).finished);
    return counter.fewest;
  };
  std::thread([] {}).join();  // with the first thread, the thread sanitizer starts one of its own
  CHECK(counted_with(3) == counted_with(1) + 2);
}

TEST_CASE("speeds are those of training, in sequences per CPU second and wall milliseconds per update", "[train]") {
  const double slept_ms = 2;
  const Record record = watched(small_run(1), 1e9, slept_ms).record;
  const Json& measured = record.measured;
  const double cpu = measured.at("train_cpu_seconds"), wall = measured.at("train_wall_seconds");
  CHECK(measured.at("sequences_per_second") == 60 * 8 / cpu);
  CHECK(measured.at("ms_per_update") == 1e3 * wall / 60);
  // Sleeping takes wall time of training and no CPU time.
  CHECK(measured.at("ms_per_update") >= slept_ms);
  CHECK(wall >= cpu + 60 * slept_ms / 1e3 * 0.9);
}

TEST_CASE("the training loss of a point is the mean over the updates since the point before", "[train]") {
  const Trained run = watched(small_run(1), 1e9);
  const Json& curve = run.record.result.at("curve");
  REQUIRE(run.losses.size() == 60);
  for (std::size_t point = 1; point < curve.size(); ++point) {
    const int from = curve[point - 1].at("update"), to = curve[point].at("update");
    CHECK(curve[point].at("train_loss").get<double>() ==
          Approx(mean(Values(run.losses.begin() + from, run.losses.begin() + to))));
  }
}

TEST_CASE("at a test length all sequences have this length", "[train]") {
  const Json lengths = untrained_parity({{"length", "10"}, {"test-length", "30"}}).result.at("lengths");
  const Json alone = untrained_parity({{"length", "30"}, {"shortest", "30"}}).result.at("final").at("test");
  const Json range = untrained_parity({{"length", "30"}, {"shortest", "1"}}).result.at("final").at("test");
  REQUIRE(lengths.size() == 2);
  CHECK(lengths[1].at("length") == 30);
  CHECK(lengths[1].at("loss").get<double>() == Approx(alone.at("loss").get<double>()).epsilon(1e-6));
  CHECK(lengths[1].at("loss").get<double>() != Approx(range.at("loss").get<double>()).epsilon(1e-4));
}

TEST_CASE("a state that no run can have is not continued", "[train]") {
  const RunSpec spec = small_run(1);
  const Layout layout = make_network<float>(spec.model, make_task(spec)->signature())->layout();
  const auto optimizer = make_optimizer(spec.training, layout);
  TrainingState state;
  state.update = 20;
  state.next_evaluation = 30;
  state.curve = Json::array({{{"update", 20}, {"train_loss", nullptr}, {"loss", 0.5}, {"confirmed", false}}});
  state.curve_cpu_seconds = Json::array({0.1});
  const Json good = Json::parse(state_text(state, *optimizer));
  REQUIRE(read_state(good.dump(), 40, *optimizer).update == 20);
  const auto refused = [&](const char* key, const Json& value) {
    Json bad = good;
    bad[key] = value;
    CHECK_THROWS_AS(read_state(bad.dump(), 40, *optimizer), UserError);
  };
  for (const auto& [key, value] : good.items()) refused(key.c_str(), "x");
  for (const char* key : {"update", "next_evaluation", "loss_count", "resumed"})
    for (const Json& value : {Json(-1), Json(20.5), Json(1e300), Json(18'446'744'073'709'551'615u)})
      refused(key, value);  // a conversion to a whole number would not be defined, or would cut them off
  for (const char* key : {"update", "next_evaluation"}) refused(key, 1'000'000'000);
  for (const char* key : {"curve", "curve_cpu_seconds"}) {
    refused(key, Json::object());
    refused(key, Json::array());
    refused(key, Json::array({Json::object()}));
  }
  refused("curve", Json::array({1}));
  for (const Json& place : {Json(4'294'967'296), Json(-1), Json(0.5)}) refused("streams", {{place, 0}});
  Json largest = good;
  largest["streams"] = Json::array({Json::array({4'294'967'295, 0})});
  CHECK(read_state(largest.dump(), 40, *optimizer).streams.at(0).sequences == 4'294'967'295);
  // Counts go on from here, and the record of the run states them.
  constexpr std::int64_t largest_count = std::numeric_limits<std::int64_t>::max();
  refused("resumed", std::numeric_limits<int>::max());
  refused("loss_count", largest_count);
  const auto refused_in = [&](const char* part, const char* key, const Json& value) {
    Json changed = good.at(part);
    changed[key] = value;
    refused(part, changed);
  };
  refused_in("solving", "confirmed", largest_count);
  refused_in("solving", "confirmed", 2);  // without the update of the first one
  refused_in("solving", "update", 10);    // without confirmed points
  refused_in("best", "update", 21);
  refused_in("best", "waited", largest_count);
  refused_in("plateau", "waited", largest_count);
  refused("times", {1e308, 0, 0, 0, 0});
  Json point = good.at("curve").at(0);
  point["a\nb"] = 0.5;
  refused("curve", Json::array({point}));
  std::string deep = good.dump();
  deep.replace(deep.find("[{"), 1, std::string(100'000, '['));
  CHECK_THROWS_AS(read_state(deep, 40, *optimizer), UserError);
}
