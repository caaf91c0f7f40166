// The program reproduces a finding of two models: search, tuned runs, resumption, table of findings.
#include <cstdlib>
#include <map>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"
#include "tests/project/how_to.h"

using namespace rnnbench::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

const std::string finding = R"(title = A small experiment
task = adding
cell = lstm, gru
length = 6
hidden = 3
batch = 4
updates = 20
evaluate = 20
seed = 1..10
[tuning]
trials = 2
seeds = 101
learning-rate = 0.001..0.1 log
[finding]
number = 1
claim = An LSTM adds better than a GRU.
source = Nobody 1999
measure = skill
compare = lstm > gru
margin = 0.1 (a tenth of the way to a perfect answer)
also = lstm > gru on loss
)";

// A working folder with a catalogue of its own.
class Shell {
 public:
  Shell() { fs::create_directories(folder_.path() / "experiments/catalogue"); }
  fs::path operator/(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name, const std::string& text) const {
    rnnbench::test::write(folder_.path() / name, text);
  }
  // Exit code; what was printed is in `out` and `err`.
  int run(const std::string& arguments) {
    const std::string command =
        "cd '" + folder_.path().string() + "' && '" RNNBENCH_PROGRAM "' " + arguments + " >.out 2>.err";
    const int code = WEXITSTATUS(std::system(command.c_str()));
    out = text_of(folder_.path() / ".out");
    err = text_of(folder_.path() / ".err");
    return code;
  }
  std::string out, err;

 private:
  TemporaryFolder folder_;
};

// Record -> when it was written.
std::map<std::string, fs::file_time_type> written(const fs::path& runs) {
  std::map<std::string, fs::file_time_type> times;
  for (const auto& entry : fs::directory_iterator(runs)) times[entry.path().filename()] = entry.last_write_time();
  return times;
}

}  // namespace

TEST_CASE("a finding is searched, run, decided and resumed", "[reproduce]") {
  Shell shell;
  shell.write("experiments/catalogue/small.ini", finding);

  REQUIRE(shell.run("reproduce --dry-run") == 0);
  // 20 untuned and 20 tuned runs, 2 models x (2 trials + the settings of the file) x 1 seed.
  CHECK_THAT(shell.out, Contains("small") && Contains("core-minutes on this machine"));
  CHECK_THAT(shell.out, Catch::Matchers::Matches("[^]*small +40 +6 +46 +[0-9.]+\n[^]*"));
  CHECK_FALSE(fs::exists(shell / "results"));

  REQUIRE(shell.run("reproduce small --jobs 2 --oversubscribe") == 0);
  INFO(shell.out << shell.err);
  CHECK_THAT(shell.out, Contains("An LSTM adds better than a GRU. (Nobody 1999)"));
  const ResultsFolder results_folder(shell / "results", "small");
  const auto records = contents(results_folder);
  CHECK(records.size() == 46);
  CHECK(fs::exists(shell / "results/small/runs.csv"));

  const auto times = written(shell / "results/small/runs");
  REQUIRE(shell.run("reproduce small") == 0);
  CHECK(written(shell / "results/small/runs") == times);
  REQUIRE(shell.run("reproduce small --dry-run") == 0);
  CHECK_THAT(shell.out, Catch::Matchers::Matches("[^]*small +40 +6 +0 +0.0\n[^]*"));

  // Whatever is missing is run again, to the same bytes: a trial, an untuned and a tuned run among them.
  int gone = 0;
  for (const auto& [id, text] : records)
    if (gone++ % 3 == 0) fs::remove(results_folder.record_path(id));
  REQUIRE(shell.run("findings --format json") == 0);
  CHECK(Json::parse(shell.out).at(0).at("verdict") == "not run");
  REQUIRE(shell.run("reproduce small") == 0);
  CHECK(contents(results_folder) == records);
}

