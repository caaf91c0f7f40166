// Signals that come when no run is trained, limits of time, and pipes that nobody reads.
#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/merge.h"
#include "cli/reproduce.h"
#include "cli/run.h"
#include "cli/verify.h"
#include "core/error.h"
#include "experiments/running/interrupt_guard.h"
#include "experiments/running/runner.h"
#include "tests/cli/shell.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;

namespace {

const std::string three_short_runs =
    "task = adding\nlength = 10\ncell = rnn\nhidden = 4\nupdates = 5\nevaluate = 8\nseed = 1..3\n";

struct Ended {
  int code;
  std::string said;
};

// The command in this process, to which the signal has come just before.
Ended interrupted_by(int number, const Shell& shell, int (*command)(const CommandArguments&),
                     const CommandArguments& words) {
  const fs::path file = shell / "said";
  std::fflush(stderr);
  const int before = ::dup(STDERR_FILENO), to = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  ::dup2(to, STDERR_FILENO);
  int code = -1;
  try {
    const InterruptGuard whole;
    ::raise(number);
    code = command(words);
  } catch (const std::exception&) {
  }
  std::fflush(stderr);
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  ::close(to);
  return {code, file_text(file)};
}

}  // namespace

TEST_CASE("a signal that comes while records are read ends a command with 130 and one sentence", "[cli][interrupt]") {
  const Shell shell;
  shell.write("x.ini", three_short_runs);
  REQUIRE(shell.run("run x.ini --jobs 1").code == 0);
  const std::string ini = (shell / "x.ini").string(), results = (shell / "results").string(),
                    all = (shell / "all").string();
  const auto before = contents(ResultsFolder(results, "x"));
  REQUIRE(before.size() == 3);
  fs::remove(shell / "results/x/runs.csv");

  const auto check = [](const Ended& ended, const std::string& begin) {
    INFO(ended.said);
    CHECK(ended.code == interrupted_code);
    CHECK_THAT(ended.said, StartsWith(begin) && Contains("; to continue: ") && EndsWith("\n"));
    CHECK(std::count(ended.said.begin(), ended.said.end(), '\n') == 1);
  };
  const Ended run = interrupted_by(SIGTERM, shell, run_command, {ini, "--results", results});
  check(run, "interrupted: no run was being trained");
  CHECK_THAT(run.said, Contains(" run " + ini));
  check(interrupted_by(SIGTERM, shell, run_command, {ini, "--results", results, "--dry-run"}), "interrupted: ");
  check(interrupted_by(SIGXCPU, shell, run_command, {ini, "--results", results}),
        "interrupted by the limit of CPU time (ulimit -t): ");
  CHECK_FALSE(fs::exists(shell / "results/x/runs.csv"));
  check(interrupted_by(SIGTERM, shell, verify_command, {"--all", results}), "interrupted: ");
  check(interrupted_by(SIGTERM, shell, merge_command, {results, "--into", all}), "interrupted: ");
  CHECK(ResultsFolder(all, "x").ids().empty());

  CHECK(shell.run("run x.ini").code == 0);
  CHECK(fs::exists(shell / "results/x/runs.csv"));
  CHECK(contents(ResultsFolder(results, "x")) == before);
}

TEST_CASE("the command that continues an interrupted freeze freezes too", "[cli][interrupt]") {
  const Shell shell;
  shell.write("study.ini",
              "task = adding\nlength = 10\ncell = lstm, gru\nhidden = 4\nupdates = 12\nevaluate = 64\nseed = 1..16\n"
              "[claim]\nnumber = 1\nclaim = A claim.\nsource = A paper.\nmeasure = loss\ncompare = gru / lstm < 1\n"
              "margin = 0.1 (a reason)\n");
  const std::string ini = (shell / "study.ini").string(), results = (shell / "results").string();
  const Ended ended = interrupted_by(SIGTERM, shell, reproduce_command, {ini, "--freeze", "--results", results});
  CHECK(ended.code == interrupted_code);
  CHECK_THAT(ended.said, StartsWith("interrupted: ") && Contains(" is not frozen yet; to continue: ") &&
                             Contains(" reproduce " + ini) && EndsWith(" --freeze\n"));
  CHECK_FALSE(fs::exists(shell / "results"));
}

TEST_CASE("what follows runs does not hide how they ended", "[interrupt]") {
  int calls = 0;
  const auto fail = [&calls] {
    ++calls;
    throw UserError("the tables cannot be written (a test)");
  };
  CHECK(after_runs(interrupted_code, fail) == interrupted_code);
  CHECK(calls == 0);
  CHECK(after_runs(1, fail) == 1);
  CHECK(calls == 1);
  CHECK_THROWS_AS(after_runs(0, fail), UserError);
  CHECK(after_runs(0, [] {}) == 0);
}

TEST_CASE("signals that are ignored stay ignored", "[interrupt]") {
  for (const int number : {SIGINT, SIGHUP}) {
    const auto before = ::signal(number, SIG_IGN);
    {
      const InterruptGuard guard;
      ::raise(number);
      CHECK_FALSE(guard.interrupted());
    }
    ::signal(number, before);
  }
}

TEST_CASE("the limit of CPU time saves checkpoints", "[cli][interrupt][limits]") {
  const Shell shell;
  const Printed outcome = shell.run(
      "run --task adding --cell lstm --hidden 32 --length 50 --updates 100000 --evaluate 8 --seed 1 --jobs 1 "
      "--results r",
      "ulimit -S -t 1; ");
  INFO(outcome.err);
  CHECK(outcome.code == interrupted_code);
  CHECK_THAT(outcome.err,
             StartsWith("interrupted by the limit of CPU time (ulimit -t): ") && Contains("; to continue: "));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // with sanitizers the second may end before
  const auto names = file_names(shell / "r");
  CHECK(std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.ends_with(".checkpoint"); }));
#endif
}

TEST_CASE("runs go on when nobody reads their messages, and a table that nobody reads ends quietly", "[cli][limits]") {
  const Shell shell;
  shell.write("x.ini", three_short_runs);
  const auto code_of = [&](const std::string& words) {
    const std::string program = "'" RNNBENCH_PROGRAM "' ";
    REQUIRE(std::system(
                ("cd '" + (shell / "").string() + "' && { sleep 0.2; " + program + words + "; echo $? >code; } | true")
                    .c_str()) == 0);
    return file_text(shell / "code");
  };
  CHECK(code_of("run x.ini --jobs 1 2>&1") == "0\n");
  CHECK(ResultsFolder(shell / "results", "x").ids().size() == 3);
  CHECK(code_of("table x.ini 2>err") == "141\n");  // of SIGPIPE
  CHECK(file_text(shell / "err").empty());
}
