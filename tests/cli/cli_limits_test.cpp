// Input without an end, and limits of the system: one sentence and an exit code, never a signal or a wait.
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "analysis/figures/gnuplot.h"
#include "experiments/records/results_folder.h"
#include "experiments/records/weights.h"
#include "tests/cli/shell.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

const std::string small =
    "run --task adding --cell lstm --hidden 4 --length 10 --updates 20 --evaluate 10 --jobs 2 --oversubscribe --results r --seed 1..3 ";

bool is_one_sentence(const std::string& text) {
  return text.starts_with("rnnbench: ") && std::count(text.begin(), text.end(), '\n') == 1;
}

}  // namespace

TEST_CASE("files without an end are refused", "[cli][limits]") {
  const Shell shell;
  REQUIRE(::mkfifo((shell / "pipe.ini").c_str(), 0600) == 0);
  const std::string reason = ": this is a device or a pipe, not a regular file";
  CHECK(shell.refusal("run pipe.ini") == "cannot read 'pipe.ini'" + reason);
  for (const char* file : {"/dev/zero", "pipe.ini"})
    CHECK(shell.refusal(std::string("run --task sequences --cell lstm --file ") + file)
              .ends_with(std::string("file = ") + file + " cannot be read" + reason));
}

TEST_CASE("a file whose name would hide its results is refused", "[cli][limits]") {
  const Shell shell;
  shell.write("..ini", "task = adding\ncell = lstm\n");
  CHECK(
      shell.refusal("run ..ini") ==
      "'..ini': the experiment would have the name '.', and its results a hidden folder; choose a file name that does "
      "not begin with '.'");
}

TEST_CASE("control characters of the command line do not reach the terminal", "[cli][injection]") {
  const Shell shell;
  for (const char* words :
       {"run \"$(printf 'a\\033[2J.ini')\"", "run \"$(printf 'a\\nb.ini')\"", "list \"$(printf '\\377')\""}) {
    const Printed outcome = shell.run(words);
    CHECK(outcome.code == 2);
    CHECK(is_one_sentence(outcome.err));
    CHECK(outcome.err.find('\x1b') == std::string::npos);
    CHECK(outcome.err.find("contains a control character or is not UTF-8") != std::string::npos);
  }
  shell.write("x.ini", "task = adding\ncell = lstm\n");
  const std::string own_name = "\"./$(printf 'a\\nb\\033[31m')\"";  // the program's own name is quoted in its advice
  shell.run("--version", "ln -s '" RNNBENCH_PROGRAM "' " + own_name + "; " + own_name + " status x.ini >.status; ");
  const std::string status = file_text(shell / ".status"), mark = "\xef\xbf\xbd";
  CHECK(status.find("'./a" + mark + "b" + mark + "[31m' run") != std::string::npos);
  CHECK(status.find('\x1b') == std::string::npos);
}

TEST_CASE("closed standard streams do not let messages into files", "[cli][limits]") {
  const Shell shell;
  REQUIRE(shell.run("run --task adding --cell rnn --hidden 2 --length 4 --updates 2 --results r --seed 1").code == 0);
  const auto before = contents(ResultsFolder(shell / "r", "adding"));
  // Without the streams, the first files that are opened get their numbers, and the output of `trace` goes there.
  const std::string trace =
      "cd '" + (shell / "").string() + "' && '" RNNBENCH_PROGRAM "' trace r/adding/runs/*.json --sample 1 <&- >&- 2>&-";
  CHECK(WEXITSTATUS(std::system(trace.c_str())) == 0);
  CHECK(contents(ResultsFolder(shell / "r", "adding")) == before);
}

TEST_CASE("commands do not write to results of other users", "[cli][limits][foreign]") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can give a folder to another user");
    return;
  }
  const Shell shell;
  shell.write("m.ini", "task = adding\ncell = rnn\nhidden = 2\nlength = 4\nupdates = 2\nseed = 1..2\n");
  shell.write("others.csv", "task,model,seed,score\nadding,mine,1,0.5\n");
  REQUIRE(shell.run("run m.ini").code == 0);
  REQUIRE(::chown((shell / "results/m").c_str(), 12345, 12345) == 0);
  for (const char* command : {"run m.ini --seed 3", "run m.ini", "submit m.ini", "report m.ini", "plot m.ini",
                              "import others.csv --to m.ini", "trace $(ls results/m/runs/*.json | head -n 1)"}) {
    const Printed outcome = shell.run(command);
    INFO(command << outcome.err);
    CHECK(outcome.code == 2);
    CHECK(outcome.err.find("this folder belongs to user 12345") != std::string::npos);
  }
  CHECK(shell.run("table m.ini").code == 0);  // reading is allowed
  REQUIRE(::chown((shell / "results/m").c_str(), 0, 0) == 0);
}

