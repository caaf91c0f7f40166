// Profiles of an experiment file: what they replace, and what they leave alone.
#include "experiments/declaration/experiment_file.h"

#include <fstream>
#include <set>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/declaration/grid.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

const std::string text = R"(title = An example
task = copy, adding
cell = lstm, gru
length = 20
hidden = 8
updates = 500
seed = 1..10
[copy/lstm]
hidden = 9
[smoke]
length = 5
[full]
updates = 7000
hidden = 64
[full copy]
length = 100
[full copy/lstm]
hidden = 65
[search]
learning-rate = 0.001..0.1 log
select = score
[claim one]
claim = something
[claim two]
claim = something else
)";

ExperimentFile read(const std::string& written, Profile profile) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "x.ini") << written;
  return read_experiment_file(folder.path() / "x.ini", profile);
}

// "copy lstm length=20 hidden=9 updates=500" for the runs of seed 1.
std::set<std::string> models(const Declaration& declaration) {
  std::set<std::string> lines;
  for (const RunSpec& run : expand(declaration).runs)
    lines.insert(run.task.text("task") + " " + run.model.text("cell") + " length=" + run.task.text("length") +
                 " hidden=" + run.model.text("hidden") + " updates=" + run.training.text("updates"));
  return lines;
}

std::set<std::uint64_t> seeds(const Declaration& declaration) {
  std::set<std::uint64_t> all;
  for (const RunSpec& run : expand(declaration).runs) all.insert(run.seed);
  return all;
}

}  // namespace

TEST_CASE("profiles have names", "[profiles]") {
  for (const std::string& name : profile_names) CHECK(profile_name(profile_named(name)) == name);
}

TEST_CASE("the lab profile is the settings outside of profiles", "[profiles]") {
  const ExperimentFile lab = read(text, Profile::lab);
  CHECK(models(lab.declaration) == std::set<std::string>{"copy lstm length=20 hidden=9 updates=500",
                                                         "copy gru length=20 hidden=8 updates=500",
                                                         "adding lstm length=20 hidden=8 updates=500",
                                                         "adding gru length=20 hidden=8 updates=500"});
  CHECK(seeds(lab.declaration).size() == 10);
  REQUIRE(lab.claims.size() == 2);
  REQUIRE(lab.claims[1].size() == 1);
  CHECK(lab.claims[0][0].section == "claim one");
  CHECK(lab.claims[1][0].value == "something else");
  CHECK(lab.claims[1][0].line == 25);
  CHECK(lab.search.size() == 2);
}

TEST_CASE("a profile replaces what it names, the more special part last", "[profiles]") {
  const ExperimentFile full = read(text, Profile::full);
  // [full] goes above all of the file; [full copy] above [full]; [full copy/lstm] above both.
  CHECK(models(full.declaration) == std::set<std::string>{"copy lstm length=100 hidden=65 updates=7000",
                                                          "copy gru length=100 hidden=64 updates=7000",
                                                          "adding lstm length=20 hidden=64 updates=7000",
                                                          "adding gru length=20 hidden=64 updates=7000"});
  CHECK(seeds(full.declaration).size() == 10);
  CHECK(full.search.size() == 2);
}

TEST_CASE("the smoke profile is short unless its section says otherwise", "[profiles]") {
  const ExperimentFile smoke = read(text, Profile::smoke);
  CHECK(models(smoke.declaration) ==
        std::set<std::string>{"copy lstm length=5 hidden=9 updates=12", "copy gru length=5 hidden=8 updates=12",
                              "adding lstm length=5 hidden=8 updates=12", "adding gru length=5 hidden=8 updates=12"});
  CHECK(seeds(smoke.declaration) == std::set<std::uint64_t>{1, 2});
  for (const RunSpec& run : expand(smoke.declaration).runs) CHECK(run.training.text("evaluate") == "64");
  const ExperimentFile own = read(text + "[smoke copy]\nupdates = 3\n[smoke adding]\nupdates = 4\n", Profile::smoke);
  for (const std::string& line : models(own.declaration))
    CHECK(line.ends_with(line.starts_with("copy") ? "updates=3" : "updates=4"));
  CHECK(seeds(read("task = copy\ncell = rnn\n[smoke]\nseed = 5\n", Profile::smoke).declaration) ==
        std::set<std::uint64_t>{5});
}

TEST_CASE("sections that are empty, or of an earlier version, are refused", "[profiles][errors]") {
  using Catch::Contains;
  CHECK_THROWS_WITH(read("task = copy\n[search]\n[claim]\nnumber = 1\n", Profile::lab),
                    Contains("x.ini:2: [search] has no settings"));
  CHECK_THROWS_WITH(read("task = copy\n[full]\n", Profile::lab), Contains("x.ini:2: [full] has no settings"));
  CHECK_THROWS_WITH(read("task = copy\n[finding]\nnumber = 1\n", Profile::lab),
                    Contains("x.ini:3: there is no section [finding]; declare a section [claim]"));
  CHECK_THROWS_WITH(read("task = copy\n[tuning]\ntrials = 1\n", Profile::lab), Contains("declare a section [search]"));
}

TEST_CASE("the command line goes above every profile", "[profiles]") {
  ExperimentFile full = read(text, Profile::full);
  full.declaration.overrides.push_back({"hidden", "7", "", 0});
  full.declaration.overrides.push_back({"length", "11", "", 0});
  CHECK(models(full.declaration) == std::set<std::string>{"copy lstm length=11 hidden=7 updates=7000",
                                                          "copy gru length=11 hidden=7 updates=7000",
                                                          "adding lstm length=11 hidden=7 updates=7000",
                                                          "adding gru length=11 hidden=7 updates=7000"});
}

TEST_CASE("mistakes in a profile name file and line", "[profiles][errors]") {
  const auto refusal = [](const std::string& written, Profile profile) -> std::string {
    try {
      expand(read(written, profile).declaration);
    } catch (const UserError& error) {
      const std::string sentence = error.what();
      return sentence.substr(sentence.find("x.ini"));
    }
    return "accepted";
  };
  const std::string head = "task = copy\ncell = rnn\n";
  CHECK(refusal(head + "[full]\nlenght = 9\n", Profile::full) ==
        "x.ini:4: unknown key 'lenght'; did you mean 'length'?");
  CHECK(refusal(head + "[full]\nbatch = 0\n", Profile::full) ==
        "x.ini:4: batch = 0 is not a whole number from 1 to 65536");
  CHECK(refusal(head + "[full]\nforget-bias = 1\n", Profile::full)
            .starts_with("x.ini:4: forget-bias = 1 is used by no run of this grid; the option belongs to cell lstm"));
  CHECK(refusal(head + "[full coppy]\nlength = 9\n", Profile::full).starts_with("x.ini:4: [coppy] is not a task"));
  CHECK(refusal(head + "[ful]\nlength = 9\n", Profile::lab).starts_with("x.ini:4: [ful] is not a task"));
  CHECK(refusal(head + "[full]\nlength = 9\n[full]\nlength = 8\n", Profile::lab) ==
        "x.ini:6: length is already set in line 4; a key may be set once in [full]");
}
