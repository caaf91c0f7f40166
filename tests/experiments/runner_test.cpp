#include "experiments/running/runner.h"

#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/options.h"
#include "core/safetensors.h"
#include "core/stream.h"
#include "experiments/declaration/run_task.h"
#include "experiments/records/weights.h"
#include "experiments/running/interrupt_guard.h"
#include "experiments/training/probe.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

// Stops a run after so many updates of this process, and counts notes.
class StopAfter : public Observer {
 public:
  explicit StopAfter(int updates) : left_(updates) {}
  void progress(std::int64_t, std::int64_t, double) override { --left_; }
  bool stop() override { return left_ <= 0; }
  void note(const std::string&) override { ++notes; }
  int notes = 0;

 private:
  int left_;
};

constexpr int never = 1 << 30;

RunnerOptions quiet(int jobs = 1) {
  RunnerOptions options;
  options.jobs = jobs;
  options.progress = false;
  options.oversubscribe = true;  // whatever the number of cores
  return options;
}

Record trained(const RunSpec& spec, int threads = 1) {
  const TemporaryFolder folder;
  ResultsFolder results_folder(folder.path(), "small");
  results_folder.prepare();
  RunnerOptions options = quiet();
  options.threads = threads;
  StopAfter observer(never);
  const TrainOutcome outcome = train(spec, results_folder, options, observer);
  REQUIRE(outcome.finished);
  return outcome.record;
}

std::map<std::string, std::string> undisturbed(const Experiment& experiment, const RunnerOptions& options = quiet()) {
  const TemporaryFolder folder;
  REQUIRE(run_experiment(experiment, folder.path(), options) == 0);
  return contents(ResultsFolder(folder.path(), experiment.name));
}

void sleep_for_ms(double ms) { std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms)); }

}  // namespace

TEST_CASE("a record has all its keys, and its numbers agree with each other", "[runner]") {
  const RunSpec spec = small_run(3);
  const Record record = trained(spec);
  const Json& result = record.result;
  CHECK(record.spec == spec.json());
  CHECK(result["status"] == "finished");
  CHECK(result["updates"] == 60);
  CHECK(result["sequences"] == 60 * 8);
  CHECK(result["hidden"] == 4);
  CHECK(result["state_size"] == 2 * 4);
  CHECK(result["parameters"] == 4 * (4 * 4 + 4 * 2 + 4 + 4) + 4 + 1);
  std::vector<int> updates;
  for (const Json& point : result["curve"]) updates.push_back(point["update"]);
  CHECK(updates == std::vector<int>{0, 10, 20, 30, 40, 50, 60});
  CHECK(result["curve"][0]["train_loss"].is_null());
  CHECK(result["curve"][6]["train_loss"].is_number());
  CHECK(result["evaluated_on"] == "random");
  CHECK(result["curve"][6]["confirmed"] == false);
  CHECK(result["curve"][6]["loss"] != result["final"]["validation"]["loss"]);  // of other sequences
  CHECK(result["final"]["test"]["loss"] != result["final"]["validation"]["loss"]);
  REQUIRE(result["lengths"].size() == 3);
  CHECK(result["lengths"][0]["length"] == 10);
  CHECK(result["lengths"][0]["trained"] == true);
  CHECK(result["lengths"][0]["loss"] == result["final"]["test"]["loss"]);
  CHECK(result["lengths"][2]["length"] == 20);
  CHECK(result["lengths"][2]["trained"] == false);
  CHECK(result["hash"] == result_hash(result));
  const Json& measured = record.measured;
  CHECK(measured["train_cpu_seconds"] > 0);
  CHECK(measured["evaluate_cpu_seconds"] > 0);
  CHECK(measured["curve_cpu_seconds"].size() == result["curve"].size());
  CHECK(measured["array_bytes"] > 4 * 4 * 117);
  CHECK(measured["resumed"] == 0);
}

TEST_CASE("the same spec gives the same bytes, and another seed others", "[runner]") {
  const Record one = trained(small_run(1));
  CHECK(trained(small_run(1)).result.dump() == one.result.dump());
  CHECK(trained(small_run(1), 2).result.dump() == one.result.dump());
  CHECK(trained(small_run(2)).result["weights"] != one.result["weights"]);
}

