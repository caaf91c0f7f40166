// The file of trials: what it keeps, and what becomes of it when processes are killed, disks are full or lines edited.
#include "experiments/search/trials.h"

#include <cerrno>
#include <functional>
#include <optional>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "core/text.h"
#include "experiments/declaration/grid.h"
#include "experiments/search/find_trial.h"
#include "experiments/training/clock.h"
#include "models/catalogue.h"
#include "tasks/catalogue.h"
#include "tests/experiments/failing_files.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"
#include "tests/tasks/symbol_file.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {

TrialRecord example_trial(std::uint64_t seed, const std::string& hash = "00000000000000ab") {
  TrialRecord trial;
  trial.canonical = small_run(seed).canonical();
  trial.status = "solved";
  trial.solved = true;
  trial.updates_to_solve = 40;
  trial.updates = 60;
  trial.measure = "mse";
  trial.higher_is_better = false;
  trial.baseline = 1.0 / 6;
  trial.validation = {{"loss", 0.1}, {"mse", 0.1 + 0.2}, {"max", std::nullopt}};
  trial.result_hash = hash;
  trial.cpu_seconds = 1.25;
  return trial;
}

class InFolder {
 public:
  TrialFile open() const { return TrialFile(path); }
  std::string text() const { return read_file(path); }
  std::string refusal() const {
    try {
      open();
    } catch (const UserError& error) {
      return replace_all(error.what(), path.string(), "FILE");
    }
    return "accepted";
  }
  const TemporaryFolder folder;
  const fs::path path = TrialFile::path_in(folder.path(), 'A');
};

const std::string advice = "; restore the file, or remove the line to train the trial again";

}  // namespace

TEST_CASE("a trial is read as it was written", "[search][trials]") {
  const InFolder in;
  CHECK(in.path.filename() == "search-A.jsonl");
  TrialFile file = in.open();
  CHECK(file.size() == 0);
  CHECK_FALSE(fs::exists(in.path));  // reading creates nothing
  const TrialRecord solved = example_trial(1);
  TrialRecord diverged = example_trial(2);
  diverged.status = "diverged";
  diverged.solved = false;
  diverged.updates_to_solve.reset();
  diverged.validation = {{"loss", std::nullopt}, {"mse", std::nullopt}};
  diverged.optimum = 0.25;
  diverged.paths = {{"file", "a \"b\"/ü.txt"}};
  for (const TrialRecord& trial : {solved, diverged}) file.add(trial);
  const TrialFile again = in.open();
  for (const TrialFile* read : {&std::as_const(file), &again}) {
    REQUIRE(read->size() == 2);
    for (const TrialRecord& trial : {solved, diverged}) {
      REQUIRE(read->find(trial.id()) != nullptr);
      CHECK(trial_line(*read->find(trial.id())) == trial_line(trial));
    }
  }
  const TrialRecord& read = *again.find(solved.id());
  CHECK(read.canonical == solved.canonical);
  CHECK(read.updates_to_solve == 40);
  CHECK(read.score("mse") == 0.1 + 0.2);
  CHECK_FALSE(read.score("max").has_value());
  CHECK_FALSE(read.optimum.has_value());
  CHECK(read.cpu_seconds == 1.25);
  CHECK(again.find(diverged.id())->paths == diverged.paths);
  CHECK(again.find("0000000000000000") == nullptr);
  CHECK(in.text() == trial_line(solved) + trial_line(diverged));
}

TEST_CASE("no score at lengths beyond training chooses settings: counting is judged by its loss", "[search][trials]") {
  Record record = example_record(1);
  CHECK(record.result["measure"]["name"] == trial_record(small_run(1), record).measure);
  const RunSpec counting = declared({{"task", "counting"}, {"cell", "lstm"}}).runs.at(0);
  record.result["measure"]["name"] = "longest_accepted";
  const TrialRecord trial = trial_record(counting, record);
  CHECK(trial.measure == "loss");
  CHECK_FALSE(trial.higher_is_better);
}