TEST_CASE("paths that the system refuses end in a sentence", "[cli][limits]") {
  const Shell shell;
  std::string name = "lstm";
  for (int i = 1; i < 64; ++i) name += "+lstm";
  const Printed show = shell.run("show " + name);  // a combination of cells, and too long for the name of a file
  CHECK(show.code == 0);
  CHECK(show.err.empty());
  REQUIRE(shell.run("run --task adding --cell rnn --hidden 2 --length 4 --updates 2 --results r --seed 1").code == 0);
  const Printed verify = shell.run("verify r/adding/runs/*.json", "TMPDIR=/nonexistent ");
  CHECK(verify.code == 2);
  CHECK(is_one_sentence(verify.err));
  CHECK(verify.err.find("/nonexistent") != std::string::npos);
  CHECK(verify.err.find("filesystem error") == std::string::npos);
  const Printed proc = shell.run("verify r/adding/runs/*.json", "TMPDIR=/proc ");
  CHECK(proc.code == 2);
  CHECK(is_one_sentence(proc.err));
  CHECK(shell.run("merge '' --into all").err == "rnnbench: command line: '' is not the name of a results folder\n");
  const std::string gone = "cd '" + (shell / "").string() + "' && mkdir gone && cd gone && rmdir ../gone && '" +
                           RNNBENCH_PROGRAM "' submit quickstart --dry-run >/dev/null 2>'" +
                           (shell / "submit.err").string() + "'";
  CHECK(WEXITSTATUS(std::system(gone.c_str())) == 2);
  CHECK(
      file_text(shell / "submit.err").starts_with("rnnbench: submit: the current folder, in which tasks would start"));
}

TEST_CASE("a limit of the size of files ends in a sentence, and nothing is lost", "[cli][limits]") {
  const Shell shell;
  const Printed none = shell.run(small, "ulimit -f 1; ");
  INFO(none.err);
  CHECK(none.code == 1);
  CHECK(is_one_sentence(none.err));
  CHECK(none.err.find("File too large") != std::string::npos);
  REQUIRE(shell.run(small).code == 0);
  const auto before = contents(ResultsFolder(shell / "r", "adding"));
  fs::remove(shell / ("r/adding/runs/" + before.begin()->first + ".json"));
  CHECK(shell.run(small, "ulimit -f 1; ").code == 1);
  CHECK(shell.run(small).code == 0);
  CHECK(contents(ResultsFolder(shell / "r", "adding")) == before);
}

