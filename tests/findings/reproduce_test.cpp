// The program reproduces a study of two models: searches, tuned runs, resumption, table of findings.
#include <cstdlib>
#include <map>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "experiments/search/search.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"
#include "tests/project/how_to.h"

using namespace rnnbench::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

const std::string study = R"(title = A small experiment
task = adding
cell = lstm, gru
length = 6
hidden = 3
batch = 4
updates = 20
evaluate = 20
seed = 1..20
[search]
learning-rate = 0.001..0.1 log
rungs = 4 x 1 at 1/2, 2 x 1 at 1
[claim]
number = 1
claim = An LSTM adds better than a GRU.
source = Nobody 1999
measure = relative_loss
compare = lstm < gru
margin = 0.1 (a tenth of the loss without memory)
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

TEST_CASE("a study is frozen, searched, run, decided and resumed", "[reproduce]") {
  Shell shell;
  shell.write("experiments/catalogue/small.ini", study);

  REQUIRE(shell.run("reproduce --dry-run") == 0);
  // Two searches x 2 models x (4 + 2) trials, and 2 models x 20 seeds.
  CHECK_THAT(shell.out, Contains("small") && Contains("core-minutes on this machine"));
  CHECK_THAT(shell.out, Catch::Matches("[^]*small +24 +40 +64 +[0-9.]+\n[^]*"));
  CHECK_FALSE(fs::exists(shell / "results"));
  REQUIRE(shell.run("reproduce --freeze") == 0);
  CHECK(shell.out == "results/small/protocol.json\n");
  const std::string protocol = text_of(shell / "results/small/protocol.json");

  REQUIRE(shell.run("reproduce small --jobs 2 --oversubscribe") == 0);
  INFO(shell.out << shell.err);
  CHECK_THAT(shell.out, Contains("An LSTM adds better than a GRU. (Nobody 1999)"));
  CHECK(text_of(shell / "results/small/protocol.json") == protocol);
  const ResultsFolder results_folder(shell / "results", "small");
  const auto records = contents(results_folder);
  CHECK(records.size() == 40);
  CHECK(fs::exists(shell / "results/small/runs.csv"));
  for (const char search : searches) CHECK(TrialFile(TrialFile::path_in(shell / "results/small", search)).size() == 12);

  const auto times = written(shell / "results/small/runs");
  REQUIRE(shell.run("reproduce small") == 0);
  CHECK(written(shell / "results/small/runs") == times);
  REQUIRE(shell.run("reproduce small --dry-run") == 0);
  CHECK_THAT(shell.out, Catch::Matches("[^]*small +24 +40 +0 +0.0\n[^]*"));

  // Whatever is missing is run again, to the same bytes: runs, and the second half of a search.
  int gone = 0;
  for (const auto& [id, text] : records)
    if (gone++ % 3 == 0) fs::remove(results_folder.record_path(id));
  const std::string trials = text_of(shell / "results/small/search-B.jsonl");
  write(shell / "results/small/search-B.jsonl", trials.substr(0, trials.size() / 2));
  const auto kept = TrialFile(shell / "results/small/search-B.jsonl").size();
  REQUIRE((kept > 0 && kept < 12));
  REQUIRE(shell.run("reproduce small --dry-run") == 0);  // the chosen settings, and so the runs, may change
  CHECK_THAT(shell.out, Catch::Matches("[^]*small +24 +40 +" + std::to_string(40 + 12 - kept) + " +[0-9.]+\n[^]*"));
  REQUIRE(shell.run("findings --format json") == 0);
  CHECK(Json::parse(shell.out).at(0).at("verdict") == "not run");
  REQUIRE(shell.run("status small") == 0);
  CHECK_THAT(shell.out, Contains("continue with: rnnbench reproduce small"));
  CHECK(shell.run("table small") == 2);
  CHECK_THAT(shell.err, Contains("the search of small is not finished"));
  REQUIRE(shell.run("reproduce small --jobs 1") == 0);
  CHECK(contents(results_folder) == records);
  CHECK(TrialFile(shell / "results/small/search-B.jsonl").size() == 12);

  // What was frozen cannot be changed any more.
  shell.write("experiments/catalogue/small.ini", std::string(study).replace(study.find("= 0.1 (a"), 8, "= 0.2 (a"));
  CHECK(shell.run("reproduce small") == 2);
  CHECK_THAT(shell.err, Contains("margin of claim 1 was 0.1 and is 0.2"));
  REQUIRE(shell.run("findings --format json") == 0);
  CHECK(Json::parse(shell.out).at(0).at("verdict") == "not run");
  CHECK_THAT(Json::parse(shell.out).at(0).at("reason").get<std::string>(), Contains("is not as it was frozen"));
}