TEST_CASE("an edited line is refused with file and line number", "[search][trials][errors]") {
  const InFolder in;
  TrialFile file = in.open();
  for (int seed = 1; seed <= 3; ++seed) file.add(example_trial(seed));
  const std::string text = in.text();
  const std::string sentence = "FILE:2: this trial cannot be used: ";
  const auto second = text.find('\n') + 1;
  std::string edited = text;
  edited[text.find("1.25", second)] = '2';
  overwrite(in.path, edited);
  CHECK(in.refusal() == sentence + "the line does not have the hash that it states, so it was edited" + advice);
  overwrite(in.path, text.substr(0, second) + text.substr(second + 1));
  CHECK(in.refusal() == sentence + "the line does not have the hash that it states, so it was edited" + advice);
  overwrite(in.path, text.substr(0, second) + "\n" + text.substr(second));
  CHECK(in.refusal() == sentence + "the line does not have the hash that it states, so it was edited" + advice);
  // Lines with a correct hash of a program that wrote something else.
  TrialRecord wrong = example_trial(2);
  wrong.status = "fine";
  overwrite(in.path, trial_line(example_trial(1)) + trial_line(wrong));
  CHECK(in.refusal() == sentence + "its status is none of solved, finished and diverged" + advice);
  wrong = example_trial(2);
  wrong.measure = "recall";
  overwrite(in.path, trial_line(example_trial(1)) + trial_line(wrong));
  CHECK(in.refusal() == sentence + "it has no validation score of its measure" + advice);
  wrong = example_trial(2);
  wrong.canonical += "\x1b[2J";
  overwrite(in.path, trial_line(example_trial(1)) + trial_line(wrong));
  CHECK(in.refusal() == sentence + "one of its texts contains a control character" + advice);
  fs::remove(in.path);
  fs::create_directory(in.path);
  CHECK(in.refusal() == "FILE: this is not a file of trials");
}

TEST_CASE("a trial that is there twice counts once, with different results not at all", "[search][trials]") {
  const InFolder in;
  const TrialRecord trial = example_trial(1), other = example_trial(1, "00000000000000cd");
  overwrite(in.path, trial_line(trial) + trial_line(example_trial(2)) + trial_line(trial));
  CHECK(in.open().size() == 2);
  overwrite(in.path, trial_line(trial) + trial_line(other));
  CHECK(in.refusal() ==
        "FILE:2: this trial cannot be used: an earlier line has the same trial with a different result" + advice);
  overwrite(in.path, trial_line(trial));
  TrialFile file = in.open();
  file.add(trial);  // adds nothing
  CHECK(in.text() == trial_line(trial));
  CHECK_THROWS_WITH(file.add(other), Contains("was recorded earlier or by another process with a different result"));
  CHECK(in.text() == trial_line(trial));
}