TEST_CASE("weights in the file are those that the record names", "[runner]") {
  const TemporaryFolder folder;
  Experiment experiment = small_experiment(1, 20);
  REQUIRE(run_experiment(experiment, folder.path(), quiet()) == 0);
  const ResultsFolder results_folder(folder.path(), "small");
  for (const RunSpec& spec : experiment.runs) {
    const TensorFile file = read_safetensors(results_folder.weights_path(spec.id()));
    CHECK(file.metadata.at("id") == spec.id());
    CHECK(file.find("rnn.weight_ih_l0") != nullptr);
    CHECK(file.find("readout.weight") != nullptr);
  }
  RunnerOptions without = quiet();
  without.weights = false;
  const TemporaryFolder other;
  REQUIRE(run_experiment(experiment, other.path(), without) == 0);
  CHECK(file_names(other.path()).size() == experiment.runs.size());
}

TEST_CASE("weights of cells that PyTorch does not have cannot be loaded into its modules by mistake", "[runner]") {
  const auto prefixes = [](const SettingPairs& model) {
    const TemporaryFolder folder;
    const Experiment experiment = declared(
        with({{"task", "adding"}, {"length", "5"}, {"hidden", "4"}, {"updates", "1"}, {"evaluate", "8"}}, model));
    REQUIRE(run_experiment(experiment, folder.path(), quiet()) == 0);
    const ResultsFolder results(folder.path(), experiment.name);
    const std::string id = experiment.runs.at(0).id();
    const auto network = make_network<float>(experiment.runs[0].model, make_task(experiment.runs[0])->signature());
    Parameters<float> loaded(network->layout());
    load_weights(results.record_path(id), *results.load(id), loaded);  // the program knows its own names
    std::set<std::string> names;
    for (const Tensor& tensor : read_safetensors(results.weights_path(id)).tensors)
      names.insert(tensor.name.substr(0, tensor.name.find('.')));
    return names;
  };
  using Names = std::set<std::string>;
  for (const CellEntry& cell : all_cells()) CHECK(prefixes({{"cell", cell.name}}).contains("readout"));
  for (const char* cell : {"rnn", "irnn", "lstm", "gru"}) CHECK(prefixes({{"cell", cell}}) == Names{"rnn", "readout"});
  for (const char* cell : {"gru-v1", "gru-unreset", "gru-sca", "gru-output", "lstm-niaf", "lstm-noaf", "lstm-sca"})
    CHECK(prefixes({{"cell", cell}}) == Names{cell, "readout"});
  CHECK(prefixes({{"cell", "lstm"}, {"gate-activation", "hard-sigmoid"}}) == Names{"lstm", "readout"});
  CHECK(prefixes({{"cell", "gru"}, {"layers", "2"}, {"residual", "yes"}}) == Names{"gru", "readout"});
  CHECK(prefixes({{"cell", "lstm"}, {"layers", "2"}, {"attention", "additive"}}).contains("rnn"));
}

TEST_CASE("a run stops when solved, and says when", "[runner]") {
  RunSpec spec = small_run(1);
  spec.task.set("length", "2");  // nothing to remember: two numbers, both marked
  spec.task.set("test-length", "");
  spec.model.set("hidden", "16");
  spec.training.set("learning-rate", "0.01");
  spec.training.set("updates", "3000");
  spec.training.set("stop", "solved");
  const Record solved = trained(spec);
  const Json& result = solved.result;
  REQUIRE(result["status"] == "solved");
  CHECK(result["solved"] == true);
  CHECK(result["updates"] < 3000);
  const std::size_t points = result["curve"].size();
  CHECK(result["updates"] == result["curve"][points - 1]["update"]);
  CHECK(result["updates_to_solve"] == result["curve"][points - 2]["update"]);  // the first of two confirmed points
  for (const std::size_t point : {points - 1, points - 2}) CHECK(result["curve"][point]["mse"] < 0.01);
  CHECK(result["curve"][points - 3]["confirmed"] == false);
  const double seconds = solved.measured["curve_cpu_seconds"][points - 2];  // with six digits
  CHECK(solved.measured["cpu_seconds_to_solve"].get<double>() == Approx(seconds).epsilon(1e-5));

  spec.training.set("stop", "never");
  spec.training.set("updates", "1500");
  const Record longer = trained(spec);
  CHECK(longer.result["updates"] == 1500);
  CHECK(longer.result["updates_to_solve"] >= result["updates_to_solve"]);  // later if the row of points was broken
}