TEST_CASE("the table of findings, and the other commands on a finding", "[reproduce]") {
  Shell shell;
  shell.write("experiments/catalogue/small.ini", study);
  shell.write("experiments/catalogue/plain.ini", "task = adding\ncell = rnn\n");
  REQUIRE(shell.run("findings --format json") == 0);
  CHECK(Json::parse(shell.out).at(0).at("verdict") == "not run");
  REQUIRE(shell.run("reproduce") == 0);  // an experiment without [claim] is left out
  CHECK_FALSE(fs::exists(shell / "results/plain"));

  REQUIRE(shell.run("findings --format json") == 0);
  const Json entry = Json::parse(shell.out).at(0);
  CHECK(entry.at("name") == "small");
  CHECK(entry.at("claim") == "An LSTM adds better than a GRU.");
  CHECK(entry.at("n") == 20);
  CHECK(entry.at("recorded") == 40);
  const Json& part = entry.at("primary").at("parts").at(0);
  CHECK(part.at("A").at("mean").is_number());
  CHECK(part.at("B").at("seeds").size() == 10);
  CHECK(part.at("interval").size() == 2);
  CHECK(part.at("p_holm").is_number());
  const std::string verdict = entry.at("verdict");
  CHECK(verdict != "not run");
  CHECK(entry.at("chosen").size() == 4);  // two models, two searches
  CHECK(entry.at("chosen").at(0).at("settings").contains("learning-rate"));
  CHECK(entry.at("also").size() == 1);
  CHECK(shell.run("findings small --format markdown") == 0);
  CHECK_THAT(shell.out,
             Contains("[An LSTM adds better than a GRU.](experiments/catalogue/small.ini) | **" + verdict + "** |"));

  // The commands of experiments see the tuned runs, unless others are asked for.
  CHECK(shell.run("status small") == 0);
  CHECK_THAT(shell.out, Contains("40 runs in ") && !Contains("continue with"));
  CHECK(shell.run("status small --runs untuned") == 0);
  CHECK_THAT(shell.out, Contains("40 missing") && Contains("continue with: ") && Contains(" run small"));
  CHECK(shell.run("status small --runs trials") == 0);
  CHECK_THAT(shell.out, Contains("A       12        12"));
  CHECK(shell.run("table small --format json") == 0);
  const Json tuned = Json::parse(shell.out);
  CHECK(shell.run("table small --runs untuned") == 2);
  CHECK_THAT(shell.err, Contains("no run of experiment 'small' has a record"));
  CHECK(shell.run("run small --jobs 2 --oversubscribe --no-weights") == 0);
  CHECK(shell.run("table small --runs untuned --format json") == 0);
  CHECK(Json::parse(shell.out) != tuned);
  CHECK(shell.run("table small --runs trials --format json") == 0);
  CHECK(Json::parse(shell.out).size() == 24);
  const Json trial = Json::parse(shell.out).at(0);
  CHECK(trial.at("search") == "A");
  CHECK(trial.at("updates") == 10);
  // As it was recorded, and not as it is shown.
  REQUIRE(trial.at("validation").is_number());
  const std::string score = trial.at("validation").dump();
  CHECK_THAT(text_of(shell / "results/small/search-A.jsonl"), Contains(score));
  CHECK(shell.run("table small --runs trials --format csv") == 0);
  CHECK_THAT(shell.out, Contains("," + score + ","));
  CHECK(shell.run("compare small --cell lstm,gru") == 0);
  CHECK(shell.run("compare small --cell lstm,gru --runs trials") == 2);
  CHECK_THAT(shell.err, Contains("trials have validation scores only"));
  CHECK(shell.run("table plain --runs tuned") == 2);
  CHECK_THAT(shell.err, Contains("--runs = tuned is for a study with a section [search]"));
  CHECK(shell.run("plot small --runs trials") == 0);
  CHECK(fs::exists(shell / "results/small/figures/search.svg"));
  CHECK(shell.run("report small") == 0);
  CHECK(fs::exists(shell / "results/small/report.html"));
  CHECK(shell.run("show small") == 0);
  CHECK_THAT(shell.out, Contains("An LSTM adds better than a GRU.") && Contains("lstm < gru") && Contains("40 runs") &&
                            Contains("two searches, each: 4 points x 1 seed at 1/2"));
  CHECK(shell.run("show small --runs tuned") == 0);
  CHECK_THAT(shell.out, Contains("chosen settings"));
  CHECK(shell.run("verify --sample 4 small") == 0);
  CHECK_THAT(shell.out, Contains("4 of 4 runs identical"));
  CHECK(shell.run("list experiments") == 0);
  CHECK_THAT(shell.out, Contains("An LSTM adds better than a GRU. (40 runs)") && Contains("plain (1 runs)"));
}

