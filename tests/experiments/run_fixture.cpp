#include "tests/experiments/run_fixture.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/options.h"
#include "experiments/declaration/grid.h"
#include "experiments/declaration/training_options.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"
#include "tests/namespaces.h"

namespace rnnbench::test {
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "rnnbench-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void overwrite(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

RunSpec small_run(std::uint64_t seed) {
  RunSpec spec;
  spec.task = default_settings(find_task("adding").options);
  spec.task.set("task", "adding");
  spec.task.set("length", "10");
  spec.task.set("test-length", "15,20");
  spec.model = default_settings(model_options(find_cell("lstm")));
  spec.model.set("cell", "lstm");
  spec.model.set("hidden", "4");
  spec.training = default_settings(training_options());
  spec.training.set("updates", "60");
  spec.training.set("batch", "8");
  spec.training.set("evaluate", "20");
  spec.seed = seed;
  return spec;
}

Experiment small_experiment(int seeds, int updates) {
  Experiment experiment{"small", "", "small", {}};
  for (const char* cell : {"lstm", "gru"}) {
    for (int seed = 1; seed <= seeds; ++seed) {
      RunSpec spec = small_run(static_cast<std::uint64_t>(seed));
      spec.model = default_settings(model_options(find_cell(cell)));
      spec.model.set("cell", cell);
      spec.model.set("hidden", "4");
      spec.training.set("updates", std::to_string(updates));
      experiment.runs.push_back(std::move(spec));
    }
  }
  return experiment;
}

SettingPairs with(SettingPairs settings, const SettingPairs& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

Experiment declared(const SettingPairs& settings) {
  Declaration declaration;
  for (const auto& [key, value] : settings) declaration.overrides.push_back({key, value, "", 0});
  return expand(declaration);
}

std::string why_refused(const SettingPairs& settings) {
  try {
    declared(settings);
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

RunnerOptions quiet_runner() {
  RunnerOptions options;
  options.jobs = 1;
  options.progress = options.summary = false;
  options.oversubscribe = true;
  return options;
}

std::vector<Record> records_of(const Experiment& experiment) {
  const TemporaryFolder folder;
  REQUIRE(run_experiment(experiment, folder.path(), quiet_runner()) == 0);
  return ResultsFolder(folder.path(), experiment.name).load_all();
}

Record example_record(std::uint64_t seed) {
  const auto scores = [](double loss) { return Json{{"loss", loss}, {"mse", nullptr}}; };
  Record record;
  record.spec = small_run(seed).json();
  record.result = {{"status", "finished"},
                   {"measure",
                    {{"name", "mse"},
                     {"higher_is_better", false},
                     {"solved_at", 0.01},
                     {"definition", "mean squared error of the sum"}}},
                   {"baseline", 0.1667},
                   {"optimum", 0.0},
                   {"hidden", 4},
                   {"parameters", 117},
                   {"updates", 10},
                   {"sequences", 80},
                   {"solved", false},
                   {"updates_to_solve", nullptr},
                   {"curve",
                    {{{"update", 0}, {"train_loss", nullptr}, {"loss", 0.1666}},
                     {{"update", 10}, {"train_loss", 0.2}, {"loss", 1e-7}}}},
                   {"final", {{"validation", scores(0.2)}, {"test", scores(0.25)}}},
                   {"lengths", {{{"length", 10}, {"trained", true}, {"loss", 0.25}, {"mse", nullptr}}}},
                   {"probe",
                    {{"sequences", 32},
                     {"gates",
                      {{{"gate", "forget gate"},
                        {"untrained", {{"idle", {0.5, 0.5}}, {"relevant", {0.5, nullptr}}}},
                        {"trained", {{"idle", {0.9, 0.5}}, {"relevant", {0.5, 0.5}}}}}}},
                     {"sensitivity", {{"untrained", {1e-3, 1e-4}}, {"trained", {1e-3, nullptr}}}},
                     {"scalars", {{"forget gate idle", 0.7}, {"forget gate relevant", nullptr}}}}},
                   {"weights", "0123456789abcdef"}};
  record.result["hash"] = result_hash(record.result);
  record.measured = {{"host", "h"},
                     {"train_cpu_seconds", 1.5},
                     {"evaluate_cpu_seconds", 0.5},
                     {"curve_cpu_seconds", {0.0, 1.5}},
                     {"cpu_seconds_to_solve", nullptr}};
  return record;
}

std::map<std::string, std::string> contents(const ResultsFolder& results_folder) {
  std::map<std::string, std::string> contents;
  for (const Record& record : results_folder.load_all()) {
    const std::string id = record.id();
    contents[id] = record.spec.dump() + "\n" + record.result.dump() + "\n";
    if (fs::exists(results_folder.weights_path(id))) contents[id] += read_file(results_folder.weights_path(id));
  }
  return contents;
}

std::vector<std::string> file_names(const fs::path& folder) {
  std::vector<std::string> names;
  if (fs::exists(folder))
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (!entry.is_directory()) names.push_back(fs::relative(entry.path(), folder).string());
  std::sort(names.begin(), names.end());
  return names;
}

pid_t start_program(const std::vector<std::string>& arguments, const fs::path& standard_error) {
  std::string program = RNNBENCH_PROGRAM;
  std::vector<std::string> words = arguments;
  std::vector<char*> argv{program.data()};
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, standard_error.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0666);
  // A shell that started the tests in the background has them ignore SIGINT, and so would the program.
  sigset_t answered;
  ::sigemptyset(&answered);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&answered, number);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setsigdefault(&attributes, &answered);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t process = 0;
  const int failed = ::posix_spawn(&process, program.c_str(), &actions, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed) throw std::runtime_error("cannot start " + program);
  return process;
}

int wait_for(pid_t process) {
  int status = 0;
  if (::waitpid(process, &status, 0) != process) throw std::runtime_error("no such child");
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int run_program(const std::vector<std::string>& arguments, const fs::path& standard_error) {
  return wait_for(start_program(arguments, standard_error));
}

}  // namespace rnnbench::test