TEST_CASE("a run that diverges is a record, not a crash", "[runner]") {
  RunSpec spec = small_run(1);
  spec.model = default_settings(model_options(find_cell("rnn")));
  spec.model.set("cell", "rnn");
  spec.model.set("activation", "relu");
  spec.model.set("hidden", "16");
  spec.training.set("optimizer", "sgd");
  spec.training.set("learning-rate", "100");  // the output layer's bias alone: error times -199 at each update
  spec.training.set("clip-norm", "0");
  const Record record = trained(spec);
  REQUIRE(record.result["status"] == "diverged");
  CHECK(record.result["solved"] == false);
  CHECK(record.result["updates"] < 60);
  CHECK(record.result["reason"].get<std::string>().find("not a finite number") != std::string::npos);
  CHECK(record.result["final"]["test"].contains("loss"));
  CHECK(record.result.dump() == trained(spec).result.dump());
  const TemporaryFolder folder;
  CHECK(run_experiment({"wild", "", "wild", {spec}}, folder.path(), quiet()) == 0);
  CHECK(ResultsFolder(folder.path(), "wild").load(spec.id())->result.dump() == record.result.dump());
}

TEST_CASE("a network whose parameters are no longer numbers has no scores and no weights", "[runner]") {
  const Json result = records_of(declared({{"task", "adding"},
                                           {"length", "10"},
                                           {"cell", "rnn"},
                                           {"activation", "relu"},
                                           {"hidden", "4"},
                                           {"batch", "2"},
                                           {"updates", "60"},
                                           {"optimizer", "sgd"},
                                           {"learning-rate", "100"},
                                           {"clip-norm", "0"},
                                           {"evaluate", "20"},
                                           {"seed", "2"}}))
                          .at(0)
                          .result;
  REQUIRE(result.at("status") == "diverged");
  REQUIRE_THAT(result.at("reason").get<std::string>(), Catch::StartsWith("a parameter was not a finite number"));
  CHECK(result.at("final").at("test").size() == 3);
  for (const auto& [name, score] : result.at("final").at("test").items()) CHECK(score.is_null());
  CHECK(result.at("weights").is_null());
}

TEST_CASE("a probe is of the network before its first update and after its last", "[runner][probe]") {
  RunSpec spec = small_run(1);
  spec.training.set("probe", "gradients");
  const TemporaryFolder folder;
  REQUIRE(run_experiment({"probed", "", "probed", {spec}}, folder.path(), quiet()) == 0);
  const ResultsFolder results(folder.path(), "probed");
  const Record record = results.load(spec.id()).value();
  const auto task = make_task(spec);
  const auto network = make_network<float>(spec.model, task->signature());
  Parameters<float> untrained(network->layout()), trained(network->layout());
  network->initialize(spec.seed, untrained);
  load_weights(results.record_path(spec.id()), record, trained);
  CHECK(record.result.at("probe") == probe(spec, *task, *network, untrained, trained));
}

TEST_CASE("a run interrupted after every few updates gives the bytes of one that was not", "[runner]") {
  const std::string optimizer = GENERATE("adam", "rmsprop", "sgd");
  RunSpec spec = small_run(1);
  spec.training.set("optimizer", optimizer);
  const Record reference = trained(spec);
  for (const int interval : {1, 7, 10}) {
    const TemporaryFolder folder;
    ResultsFolder results_folder(folder.path(), "small");
    results_folder.prepare();
    TrainOutcome outcome;
    int processes = 0;
    for (; !outcome.finished && processes < 100; ++processes) {
      StopAfter observer(interval);
      outcome = train(spec, results_folder, quiet(), observer);
      CHECK(observer.notes == 0);
      if (!outcome.finished) CHECK(fs::exists(results_folder.checkpoint_path(spec.id())));
    }
    CHECK(processes == (60 + interval - 1) / interval);
    CHECK(outcome.record.result.dump() == reference.result.dump());
    CHECK(outcome.record.measured["resumed"] == processes - 1);
  }
}

