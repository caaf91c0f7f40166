// What is added to the file of trials, and what becomes of it when processes are killed, overtaken or at the same time,
// and when disks are full.
#include <cerrno>
#include <functional>
#include <optional>
#include <signal.h>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/search/trials.h"
#include "tests/experiments/failing_files.h"
#include "tests/experiments/trials_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;
using Catch::Contains;

TEST_CASE("the incomplete line of a killed process is dropped, wherever it ends", "[search][trials]") {
  const TemporaryTrials stored;
  const std::string first = trial_line(example_trial(1)), second = trial_line(example_trial(2));
  for (std::size_t length = 0; length < second.size() - 1; ++length) {  // with all but the line end, it is complete
    overwrite(stored.path, first + second.substr(0, length));
    TrialFile file = stored.open();
    CHECK(file.size() == 1);
    file.add(example_trial(3));
    CHECK(stored.text() == first + trial_line(example_trial(3)));
    CHECK(stored.open().size() == 2);
  }
  // Also when nothing else is there, and when it is longer than what is read at once.
  overwrite(stored.path, std::string(10'000, 'x'));
  stored.open().add(example_trial(1));
  CHECK(stored.text() == first);
  overwrite(stored.path, first + std::string(10'000, 'x'));
  stored.open().add(example_trial(2));
  CHECK(stored.text() == first + second);
}

TEST_CASE("a trial whose line lacks only its end is kept", "[search][trials]") {
  const TemporaryTrials stored;
  const std::string first = trial_line(example_trial(1)), second = trial_line(example_trial(2)),
                    third = trial_line(example_trial(3));
  const std::string unfinished = first + second.substr(0, second.size() - 1);
  overwrite(stored.path, unfinished);
  TrialFile file = stored.open();
  CHECK(file.ids_in_order() == std::vector{example_trial(1).id(), example_trial(2).id()});
  file.add(example_trial(2));  // is known
  CHECK(stored.text() == unfinished);
  CHECK_THROWS_WITH(file.add(example_trial(2, "00000000000000cd")), Contains("with a different result"));
  // As a source of a merge.
  TrialFile target(stored.folder.path() / "search-B.jsonl");
  std::vector<std::string> differing;
  CHECK(target.add_all(file, differing) == 2);
  CHECK(read_file(target.path()) == first + second);
  // As its target.
  TrialFile source(stored.folder.path() / "search-C.jsonl");
  for (const int seed : {2, 3}) source.add(example_trial(seed));
  CHECK(file.add_all(source, differing) == 1);
  CHECK(differing.empty());
  CHECK(stored.text() == first + second + third);
  CHECK(file.size() == 3);
  CHECK(stored.open().ids_in_order() == file.ids_in_order());
  // It is checked like others.
  TrialRecord wrong = example_trial(2);
  wrong.status = "fine";
  const std::string line = trial_line(wrong);
  overwrite(stored.path, first + line.substr(0, line.size() - 1));
  CHECK_THAT(stored.refusal(), Contains("FILE:2: this trial cannot be used: its status"));
  // A disk that is full keeps it as it is.
  overwrite(stored.path, unfinished);
  FailingFiles full(1, false);
  TrialFile failing(stored.path, full);
  CHECK_THROWS(failing.add(example_trial(3)));
  CHECK(stored.text() == unfinished);
}

TEST_CASE("a trial that another process adds at the last moment is not added twice", "[search][trials]") {
  // Another process appends just before this one has the lock.
  class OvertakenFiles : public Files {
   public:
    void append_lines(const fs::path& path, const std::function<std::string()>& lines,
                      const std::function<bool(std::string_view)>& is_complete) override {
      if (overtaken) TrialFile(path).add(*overtaken);
      Files::append_lines(path, lines, is_complete);
    }
    std::optional<TrialRecord> overtaken;
  };
  const TemporaryTrials stored;
  OvertakenFiles files;
  TrialFile file(stored.path, files);
  files.overtaken = example_trial(1);
  file.add(example_trial(1));
  CHECK(stored.text() == trial_line(example_trial(1)));
  TrialFile source(stored.folder.path() / "search-B.jsonl");
  for (const int seed : {1, 2, 3}) source.add(example_trial(seed));
  files.overtaken = example_trial(2);
  std::vector<std::string> differing;
  CHECK(file.add_all(source, differing) == 1);
  CHECK(differing.empty());
  CHECK(stored.text() == trial_line(example_trial(1)) + trial_line(example_trial(2)) + trial_line(example_trial(3)));
  files.overtaken = example_trial(4, "00000000000000cd");
  CHECK_THROWS_WITH(file.add(example_trial(4)), Contains("by another process with a different result"));
  CHECK(stored.open().size() == 4);
}

TEST_CASE("a file of trials that has another name is not written to", "[search][trials][foreign]") {
  const TemporaryTrials stored;
  const std::string unfinished = trial_line(example_trial(1)) + "{\"mine\":";
  const fs::path mine = stored.folder.path() / "mine";
  overwrite(mine, unfinished);
  fs::create_hard_link(mine, stored.path);
  const std::string sentence = stored.path.string() + ": this file has 2 names (hard links)";
  TrialFile file = stored.open();
  CHECK(file.size() == 1);
  CHECK_THROWS_WITH(file.check_writable(), Contains(sentence));
  CHECK_THROWS_WITH(file.add(example_trial(2)), Contains(sentence));
  CHECK_THROWS_AS(file.add(example_trial(2)), UserError);
  CHECK(read_file(mine) == unfinished);
  fs::remove(mine);
  file.check_writable();
  file.add(example_trial(2));
  CHECK(stored.text() == trial_line(example_trial(1)) + trial_line(example_trial(2)));
}

TEST_CASE("missing rights to a file of trials are a wrong path, a full disk is not", "[search][trials][errors]") {
  class RefusingFiles : public Files {
   public:
    explicit RefusingFiles(int number) : number_(number) {}
    void append_lines(const fs::path& path, const std::function<std::string()>&,
                      const std::function<bool(std::string_view)>&) override {
      throw std::system_error(number_, std::generic_category(), "cannot write " + path.string());
    }

   private:
    const int number_;
  };
  const TemporaryTrials stored;
  RefusingFiles forbidden(EACCES), full(ENOSPC);
  CHECK_THROWS_AS(TrialFile(stored.path, forbidden).add(example_trial(1)), UserError);
  CHECK_THROWS_WITH(TrialFile(stored.path, forbidden).add(example_trial(1)),
                    "cannot write " + stored.path.string() + ": Permission denied");
  try {
    TrialFile(stored.path, full).add(example_trial(1));
    FAIL("added");
  } catch (const UserError&) {
    FAIL("a full disk is no mistake of the user");
  } catch (const std::runtime_error& error) {
    CHECK(error.what() == "cannot write " + stored.path.string() + ": No space left on device");
  }
  stored.open().check_writable();  // there is no file yet
  stored.open().add(example_trial(1));
  stored.open().check_writable();
  if (::geteuid() == 0) return;  // root may write everything
  fs::permissions(stored.path, fs::perms::owner_read);
  CHECK_THROWS_WITH(stored.open().check_writable(), Contains("search-A.jsonl: Permission denied"));
}

TEST_CASE("one process sees what another appended", "[search][trials]") {
  const TemporaryTrials stored;
  TrialFile one = stored.open(), other = stored.open();
  one.add(example_trial(1));
  const TrialRecord* kept = one.find(example_trial(1).id());
  other.add(example_trial(2));
  CHECK(other.size() == 2);
  CHECK(one.size() == 1);
  one.refresh();
  CHECK(one.size() == 2);
  CHECK(one.find(example_trial(1).id()) == kept);
}

TEST_CASE("four processes that append at the same time lose and mix nothing", "[search][trials][kill]") {
  const TemporaryTrials stored;
  std::vector<pid_t> children;
  constexpr int processes = 4, trials = 50;
  for (int p = 0; p < processes; ++p) {
    const pid_t child = ::fork();
    if (child == 0) {
      int code = 1;
      try {
        TrialFile file(stored.path);
        for (int t = 0; t < trials; ++t) file.add(example_trial(1000 * p + t));
        code = 0;
      } catch (...) {
      }
      ::_exit(code);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) CHECK(wait_for(child) == 0);
  CHECK(stored.open().size() == processes * trials);
}

TEST_CASE("a full disk is reported, and the file keeps its lines", "[search][trials][errors]") {
  const TemporaryTrials stored;
  TrialFile file = stored.open();
  file.add(example_trial(1));
  const std::string before = stored.text();
  const auto previous = ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit limit {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  for (const std::size_t room : {0, 1, 100}) {  // a write of which nothing, one byte or a part fits
    struct rlimit small = limit;
    small.rlim_cur = before.size() + room;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::string message = "added";
    try {
      file.add(example_trial(2));
    } catch (const std::runtime_error& error) {
      message = error.what();
    }
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK_THAT(message, Contains("cannot write " + stored.path.string() + ": "));
    CHECK(stored.text() == before);
  }
  ::signal(SIGXFSZ, previous);
  file.add(example_trial(2));
  CHECK(stored.text() == before + trial_line(example_trial(2)));
}

TEST_CASE("a folder that cannot be written is reported", "[search][trials][errors]") {
  const TemporaryFolder folder;
  TrialFile file(folder.path() / "none" / "search-A.jsonl");
  CHECK_THROWS_WITH(file.add(example_trial(1)), Contains("search-A.jsonl: No such file or directory"));
}