TEST_CASE("the incomplete line of a killed process is dropped, wherever it ends", "[search][trials]") {
  const InFolder in;
  const std::string first = trial_line(example_trial(1)), second = trial_line(example_trial(2));
  for (std::size_t length = 0; length < second.size() - 1; ++length) {  // with all but the line end, it is complete
    overwrite(in.path, first + second.substr(0, length));
    TrialFile file = in.open();
    CHECK(file.size() == 1);
    file.add(example_trial(3));
    CHECK(in.text() == first + trial_line(example_trial(3)));
    CHECK(in.open().size() == 2);
  }
  // Also when nothing else is there, and when it is longer than what is read at once.
  overwrite(in.path, std::string(10'000, 'x'));
  in.open().add(example_trial(1));
  CHECK(in.text() == first);
  overwrite(in.path, first + std::string(10'000, 'x'));
  in.open().add(example_trial(2));
  CHECK(in.text() == first + second);
}

TEST_CASE("a trial whose line lacks only its end is kept", "[search][trials]") {
  const InFolder in;
  const std::string first = trial_line(example_trial(1)), second = trial_line(example_trial(2)),
                    third = trial_line(example_trial(3));
  const std::string unfinished = first + second.substr(0, second.size() - 1);
  overwrite(in.path, unfinished);
  TrialFile file = in.open();
  CHECK(file.ids_in_order() == std::vector{example_trial(1).id(), example_trial(2).id()});
  file.add(example_trial(2));  // is known
  CHECK(in.text() == unfinished);
  CHECK_THROWS_WITH(file.add(example_trial(2, "00000000000000cd")), Contains("with a different result"));
  // As a source of a merge.
  TrialFile target(in.folder.path() / "search-B.jsonl");
  std::vector<std::string> differing;
  CHECK(target.add_all(file, differing) == 2);
  CHECK(read_file(target.path()) == first + second);
  // As its target.
  TrialFile source(in.folder.path() / "search-C.jsonl");
  for (const int seed : {2, 3}) source.add(example_trial(seed));
  CHECK(file.add_all(source, differing) == 1);
  CHECK(differing.empty());
  CHECK(in.text() == first + second + third);
  CHECK(file.size() == 3);
  CHECK(in.open().ids_in_order() == file.ids_in_order());
  // It is checked like others.
  TrialRecord wrong = example_trial(2);
  wrong.status = "fine";
  const std::string line = trial_line(wrong);
  overwrite(in.path, first + line.substr(0, line.size() - 1));
  CHECK_THAT(in.refusal(), Contains("FILE:2: this trial cannot be used: its status"));
  // A disk that is full keeps it as it is.
  overwrite(in.path, unfinished);
  FailingFiles full(1, false);
  TrialFile failing(in.path, full);
  CHECK_THROWS(failing.add(example_trial(3)));
  CHECK(in.text() == unfinished);
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
  const InFolder in;
  OvertakenFiles files;
  TrialFile file(in.path, files);
  files.overtaken = example_trial(1);
  file.add(example_trial(1));
  CHECK(in.text() == trial_line(example_trial(1)));
  TrialFile source(in.folder.path() / "search-B.jsonl");
  for (const int seed : {1, 2, 3}) source.add(example_trial(seed));
  files.overtaken = example_trial(2);
  std::vector<std::string> differing;
  CHECK(file.add_all(source, differing) == 1);
  CHECK(differing.empty());
  CHECK(in.text() == trial_line(example_trial(1)) + trial_line(example_trial(2)) + trial_line(example_trial(3)));
  files.overtaken = example_trial(4, "00000000000000cd");
  CHECK_THROWS_WITH(file.add(example_trial(4)), Contains("by another process with a different result"));
  CHECK(in.open().size() == 4);
}

TEST_CASE("a file of trials that has another name is not written to", "[search][trials][foreign]") {
  const InFolder in;
  const std::string unfinished = trial_line(example_trial(1)) + "{\"mine\":";
  const fs::path mine = in.folder.path() / "mine";
  overwrite(mine, unfinished);
  fs::create_hard_link(mine, in.path);
  const std::string sentence = in.path.string() + ": this file has 2 names (hard links)";
  TrialFile file = in.open();
  CHECK(file.size() == 1);
  CHECK_THROWS_WITH(file.check_writable(), Contains(sentence));
  CHECK_THROWS_WITH(file.add(example_trial(2)), Contains(sentence));
  CHECK_THROWS_AS(file.add(example_trial(2)), UserError);
  CHECK(read_file(mine) == unfinished);
  fs::remove(mine);
  file.check_writable();
  file.add(example_trial(2));
  CHECK(in.text() == trial_line(example_trial(1)) + trial_line(example_trial(2)));
}

TEST_CASE("a number of updates that no run has is refused", "[search][trials][errors]") {
  const InFolder in;
  const std::string sentence =
      "FILE:1: this trial cannot be used: a number of updates is not a whole number from 0 to 9007199254740992";
  const std::string good = trial_line(example_trial(1));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = replace_all(good.substr(0, good.find(",\"line_hash\"")), from, to);
    text += ",\"line_hash\":\"" + hex16(fnv1a(text)) + "\"}\n";
    overwrite(in.path, text);
    return in.refusal();
  };
  REQUIRE(with("\"updates\":60", "\"updates\":61") == "accepted");
  for (const char* number : {"18446744073709551615", "9223372036854775808", "9007199254740993", "-1", "1.5", "1e3"}) {
    INFO(number);
    CHECK(with("\"updates\":60", std::string("\"updates\":") + number) == sentence + advice);
    CHECK(with("\"updates_to_solve\":40", std::string("\"updates_to_solve\":") + number) == sentence + advice);
  }
}

TEST_CASE("a trial that cannot be trained again is named with file and line", "[search][trials][errors]") {
  const InFolder in;
  TrialRecord foreign = example_trial(2);
  foreign.canonical = "schema = " + std::to_string(record_schema) +
                      "\nnumerics_version = " + std::to_string(numerics_version) + "\nfoo";
  overwrite(in.path, trial_line(example_trial(1)) + trial_line(foreign));
  const TrialFile file = in.open();
  CHECK(spec_of(*file.find(example_trial(1).id())).seed == 1);
  CHECK_THROWS_WITH(spec_of(*file.find(foreign.id())),
                    in.path.string() + ":2: trial " + foreign.id() + ": its canonical text has no task");
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
  const InFolder in;
  RefusingFiles forbidden(EACCES), full(ENOSPC);
  CHECK_THROWS_AS(TrialFile(in.path, forbidden).add(example_trial(1)), UserError);
  CHECK_THROWS_WITH(TrialFile(in.path, forbidden).add(example_trial(1)),
                    "cannot write " + in.path.string() + ": Permission denied");
  try {
    TrialFile(in.path, full).add(example_trial(1));
    FAIL("added");
  } catch (const UserError&) {
    FAIL("a full disk is no mistake of the user");
  } catch (const std::runtime_error& error) {
    CHECK(error.what() == "cannot write " + in.path.string() + ": No space left on device");
  }
  in.open().check_writable();  // there is no file yet
  in.open().add(example_trial(1));
  in.open().check_writable();
  if (::geteuid() == 0) return;  // root may write everything
  fs::permissions(in.path, fs::perms::owner_read);
  CHECK_THROWS_WITH(in.open().check_writable(), Contains("search-A.jsonl: Permission denied"));
}

TEST_CASE("a trial is looked for in files of trials of limited size only", "[search][trials][errors]") {
  const InFolder in;
  const fs::path study = in.folder.path() / "study", path = TrialFile::path_in(study, 'A');
  fs::create_directories(study);
  const std::string id = example_trial(1).id();
  const auto found = [&]() -> std::string {
    try {
      return find_trial(in.folder.path(), id).has_value() ? "found" : "not found";
    } catch (const UserError& error) {
      return replace_all(error.what(), path.string(), "FILE");
    }
  };
  CHECK(found() == "not found");
  overwrite(path, trial_line(example_trial(1)));
  CHECK(found() == "found");
  fs::resize_file(path, std::uint64_t{3} << 30);  // without blocks on the disk
  CHECK(found() == "FILE: is too large for a file of trials");
  fs::remove(path);
  fs::create_directory(path);
  CHECK(found() == "FILE: this is not a file of trials");
  fs::remove(path);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(found() == "FILE: this is not a file of trials");
  fs::remove(path);
  overwrite(in.path, trial_line(example_trial(1)));
  fs::create_symlink(in.path, path);
  CHECK_THAT(found(), Contains("FILE: this is a symbolic link"));
}

TEST_CASE("one process sees what another appended", "[search][trials]") {
  const InFolder in;
  TrialFile one = in.open(), other = in.open();
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
  const InFolder in;
  std::vector<pid_t> children;
  constexpr int processes = 4, trials = 50;
  for (int p = 0; p < processes; ++p) {
    const pid_t child = ::fork();
    if (child == 0) {
      int code = 1;
      try {
        TrialFile file(in.path);
        for (int t = 0; t < trials; ++t) file.add(example_trial(1000 * p + t));
        code = 0;
      } catch (...) {
      }
      ::_exit(code);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) CHECK(wait_for(child) == 0);
  CHECK(in.open().size() == processes * trials);
}

TEST_CASE("a full disk is reported, and the file keeps its lines", "[search][trials][errors]") {
  const InFolder in;
  TrialFile file = in.open();
  file.add(example_trial(1));
  const std::string before = in.text();
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
    CHECK_THAT(message, Contains("cannot write " + in.path.string() + ": "));
    CHECK(in.text() == before);
  }
  ::signal(SIGXFSZ, previous);
  file.add(example_trial(2));
  CHECK(in.text() == before + trial_line(example_trial(2)));
}

TEST_CASE("a folder that cannot be written is reported", "[search][trials][errors]") {
  const TemporaryFolder folder;
  TrialFile file(folder.path() / "none" / "search-A.jsonl");
  CHECK_THROWS_WITH(file.add(example_trial(1)), Contains("search-A.jsonl: No such file or directory"));
}

TEST_CASE("fifteen thousand trials are read in less than a second of CPU time", "[search][trials]") {
  const InFolder in;
  std::string text;
  for (int seed = 0; seed < 15'000; ++seed) text += trial_line(example_trial(seed));
  overwrite(in.path, text);
  const double started = thread_cpu_seconds();
  const TrialFile file = in.open();
  [[maybe_unused]] const double seconds = thread_cpu_seconds() - started;
  CHECK(file.size() == 15'000);
#ifdef NDEBUG  // not of a debugging build, nor with sanitizers
  CHECK(seconds < 1);
#endif
}

TEST_CASE("the run of a trial is found from its canonical text, for every task and cell", "[search][trials]") {
  std::vector<RunSpec> runs;
  const auto add = [&](const SettingPairs& settings) {
    const Experiment experiment = declared(settings);
    runs.insert(runs.end(), experiment.runs.begin(), experiment.runs.end());
  };
  for (const CellEntry& cell : all_cells())
    add({{"task", "adding"}, {"cell", cell.name}, {"hidden", "16"}, {"learning-rate", "0.00123"}});
  add({{"task", "adding, copy, temporal-order"}, {"cell", "lstm+gru"}, {"budget", "5000"}, {"seed", "0, 7"}});
  add({{"task", "adding"}, {"cell", "lstm"}, {"hidden", "8"}, {"test-length", "10, 20"}, {"schedule", "cosine"}});
  add({{"task", "adding"}, {"cell", "lstm"}, {"hidden", "8"}, {"init", "chrono"}});
  const SymbolFile symbols(30, 20, 200);
  add({{"task", "sequences"}, {"file", symbols.path()}, {"cell", "lstm"}, {"hidden", "8"}});
  for (const RunSpec& run : runs) {
    TrialRecord trial = example_trial(1);
    trial.canonical = run.canonical();
    trial.paths = input_paths(run);
    CAPTURE(trial.canonical);
    const RunSpec found = spec_of(trial);
    CHECK(found.canonical() == run.canonical());
    CHECK(found.json() == run.json());
  }
  CHECK(input_paths(runs.back()) == SettingPairs{{"file", symbols.path()}});
  CHECK(input_paths(runs.front()).empty());
}

TEST_CASE("a canonical text that is not one of this program is refused", "[search][trials][errors]") {
  const std::string text = small_run(1).canonical();
  const auto refusal = [](const std::string& canonical) {
    try {
      spec_from_canonical(canonical);
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refusal(text) == "accepted");
  CHECK(refusal("") == "its canonical text has no schema");
  CHECK(refusal(text + "colour = red\n") == "its canonical text is not one of this program");
  CHECK(refusal(replace_all(text, "numerics_version = " + std::to_string(numerics_version), "numerics_version = 1")) ==
        "its numerics_version is 1, but this program uses " + std::to_string(numerics_version));
  CHECK_THAT(refusal(replace_all(text, "batch = 8", "batch = none")), Contains("batch"));
}