TEST_CASE("no run continues from a damaged checkpoint or from that of another run", "[runner]") {
  const RunSpec spec = small_run(1);
  const std::string reference = trained(spec).result.dump();
  const TemporaryFolder folder;
  ResultsFolder results_folder(folder.path(), "small");
  results_folder.prepare();
  const fs::path path = results_folder.checkpoint_path(spec.id());
  const auto interrupt = [&](const RunSpec& run) {
    StopAfter observer(25);
    REQUIRE_FALSE(train(run, results_folder, quiet(), observer).finished);
    return read_file(results_folder.checkpoint_path(run.id()));
  };
  const std::string good = interrupt(spec), foreign = interrupt(small_run(2));
  std::vector<std::string> bad = {"", "x", foreign, good.substr(0, good.size() / 2), good + "x"};
  for (std::size_t i = 0; i < 20; ++i) {
    bad.push_back(good);
    char& byte = bad.back()[i * (good.size() - 1) / 19];
    byte = static_cast<char>(byte ^ 4);
  }
  const auto too_large = "a file of the largest size";
  bad.push_back(too_large);
  for (const std::string& bytes : bad) {
    overwrite(path, bytes);
    if (bytes == too_large) fs::resize_file(path, std::uint64_t{1} << 40);
    StopAfter observer(never);
    const TrainOutcome outcome = train(spec, results_folder, quiet(), observer);
    CHECK(outcome.record.result.dump() == reference);
    CHECK((observer.notes == 1 || outcome.record.measured["resumed"] == 1));  // a flipped bit in padding does no harm
    CHECK(observer.notes <= 1);
  }
}

TEST_CASE("records are the same bytes for any number of jobs and threads", "[runner]") {
  const Experiment experiment = small_experiment(3, 40);
  const auto reference = undisturbed(experiment);
  REQUIRE(reference.size() == 6);
  CHECK(undisturbed(experiment, quiet(2)) == reference);
  CHECK(undisturbed(experiment, quiet(6)) == reference);
  RunnerOptions threads = quiet(2);
  threads.threads = 3;
  CHECK(undisturbed(experiment, threads) == reference);
}

TEST_CASE("finished runs are kept, missing ones are made", "[runner]") {
  const TemporaryFolder folder;
  Experiment experiment = small_experiment(2, 20);
  REQUIRE(run_experiment(experiment, folder.path(), quiet()) == 0);
  const ResultsFolder results_folder(folder.path(), "small");
  const auto before = contents(results_folder);
  const auto kept = results_folder.record_path(experiment.runs[0].id());
  const auto written = fs::last_write_time(kept);
  fs::remove(results_folder.record_path(experiment.runs[1].id()));
  REQUIRE(run_experiment(experiment, folder.path(), quiet(2)) == 0);
  CHECK(fs::last_write_time(kept) == written);
  CHECK(contents(results_folder) == before);

  overwrite(kept, "{");
  CHECK_THROWS_AS(run_experiment(experiment, folder.path(), quiet()), UserError);
  CHECK(read_file(kept) == "{");
}

TEST_CASE("a run that fails stops the others only with --fail-fast", "[runner]") {
  Experiment experiment = small_experiment(2, 20);
  RunSpec& impossible = experiment.runs[0];
  impossible.model.set("hidden", "");
  impossible.model.set("budget", "1");
  const TemporaryFolder folder;
  CHECK(run_experiment(experiment, folder.path() / "a", quiet()) == 1);
  CHECK(ResultsFolder(folder.path() / "a", "small").load_all().size() == 3);
  RunnerOptions options = quiet();
  options.keep_going = false;
  CHECK(run_experiment(experiment, folder.path() / "b", options) == 1);
  CHECK(ResultsFolder(folder.path() / "b", "small").load_all().empty());
}

