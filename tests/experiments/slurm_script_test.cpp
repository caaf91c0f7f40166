// What a script of Slurm may contain, and which time limits leave time to save checkpoints.
#include <string>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/running/slurm.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;

TEST_CASE("a time limit has to be longer than what saving takes", "[submit]") {
  for (const char* long_enough :
       {"0", "3", "2:01", "0:2:01", "1-0", "0-0:3", "0-0:2:1", "1-12", "99999999999999999999"})
    CHECK_NOTHROW(check_time_limit(long_enough));
  for (const char* too_short : {"1", "2", "0:30", "2:00", "0:2:0", "0-0:2", "0-0:1:59"})
    CHECK_THROWS_WITH(check_time_limit(too_short), Contains("--time = " + std::string(too_short) + " is a limit of ") &&
                                                       Contains("120 seconds before"));
}

TEST_CASE("no path and no word of a script of Slurm contains a control character", "[submit][injection]") {
  SlurmJob job;
  job.name = "runs";
  job.command = {"rnnbench", "run"};
  SlurmSettings settings;
  settings.experiment = "x";
  settings.working_folder = "/a b";
  settings.scripts = "/a b/slurm";
  CHECK_THAT(sbatch_script(job, settings), Contains("cd '/a b' || exit 2"));
  for (const char* wrong : {"/a\n#SBATCH --mail-user=x", "/a\x1b[2J", "/a\xff"}) {
    SlurmSettings in_folder = settings, with_scripts = settings;
    in_folder.working_folder = wrong;
    with_scripts.scripts = wrong;
    SlurmJob with_word = job;
    with_word.command.push_back(wrong);
    for (const std::string what : {"folder", "scripts", "word"}) {
      const auto script = [&] {
        return sbatch_script(what == "word" ? with_word : job, what == "folder"    ? in_folder
                                                               : what == "scripts" ? with_scripts
                                                                                   : settings);
      };
      CHECK_THROWS_WITH(script(), Contains("contains a control character or is not UTF-8"));
    }
  }
}
