// Shards, submit and merge as their user sees them. Slurm is a script here; scripts/test-slurm tests a real one.
#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "experiments/records/environment.h"
#include "tests/cli/shell.h"
#include "tests/namespaces.h"
#include "tests/texts.h"

using namespace rnnbench::test;
using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;

namespace {

const std::string grid_of_four =
    "task = adding\nlength = 10\ncell = lstm, gru\nhidden = 4\nupdates = 12\nevaluate = 64\nseed = 1..2\n";
const std::string small_study =
    "task = adding\nlength = 10\ncell = lstm, gru\nhidden = 4\nupdates = 200\nseed = 1..16\n\n[smoke]\nupdates = 4\n\n"
    "[search]\nrungs = 4 x 1 at 1/2, 2 x 3 at 1\n\n[claim]\nnumber = 1\nclaim = One.\nsource = this test\n"
    "measure = skill\ncompare = lstm > gru\nmargin = 0.01 (for the test)\nfigure = curves\n";

// Prints job numbers from 101 on and remembers how it was called.
const std::string pretended_sbatch =
    "#!/bin/sh\necho \"$*\" >>\"$(dirname \"$0\")/calls\"\necho \"$((100 + $(wc -l <\"$(dirname \"$0\")/calls\")));c\"\n";

void install(const Shell& shell, const std::string& script) {
  shell.write("bin/sbatch", script);
  fs::permissions(shell / "bin/sbatch", fs::perms::owner_all);
}
// A script of submit, as Slurm starts it: task `part` of `of`.
Printed run_script(const Shell& shell, const std::string& script, int part, int of) {
  return shell.run("", "export SLURM_ARRAY_TASK_ID=" + std::to_string(part) + " SLURM_ARRAY_TASK_COUNT=" +
                           std::to_string(of) + "; exec sh '" + script + "' >.out 2>.err # ");
}

const std::string with_slurm = "export PATH=\"$PWD/bin:$PATH\"; ";

}  // namespace

TEST_CASE("a shard trains its part, and says so", "[cli][shard]") {
  const Shell shell;
  shell.write("x.ini", grid_of_four);
  CHECK_THAT(shell.run("run x.ini --shard 2/3 --dry-run").out, Contains("1 runs of shard 2/3, 0 recorded, 1 to run"));
  const Printed first = shell.run("run x.ini --shard 1/3 --no-weights");
  CHECK(first.code == 0);
  CHECK_THAT(first.err, Contains("x: 2 of 2 runs of shard 1/3 recorded in results/x"));
  CHECK_THAT(shell.run("status x.ini").out, Contains("2 missing"));
  const std::string slurm = "export SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=3; ";
  CHECK_THAT(shell.run("run x.ini --shard slurm --no-weights", slurm).err, Contains("1 of 1 runs of shard 2/3"));
  CHECK_THAT(shell.run("run x.ini --no-weights").err, Contains("x: 4 of 4 runs recorded in results/x"));
}

TEST_CASE("submit refuses what it cannot queue", "[cli][submit][errors]") {
  const Shell shell;
  shell.write("x.ini", grid_of_four);
  CHECK_THAT(shell.refusal("run x.ini --shard 0/4"), Contains("--shard = 0/4 is not i/n"));
  CHECK_THAT(shell.refusal("run x.ini --shard slurm"), Contains("which are not set"));
  CHECK_THAT(shell.refusal("submit"), Contains("an experiment"));
  CHECK_THAT(shell.refusal("submit x.ini --time soon"), Contains("--time = soon is not a time limit of sbatch"));
  CHECK_THAT(shell.refusal("submit x.ini --time 1:2:3:4"), Contains("is not a time limit of sbatch"));
  CHECK_THAT(shell.refusal("submit x.ini --partition 'a b'"), Contains("--partition = a b is not the name"));
  CHECK_THAT(shell.refusal("submit x.ini --array 0"), Contains("--array = 0"));
  CHECK_THAT(shell.refusal("submit x.ini --profile full"), Contains("--profile is for a study"));
  const Printed none = shell.run("submit x.ini", "export PATH=/nowhere; ");
  CHECK(none.code == 2);
  CHECK_THAT(none.err, Contains("sbatch cannot be started") && Contains("--dry-run prints the scripts"));
  install(shell, "#!/bin/sh\necho 'no such partition' >&2\nexit 1\n");
  const Printed refused = shell.run("submit x.ini", with_slurm);
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Contains("no such partition") && Contains("sbatch refused"));
}