TEST_CASE("the table of findings, and the other commands on a finding", "[reproduce]") {
  Shell shell;
  shell.write("experiments/catalogue/small.ini", finding);
  shell.write("experiments/catalogue/plain.ini", "task = adding\ncell = rnn\n");
  REQUIRE(shell.run("findings --format json") == 0);
  CHECK(Json::parse(shell.out).at(0).at("verdict") == "not run");
  REQUIRE(shell.run("reproduce") == 0);  // an experiment without [finding] is left out
  CHECK_FALSE(fs::exists(shell / "results/plain"));

  REQUIRE(shell.run("findings --format json") == 0);
  const Json entry = Json::parse(shell.out).at(0);
  CHECK(entry.at("name") == "small");
  CHECK(entry.at("claim") == "An LSTM adds better than a GRU.");
  CHECK(entry.at("n") == 10);
  CHECK(entry.at("recorded") == 20);
  CHECK(entry.at("effect").is_number());
  CHECK(entry.at("interval").size() == 2);
  CHECK(entry.at("p").is_number());
  const std::string verdict = entry.at("verdict");
  CHECK((verdict == "supported" || verdict == "contradicted" || verdict == "undecided"));
  CHECK(entry.at("untuned").is_object());
  CHECK(entry.at("also").size() == 1);
  CHECK(shell.run("findings small --format markdown") == 0);
  CHECK_THAT(shell.out,
             Contains("[An LSTM adds better than a GRU.](experiments/catalogue/small.ini) | **" + verdict + "** |"));

  // The commands of experiments see the declared runs, untuned.
  CHECK(shell.run("status small") == 0);
  CHECK_THAT(shell.out, Contains("20 runs in ") && !Contains("continue with"));
  CHECK(shell.run("table small") == 0);
  CHECK_THAT(shell.out, Contains("lstm") && Contains("gru"));
  CHECK(shell.run("report small") == 0);
  CHECK(fs::exists(shell / "results/small/report.html"));
  CHECK(shell.run("show small") == 0);
  CHECK_THAT(shell.out, Contains("An LSTM adds better than a GRU.") && Contains("lstm > gru") && Contains("20 runs"));
  CHECK(shell.run("list experiments") == 0);
  CHECK_THAT(shell.out, Contains("An LSTM adds better than a GRU. (20 runs)") && Contains("plain (1 runs)"));
}

TEST_CASE("the smoke profile runs all of a finding in little time, apart from its results", "[reproduce]") {
  Shell shell;
  shell.write("small.ini", finding);
  REQUIRE(shell.run("reproduce small.ini --profile smoke") == 0);
  CHECK_THAT(shell.out, Contains("too short to say anything"));
  CHECK(contents(ResultsFolder(shell / "results/smoke", "small")).size() == 4 + 2 * 2 + 4);
  CHECK_FALSE(fs::exists(shell / "results/small"));
  // It also proves that what is compared exists.
  shell.write("small.ini", std::string(finding).replace(finding.find("skill"), 5, "skull"));
  CHECK(shell.run("reproduce small.ini --profile smoke") == 2);
  CHECK_THAT(shell.err, Contains("small.ini: no run of 'lstm' on adding has a measure 'skull'"));
}

TEST_CASE("an interrupted reproduction says so, and goes on where it was", "[reproduce]") {
  const TemporaryFolder folder;
  std::string file = finding;
  file.replace(file.find("updates = 20"), 12, "updates = 3000");
  file.replace(file.find("number = 1"), 10, "number = 999");  // beside the findings of the catalogue
  const fs::path ini = folder.path() / "small.ini", err = folder.path() / "err";
  write(ini, file);
  const std::vector<std::string> command = {"reproduce", ini, "--jobs", "1", "--results", folder.path() / "results"};
  const ResultsFolder results_folder(folder.path() / "results", "small");
  const auto recorded = [&] {
    return fs::exists(results_folder.path() / "runs") ? results_folder.load_all().size() : 0;
  };

  const pid_t process = start_program(command, err);
  for (int tick = 0; tick < 6000 && recorded() < 1; ++tick) ::usleep(10'000);
  ::kill(process, SIGINT);
  CHECK(wait_for(process) == 130);
  const std::size_t before = recorded();
  CHECK(before >= 1);
  CHECK(before < 44);
  CHECK_THAT(text_of(err), Contains(" reproduce ") && Contains("small.ini"));
  CHECK(run_program(command, err) == 0);
  CHECK(recorded() == 46);
}

TEST_CASE("reproduce refuses what it cannot do", "[reproduce][errors]") {
  Shell shell;
  shell.write("experiments/catalogue/small.ini", finding);
  shell.write("plain.ini", "task = adding\ncell = rnn\n");
  CHECK(shell.run("reproduce smal") == 2);
  CHECK_THAT(shell.err, Contains("did you mean 'small'?"));
  CHECK(shell.run("reproduce plain.ini") == 2);
  CHECK(shell.err ==
        "rnnbench: command line: 'plain.ini' is an experiment without [finding]; start it with rnnbench run\n");
  CHECK(shell.run("reproduce small --profile ful") == 2);
  CHECK_THAT(shell.err, Contains("--profile = ful is not one of smoke, lab, full"));
  CHECK(shell.run("findings --profile smoke") == 2);
  shell.write("twin.ini", finding);
  CHECK(shell.run("reproduce twin.ini") == 2);
  CHECK_THAT(shell.err, Contains("are both finding number 1"));
  CHECK_FALSE(fs::exists(shell / "results"));
  // A folder that cannot hold results.
  shell.write("results", "a file");
  CHECK(shell.run("reproduce small") == 2);
}