TEST_CASE("two processes can share a results folder", "[runner]") {
  const Experiment experiment = small_experiment(2, 60);
  const auto reference = undisturbed(experiment);
  const TemporaryFolder folder;
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) {
      ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
      int code = 3;
      try {
        code = run_experiment(experiment, folder.path(), quiet());
      } catch (...) {
      }
      ::_exit(code);
    }
  }
  for (const pid_t child : children) CHECK(wait_for(child) == 0);
  CHECK(contents(ResultsFolder(folder.path(), experiment.name)) == reference);
}

namespace {

std::vector<std::string> grid(const fs::path& results, const std::string& updates, std::vector<std::string> more) {
  std::vector<std::string> words = {
      "run", "--task",    "adding",        "--length",   "10", "--cell", "lstm,gru", "--hidden",
      "8",   "--updates", updates,         "--evaluate", "50", "--seed", "1..2",     "--batch",
      "20",  "--results", results.string()};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

TEST_CASE("rnnbench run writes the same records for any --jobs and --threads", "[runner][cli]") {
  const TemporaryFolder folder;
  const fs::path log = folder.path() / "log";
  std::map<std::string, std::string> reference;
  for (const auto& more : std::vector<std::vector<std::string>>{
           {"--jobs", "1"}, {"--jobs", "2", "--oversubscribe"}, {"--threads", "2", "--oversubscribe"}}) {
    const fs::path results = folder.path() / (more[0] + more[1]);
    REQUIRE(run_program(grid(results, "100", more), log) == 0);
    CHECK(read_file(log).starts_with("adding: 4 of 4 runs recorded"));  // and no progress: not a terminal
    const auto found = contents(ResultsFolder(results, "adding"));
    if (reference.empty()) reference = found;
    CHECK(found.size() == 4);
    CHECK(found == reference);
  }
}

TEST_CASE("an interruption between two experiments of a command is not lost", "[runner]") {
  const TemporaryFolder results;
  const Experiment experiment = small_experiment(1, 20);
  const InterruptGuard whole;
  ::raise(SIGTERM);  // a shell may have started the tests with SIGINT ignored
  CHECK(run_experiment(experiment, results.path(), quiet_runner()) == interrupted_code);
  CHECK(ResultsFolder(results.path(), experiment.name).load_all().empty());
}

TEST_CASE("rnnbench run saves when it is interrupted, says how to continue, and continues", "[runner][cli]") {
  const TemporaryFolder folder;
  const fs::path log = folder.path() / "log", results = folder.path() / "results";
  REQUIRE(run_program(grid(folder.path() / "reference", "3000", {}), log) == 0);
  const int signal = GENERATE(SIGINT, SIGTERM);
  const ResultsFolder results_folder(results, "adding");
  // On a busy machine the signal may come before the first update: then nothing is lost, and it is tried again.
  int checkpoints = 0;
  for (int wait = 20; checkpoints == 0 && wait < 2000; wait *= 2) {
    fs::remove_all(results);  // the program handles signals when the folder is there
    const pid_t process = start_program(grid(results, "3000", {"--jobs", "2", "--oversubscribe"}), log);
    for (int i = 0; i < 60000 && !fs::exists(results_folder.path() / "runs"); ++i) sleep_for_ms(1);
    sleep_for_ms(wait);
    ::kill(process, signal);
    REQUIRE(wait_for(process) == 130);
    const std::string said = read_file(log);
    CHECK(said.starts_with("interrupted: "));
    CHECK(said.find("to continue: ") != std::string::npos);
    for (const std::string& name : file_names(results)) checkpoints += name.ends_with(".checkpoint");
  }
  CHECK(checkpoints >= 1);

  REQUIRE(run_program(grid(results, "3000", {}), log) == 0);
  CHECK(contents(results_folder) == contents(ResultsFolder(folder.path() / "reference", "adding")));
  int resumed = 0;
  for (const Record& record : results_folder.load_all()) resumed += record.measured["resumed"].get<int>();
  CHECK(resumed == checkpoints);
}