TEST_CASE("submit queues an array for the runs, and a job that finishes", "[cli][submit]") {
  const Shell shell;
  shell.write("x.ini", grid_of_four);
  // What is queued is also run here, where more jobs than cores are refused.
  const std::string jobs = std::to_string(std::min(2, available_cores()));
  const std::string options =
      "submit x.ini --hidden 8 --array 3 --jobs " + jobs + " --time 1-12 --partition long --results 'r %a'";
  const Printed dry = shell.run(options + " --dry-run");
  CHECK(dry.code == 0);
  CHECK_FALSE(fs::exists(shell / "r %a"));
  const std::string folder = fs::canonical(shell / "").string();
  for (const std::string& line : std::vector<std::string>{
           "#SBATCH --job-name=\"x-runs\"", "#SBATCH --array=1-3", "#SBATCH --cpus-per-task=" + jobs,
           "#SBATCH --time=1-12", "#SBATCH --partition=long", "#SBATCH --requeue", "#SBATCH --signal=B:TERM@120",
           "run x.ini --hidden 8 --results '" + folder + "/r %a' --shard slurm --jobs " + jobs + " &\n",
           "run x.ini --hidden 8 --results '" + folder + "/r %a' --jobs " + jobs + " &\n"})
    CHECK_THAT(dry.out, Contains(line));
  CHECK_THAT(dry.out, Contains("#SBATCH --output=\"" + folder + "/r %%a/x/slurm/runs-%a.log\""));
  CHECK(count(dry.out, "#SBATCH --array") == 1);

  install(shell, pretended_sbatch);
  const Printed queued = shell.run(options, with_slurm);
  CHECK(queued.code == 0);
  const std::string scripts = folder + "/r %a/x/slurm/";
  CHECK(queued.out == "job 101: " + scripts + "runs.sbatch (3 tasks)\njob 102: " + scripts + "finish.sbatch\n");
  CHECK(file_text(shell / "bin/calls") ==
        "--parsable " + scripts + "runs.sbatch\n--parsable --dependency=afterok:101 " + scripts + "finish.sbatch\n");
  // The script does what it says, also without Slurm.
  CHECK(run_script(shell, scripts + "runs.sbatch", 2, 3).code == 0);
  CHECK_THAT(shell.run("status x.ini --hidden 8 --results 'r %a'").out, Contains("3 missing"));
  CHECK(run_script(shell, scripts + "finish.sbatch", 1, 1).code == 0);
  CHECK_THAT(shell.run("status x.ini --hidden 8 --results 'r %a'").out, Contains("0 missing"));
}

TEST_CASE("submit queues a study rung by rung", "[cli][submit]") {
  const Shell shell;
  shell.write("x.ini", small_study);
  install(shell, pretended_sbatch);
  const Printed queued = shell.run("submit x.ini --array 10", with_slurm);
  INFO(queued.err);
  REQUIRE(queued.code == 0);
  std::string out = queued.out;
  const std::string scripts = fs::canonical(shell / "").string() + "/results/x/slurm/";
  for (std::size_t at; (at = out.find(scripts)) != std::string::npos;) out.erase(at, scripts.size());
  // Searches, models, points, seeds: 2 x 2 x 4 x 1 and 2 x 2 x 2 x 3 trials; 32 runs.
  CHECK(out ==
        "job 101: freeze.sbatch\njob 102: rung-1.sbatch (10 tasks)\njob 103: rung-2.sbatch (10 tasks)\n"
        "job 104: runs.sbatch (10 tasks)\njob 105: finish.sbatch\n");
  // The jobs one after the other, as Slurm would start them.
  const auto task = [&](const std::string& name, int part) {
    const Printed outcome = run_script(shell, scripts + name + ".sbatch", part, 10);
    INFO(name << " " << part << "\n" << outcome.err);
    CHECK(outcome.code == 0);
    return outcome;
  };
  task("freeze", 1);
  CHECK(fs::exists(shell / "results/x/protocol.json"));
  for (int part = 1; part <= 10; ++part) task("rung-1", part);
  const std::string of_searches = "status x.ini --runs trials";
  const Printed half = shell.run(of_searches);
  CHECK(half.code == 0);
  CHECK_THAT(half.out, StartsWith("search  recorded  of at most\nA       8         20\nB       ") &&
                           EndsWith("\ncontinue with: rnnbench reproduce x.ini\n"));
  for (const char* name : {"rung-2", "runs"})
    for (int part = 1; part <= 10; ++part) task(name, part);
  const Printed complete = shell.run(of_searches + " --format json");
  CHECK(complete.code == 0);
  const auto searches = nlohmann::json::parse(complete.out);
  const auto finished = [](const char* name) {
    return nlohmann::json{{"search", name}, {"recorded", 20}, {"planned_at_most", 20}, {"finished", true}};
  };
  CHECK(searches.at("trials") == nlohmann::json{finished("A"), finished("B")});
  CHECK(searches.at("continue").is_null());
  CHECK_THAT(shell.run("status x.ini").out, Contains("0 missing"));
  CHECK_THAT(task("finish", 1).out, Contains("One."));
}

TEST_CASE("merge says what it added, and names what differs", "[cli][merge]") {
  const Shell shell;
  shell.write("x.ini", grid_of_four);
  CHECK_THAT(shell.refusal("merge --into all"), Contains("needs one results folder or more"));
  CHECK_THAT(shell.refusal("merge one"), Contains("needs --into DIR"));
  CHECK_THAT(shell.refusal("merge nowhere --into all"), Contains("nowhere: cannot be read"));
  for (const char* part : {"1", "2"})
    REQUIRE(shell.run(std::string("run x.ini --shard ") + part + "/2 --results part-" + part).code == 0);
  const Printed merged = shell.run("merge part-1 part-2 --into all");
  CHECK(merged.code == 0);
  CHECK(merged.out == "x: 4 records added, 4 weights files added, 0 identical\n");
  CHECK(merged.err.empty());
  fs::path damaged;
  for (const auto& file : fs::directory_iterator(shell / "part-2/x/runs"))
    if (file.path().extension() == ".safetensors") damaged = file.path();
  REQUIRE_FALSE(damaged.empty());
  fs::resize_file(damaged, 100);
  const Printed without = shell.run("merge part-2 --into others");
  CHECK(without.code == 1);
  CHECK(without.out == "x: 2 records added, 1 weights file added, 0 identical, 1 damaged weights file left out\n");
  CHECK(without.err == "part-2/x/runs/" + damaged.filename().string() + " is damaged, so it was left out\n");
  const Printed again = shell.run("merge part-1 --into all");
  CHECK(again.out == "x: 0 records added, 2 identical\n");
}