TEST_CASE("a figure that could not be drawn completely is reported, and the earlier one stays",
          "[cli][limits][figures]") {
  if (!gnuplot_available()) return;
  const Shell shell;
  const std::string settings =
      " --task adding,copy,counting --cell rnn,lstm,gru --hidden 4 --length 10 --updates 20 --evaluate 10 --results r";
  REQUIRE(shell.run("run" + settings + " --jobs 2 --oversubscribe").code == 0);
  const std::string plot = "plot" + settings;
  REQUIRE(shell.run(plot).code == 0);
  const fs::path figures = shell / "r/adhoc/figures";
  std::map<std::string, std::string> before;
  for (const std::string& name : file_names(figures)) before[name] = file_text(figures / name);
  const Printed outcome = shell.run(plot, "ulimit -f 129; ");
  INFO(outcome.err);
  CHECK(outcome.code == 1);
  CHECK(is_one_sentence(outcome.err));
  CHECK(outcome.err.starts_with("rnnbench: gnuplot could not draw r/adhoc/figures/"));
  for (const std::string& name : file_names(figures)) CHECK((before[name] == file_text(figures / name)));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // with sanitizers it needs far more
TEST_CASE("a small stack suffices", "[cli][limits]") {
  const Shell shell;
  const Printed outcome = shell.run(small, "ulimit -s 96; ");  // KiB; it needs 48 to 64
  INFO(outcome.err);
  CHECK(outcome.code == 0);
  CHECK(outcome.err == "adding: 3 of 3 runs recorded in r/adding\n");
}
#endif

TEST_CASE("with fewer threads than asked for, runs complete, and records say how many there were", "[cli][limits]") {
  // As another user, because root may start any number of processes.
  if (::geteuid() != 0 || std::system("setpriv --reuid=65534 --clear-groups true 2>/dev/null") != 0) return;
  const Shell shell;
  fs::permissions(shell / "", fs::perms::all);
  // The address sanitizer would look for leaks in a thread of its own.
  const std::string one_thread =
      "export ASAN_OPTIONS=detect_leaks=0; exec prlimit --nproc=1 setpriv --reuid=65534 --clear-groups ";
  const Printed outcome = shell.run(small + "--threads 3 --no-weights", one_thread);
  INFO(outcome.err);
  CHECK(outcome.code == 0);
  CHECK(outcome.err.starts_with("note: the system started only 1 of 2 threads"));
  CHECK(outcome.err.find("note: adding lstm") != std::string::npos);
  CHECK(outcome.err.ends_with("adding: 3 of 3 runs recorded in r/adding\n"));
  for (const Record& record : ResultsFolder(shell / "r", "adding").load_all()) {
    CHECK(record.measured.at("jobs") == 1);
    CHECK(record.measured.at("threads") == 1);
  }
  const Printed speed = shell.run("speed --task adding --cell lstm --hidden 4 --length 10 --threads 3", one_thread);
  CHECK(speed.code == 1);
  CHECK(is_one_sentence(speed.err));
  CHECK(shell.run(small + "--jobs 2 --no-weights").code == 2);  // given twice
}

TEST_CASE("status and a dry run name the runs whose weights are missing", "[cli][weights]") {
  const Shell shell;
  REQUIRE(shell.run(small).code == 0);
  const auto ids = contents(ResultsFolder(shell / "r", "adding"));
  fs::remove(shell / ("r/adding/runs/" + ids.begin()->first + ".safetensors"));
  const std::string experiment = small.substr(4);
  const std::string status = small.substr(4, small.find("--jobs") - 4) + "--results r --seed 1..3";
  const Printed text = shell.run("status " + status);
  CHECK(text.out.find("weights missing or damaged: 1 of the recorded runs; to train them again: ") !=
        std::string::npos);
  const auto json = nlohmann::json::parse(shell.run("status --format json " + status).out);
  int missing = 0;
  for (const auto& run : json.at("runs")) missing += run.at("weights") == "missing";
  CHECK(missing == 1);
  CHECK(shell.run(small + "--dry-run").out.find("3 runs, 3 recorded, 0 to run, 1 to run again for their weights") !=
        std::string::npos);
  CHECK(shell.run(small + "--dry-run --no-weights").out.find("3 runs, 3 recorded, 0 to run, in") != std::string::npos);
  const Printed again = shell.run(small);
  CHECK(again.err.starts_with("note: the weights of 1 recorded run are missing or damaged; training again"));
  CHECK(contents(ResultsFolder(shell / "r", "adding")) == ids);
  CHECK(shell.run("status " + status).out.find("weights") == std::string::npos);
}

TEST_CASE("weights of a run whose input file is gone are judged by their form", "[cli][weights]") {
  const Shell shell;
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += "[0, " + std::to_string(i % 2) + ", 1]\n";
  shell.write("gone.jsonl", lines);
  REQUIRE(shell.run("run --task sequences --file gone.jsonl --cell gru --hidden 4 --updates 2").code == 0);
  const ResultsFolder results_folder(shell / "results", "sequences");
  const std::string id = results_folder.ids().at(0);
  const fs::path weights = results_folder.weights_path(id);
  fs::remove(shell / "gone.jsonl");  // which this process has not read
  const Record record = *results_folder.load(id);
  CHECK(weights_problem(weights, record) == "");
  const std::string bytes = file_text(weights);
  for (const auto& [from, to] : {std::pair{"{\"__meta", "{{__meta"}, {"\"F32\"", "\"I32\""}}) {
    std::string edited = bytes;
    REQUIRE(edited.find(from) != std::string::npos);
    edited.replace(edited.find(from), std::string(from).size(), to);
    overwrite(weights, edited);
    CHECK(weights_problem(weights, record) == "damaged");
  }
}