TEST_CASE("the smoke profile runs all of a finding in little time, apart from its results", "[reproduce]") {
  Shell shell;
  shell.write("small.ini", study);
  REQUIRE(shell.run("reproduce small.ini --profile smoke") == 0);
  CHECK_THAT(shell.out, Contains("too short to say anything"));
  CHECK(contents(ResultsFolder(shell / "results/smoke", "small")).size() == 4);
  CHECK_FALSE(fs::exists(shell / "results/small"));
  // It also proves that what is compared exists.
  shell.write("small.ini", std::string(study).replace(study.find("relative_loss"), 13, "relative_lost"));
  CHECK(shell.run("reproduce small.ini --profile smoke") == 2);
  CHECK_THAT(shell.err, Contains("small.ini: no run of 'lstm' on adding has a measure 'relative_lost'"));
}

TEST_CASE("an interrupted reproduction says so, and goes on where it was", "[reproduce]") {
  const TemporaryFolder folder;
  std::string file = study;
  file.replace(file.find("updates = 20"), 12, "updates = 3000");
  const fs::path ini = folder.path() / "small.ini", err = folder.path() / "err";
  write(ini, file);
  const std::vector<std::string> command = {"reproduce", ini, "--jobs", "1", "--results", folder.path() / "results"};
  const ResultsFolder results_folder(folder.path() / "results", "small");
  const auto recorded = [&] {
    return fs::exists(results_folder.path() / "runs") ? results_folder.load_all().size() : 0;
  };

  const pid_t process = start_program(command, err);
  for (int tick = 0; tick < 60000 && recorded() < 1; ++tick) ::usleep(10'000);  // minutes with sanitizers
  ::kill(process, SIGINT);
  CHECK(wait_for(process) == 130);
  const std::size_t before = recorded();
  CHECK(before >= 1);
  CHECK(before < 40);
  CHECK_THAT(text_of(err), Contains(" reproduce ") && Contains("small.ini"));
  CHECK(run_program(command, err) == 0);
  CHECK(recorded() == 40);
}

TEST_CASE("an interruption before the protocol is frozen says so, and freezes nothing", "[reproduce]") {
  const TemporaryFolder folder;
  const fs::path ini = folder.path() / "small.ini", err = folder.path() / "err", temporary = folder.path() / "tmp";
  // The smoke profile takes seconds, so that the signal comes while it runs.
  write(ini, std::string(study).replace(study.find("length = 6"), 10, "length = 2000"));
  fs::create_directory(temporary);
  const std::vector<std::string> command = {"reproduce", ini, "--results", folder.path() / "results"};
  const char* const before = std::getenv("TMPDIR");
  const std::string saved = before ? before : "/tmp";
  ::setenv("TMPDIR", temporary.c_str(), 1);
  const pid_t process = start_program(command, err);
  ::setenv("TMPDIR", saved.c_str(), 1);
  for (int tick = 0; tick < 60'000 && fs::is_empty(temporary); ++tick) ::usleep(1'000);
  ::kill(process, SIGINT);
  CHECK(wait_for(process) == 130);
  const std::string said = text_of(err);
  CHECK_THAT(said, Contains("interrupted: ") && Contains("its protocol is not frozen yet; to continue: ") &&
                       Contains(" reproduce ") && Contains("small.ini"));
  CHECK_FALSE(fs::exists(folder.path() / "results"));
  CHECK(fs::is_empty(temporary));
}

TEST_CASE("what could not be compared is not frozen", "[reproduce][errors]") {
  Shell shell;
  shell.write("small.ini", std::string(study).replace(study.find("relative_loss"), 13, "relative_lost"));
  for (const std::string command : {"reproduce small.ini --freeze", "reproduce small.ini"}) {
    CHECK(shell.run(command) == 2);
    CHECK_THAT(shell.err, Contains("small.ini: no run of 'lstm' on adding has a measure 'relative_lost'"));
  }
  CHECK_FALSE(fs::exists(shell / "results"));
}

TEST_CASE("a claim is named by its study, and a family changes its p-value", "[reproduce]") {
  Shell shell;
  for (const std::string number : {"1", "2", "3"})
    shell.write("s" + number + ".ini", std::string(study).replace(study.find("number = 1"), 10, "number = " + number));
  REQUIRE(shell.run("reproduce s1.ini --jobs 2 --oversubscribe") == 0);
  const auto p_of = [&](const std::string& arguments) {
    REQUIRE(shell.run("findings " + arguments + " --format json") == 0);
    const Json findings = Json::parse(shell.out);
    REQUIRE(findings.size() == 1);
    return findings[0].at("primary").at("parts")[0].at("p_holm").get<double>();
  };
  const double alone = p_of("s1.ini"), of_three = p_of("s1.ini --family s1.ini,s2.ini,s3.ini");
  CHECK(of_three == Approx(std::min(1.0, 3 * alone)));
  CHECK(p_of("s1.ini/claim") == alone);
  CHECK(shell.run("findings s1.ini/other") == 2);
  CHECK_THAT(shell.err, Contains("there is no claim 's1.ini/other'; the study has s1.ini/claim"));
}

TEST_CASE("runs that could decide nothing are left out", "[reproduce]") {
  Shell shell;
  // Networks that have learned nothing: both sides are below the margin in every search.
  shell.write("small.ini", std::string(study).replace(study.find("relative_loss"), 13, "skill"));
  REQUIRE(shell.run("reproduce small.ini --jobs 1") == 0);
  CHECK_THAT(shell.out, Contains("not testable: in the last rung of both searches"));
  CHECK(contents(ResultsFolder(shell / "results", "small")).empty());
  REQUIRE(shell.run("reproduce small.ini --dry-run") == 0);
  CHECK_THAT(shell.out, Catch::Matches("[^]*small +24 +0 +0 +0.0\n[^]*"));
}

TEST_CASE("reproduce refuses what it cannot do", "[reproduce][errors]") {
  Shell shell;
  shell.write("experiments/catalogue/small.ini", study);
  shell.write("plain.ini", "task = adding\ncell = rnn\n");
  CHECK(shell.run("reproduce smal") == 2);
  CHECK_THAT(shell.err, Contains("did you mean 'small'?"));
  CHECK(shell.run("reproduce plain.ini") == 2);
  CHECK(shell.err ==
        "rnnbench: command line: 'plain.ini' is an experiment without [claim]; start it with rnnbench run\n");
  CHECK(shell.run("reproduce small --profile ful") == 2);
  CHECK_THAT(shell.err, Contains("--profile = ful is not one of smoke, lab, full"));
  CHECK(shell.run("findings --profile smoke") == 2);
  shell.write("twin.ini", study);
  CHECK(shell.run("reproduce small twin.ini") == 2);
  CHECK_THAT(shell.err, Contains("twin and small are both finding number 1"));
  CHECK(shell.run("reproduce twin.ini --family small") == 2);
  CHECK_THAT(shell.err, Contains("'twin.ini' is not in --family = small"));
  CHECK_FALSE(fs::exists(shell / "results"));
  // A folder that cannot hold results.
  shell.write("results", "a file");
  CHECK(shell.run("reproduce small") == 2);
}
