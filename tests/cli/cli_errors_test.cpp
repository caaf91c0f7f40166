// The program as its user sees it: exit codes, output, and the message for every mistake.
#include <array>
#include <cmath>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/shell.h"

using namespace rnnbench::test;
using Catch::Contains;

namespace {

const std::string one_run = "task = copy\ncell = lstm\nlength = 20\n";

}  // namespace

TEST_CASE("help and version go to standard output", "[cli]") {
  const Shell shell;
  const Printed help = shell.run("--help");
  CHECK(help.code == 0);
  CHECK(help.err.empty());
  for (const char* command : {"list", "show", "run", "status", "table", "plot", "report", "compare", "reproduce",
                              "findings", "check", "verify", "trace", "predict", "export", "dump", "speed", "import"}) {
    INFO(command);
    CHECK(help.out.find(std::string("\n  ") + command) != std::string::npos);
    const Printed usage = shell.run(std::string(command) + " --help");
    CHECK(usage.code == 0);
    CHECK(usage.err.empty());
    CHECK(usage.out.find(std::string("usage: rnnbench ") + command) != std::string::npos);
    CHECK(shell.run(std::string("help ") + command).out == usage.out);
  }
  CHECK(shell.run("help").out == help.out);
  CHECK_THAT(shell.refusal("help tabel"), Contains("unknown command 'tabel'; did you mean 'table'?"));
  const Printed nothing = shell.run("");
  CHECK(nothing.code == 2);
  CHECK(nothing.out.empty());
  CHECK(nothing.err == help.out);
}

TEST_CASE("a figure for a paper that is higher than a page is announced", "[cli][figures]") {
  const Shell shell;
  shell.write("tasks.ini",
              "task = copy, adding, parity, counting\ncell = rnn\nhidden = 2\nupdates = 1\nevaluate = 1\n");
  REQUIRE(shell.run("run tasks.ini --no-weights").code == 0);
  const Printed four = shell.run("plot tasks.ini --paper column --format svg --out figures");
  INFO(four.err);
  CHECK(four.code == 0);
  CHECK_THAT(four.err,
             Contains("learning-curves-column is ") && Contains(" mm high, more than fits a page; --paper page"));
  CHECK(shell.run("plot tasks.ini --task copy --paper column --format svg --out figures").err.empty());
  for (const char* out : {"/dev/null", "tasks.ini", "tasks.ini/figures"}) {
    const Printed refused = shell.run(std::string("plot tasks.ini --out ") + out);
    CHECK(refused.code == 2);
    CHECK(refused.err.starts_with("rnnbench: command line: --out = " + std::string(out) + " cannot be written: "));
  }
}

TEST_CASE("mistakes on the command line", "[cli][errors]") {
  const Shell shell;
  shell.write("x.ini", one_run);
  CHECK(shell.refusal("--version x") == "command line: --version takes no arguments, but 'x' is given");
  CHECK(shell.refusal("lits") == "command line: unknown command 'lits'; did you mean 'list'?");
  CHECK(shell.refusal("reproduce --freeze --dry-run") == "command line: --freeze and --dry-run exclude each other");
  CHECK(shell.refusal("reproduce --shard 1/2 --freeze") == "command line: --freeze and --shard exclude each other");
  const std::string long_name(300, 'x');
  CHECK(shell.refusal("export --task copy --to " + long_name) ==
        "command line: --to = " + long_name + " cannot be written: File name too long");
  CHECK(shell.refusal("frobnicate") ==
        "command line: unknown command 'frobnicate'; 'rnnbench --help' lists the commands");
  CHECK(shell.refusal("run x.ini --lenght 5") == "command line: unknown option --lenght; did you mean --length?");
  CHECK(shell.refusal("run x.ini --lenght=5") == "command line: unknown option --lenght; did you mean --length?");
  CHECK(shell.refusal("run x.ini --color blue") ==
        "command line: unknown option --color; 'rnnbench run --help' lists the options");
  // No abbreviations: they would change their meaning with the next option.
  CHECK(shell.refusal("run x.ini --lengt 5") == "command line: unknown option --lengt; did you mean --length?");
  CHECK(shell.refusal("run x.ini --length") ==
        "command line: --length needs a value; 'rnnbench run --help' lists the options");
  CHECK(shell.refusal("run x.ini --length --dry-run") ==
        "command line: --length needs a value; 'rnnbench run --help' lists the options");
  CHECK(shell.refusal("run x.ini --dry-run=yes") ==
        "command line: --dry-run takes no value; 'rnnbench run --help' lists the options");
  CHECK(shell.refusal("run x.ini --seed 1 --seed 2") == "command line: --seed is given twice");
  CHECK(shell.refusal("run x.ini --keep-going --fail-fast") ==
        "command line: --keep-going and --fail-fast exclude each other");
  CHECK(shell.refusal("run x.ini --jobs 0") == "command line: --jobs = 0 is not a whole number from 1 to 4096");
  CHECK(shell.refusal("run x.ini --threads two") ==
        "command line: --threads = two is not a whole number from 1 to 4096");
  CHECK(shell.refusal("status x.ini --format jsn") ==
        "command line: --format = jsn is not one of text, json; did you mean 'json'?");
  CHECK(shell.refusal("list taks") ==
        "command line: 'taks' is not one of tasks, models, experiments; did you mean 'tasks'?");
  CHECK(shell.refusal("list --length 5") ==
        "command line: unknown option --length; 'rnnbench list --help' lists the options");
  CHECK(shell.refusal("show lsmt") ==
        "command line: 'lsmt' is not a task, a cell, a file or an experiment; did you mean 'lstm'?");
  CHECK(shell.refusal("show lstm --length 5") ==
        "command line: --length cannot be combined with 'lstm'; they belong to a task or an experiment");
  CHECK(shell.refusal("run") ==
        "command line: 'rnnbench run' needs an experiment (FILE.ini, a name of the catalogue, or settings such as "
        "--task adding --cell lstm), but none is given");
  CHECK(shell.refusal("run x.ini y.ini") ==
        "command line: 'rnnbench run' needs one experiment (FILE.ini or a name of the catalogue), "
        "but 'y.ini' is given too");
  CHECK(shell.refusal("run --task adding --cell lstm --title x") ==
        "command line: unknown option --title; 'rnnbench run --help' lists the options");
  CHECK(shell.refusal("run --task adding --cell lstm --batch 0") ==
        "command line: batch = 0 is not a whole number from 1 to 65536");
  CHECK(shell.refusal("run x.ini --seed 1..2..") ==
        "command line: seed = 1..2.. is not a valid range; write first..last or first..last..step, with whole "
        "numbers, first <= "
        "last and step >= 1");
}

TEST_CASE("unreadable files", "[cli][errors]") {
  const Shell shell;
  CHECK(shell.refusal("run x.ini") == "cannot read 'x.ini': No such file or directory");
  shell.write("folder/x.ini", "");
  CHECK(shell.refusal("run folder") == "cannot read 'folder': this is a folder, not an INI file");
  shell.write("experiments/catalogue/quickstart.ini", one_run);
  CHECK(shell.refusal("run quickstar") ==
        "command line: 'quickstar' is neither a file nor an experiment of the catalogue; did you mean "
        "'quickstart'?");
  if (geteuid() != 0) {  // root reads everything
    shell.write("secret.ini", one_run);
    fs::permissions(shell / "secret.ini", fs::perms::none);
    CHECK(shell.refusal("run secret.ini") == "cannot read 'secret.ini': Permission denied");
  }
}

TEST_CASE("mistakes in a file name file and line, whatever the command", "[cli][errors]") {
  const Shell shell;
  shell.write("x.ini", one_run + "hiden = 4\n");
  for (const char* command : {"run x.ini", "run x.ini --dry-run", "status x.ini", "show x.ini"}) {
    CHECK(shell.refusal(command) == "x.ini:4: unknown key 'hiden'; did you mean 'hidden'?");
  }
  shell.write("x.ini", one_run + "seed = 1..200000\n");
  CHECK(shell.refusal("run x.ini") == "x.ini:4: seed = 1..200000 has 200000 values; at most 100000 are allowed");
  shell.write("x.ini", one_run + "seed = 1..100000\nhidden = 1,2\n");
  CHECK(shell.refusal("run x.ini") ==
        "x.ini: the grid has more than the maximum of 100000 runs; numbers of values: 1 of task, 1 of cell, "
        "2 of hidden, 100000 of seed");
}

TEST_CASE("text that only looks right is refused", "[cli][errors]") {
  const Shell shell;
  shell.write("x.ini", one_run + "[]\nhidden = 4\n");
  CHECK(shell.refusal("run x.ini") == "x.ini:4: [] names no section; write [TASK], [CELL] or [TASK/CELL]");
  shell.write("x.ini", one_run + std::string("hid\0den = 4\n", 12));
  CHECK(shell.refusal("run x.ini") ==
        "x.ini:4: the line contains a control character or is not UTF-8; an INI file is plain text");
  shell.write("x.ini", one_run);
  CHECK(shell.refusal("run x.ini --results=") ==
        "command line: --results needs a value; 'rnnbench run --help' lists the options");
  CHECK(shell.refusal("dump --to /dev/null").find("/dev/null") != std::string::npos);
  CHECK(shell.refusal("speed --task adding --cell lstm --length 5 --time-steps 20").find("--time-steps") !=
        std::string::npos);
}

TEST_CASE("a dry run lists the runs and trains none", "[cli]") {
  const Shell shell;
  shell.write("x.ini", "task = adding\ncell = lstm\nforget-bias = 1\n");
  const Printed plan = shell.run("run x.ini --dry-run --length 50 --forget-bias -1.5 --seed 7..8 --results out");
  INFO(plan.err);
  CHECK(plan.code == 0);
  CHECK(plan.err.empty());
  CHECK(plan.out.find("adding lstm forget-bias=-1.5 hidden=64 length=50 seed=7\n") != std::string::npos);
  CHECK(plan.out.find("2 runs, 0 recorded, 2 to run, in out/x\n") != std::string::npos);
  CHECK_FALSE(fs::exists(shell / "out"));
  CHECK_FALSE(fs::exists(shell / "results"));
}

TEST_CASE("a study whose files are missing can be read, and is not run", "[cli][errors]") {
  const Shell shell;
  const std::string claim =
      "[claim]\nnumber = 1\nclaim = c\nsource = s\nmeasure = nll\ncompare = gru < lstm\nmargin = 0 (any)\n";
  shell.write("music.ini",
              "task = sequences\nfile = nowhere.json@0123456789abcdef\ncell = lstm, gru\nseed = 1..16\n" + claim);
  const std::string sentence =
      "there is no file nowhere.json, which these runs read (docs/your-own-data.md says how to get the files of the catalogue)";
  CHECK(shell.refusal("reproduce music.ini --results out") == sentence);
  CHECK(shell.refusal("run music.ini --results out") == sentence);
  CHECK(shell.run("show music.ini").code == 0);
  const Printed findings = shell.run("findings music.ini --results out");
  CHECK(findings.code == 0);
  CHECK(findings.out.find("not run") != std::string::npos);
  CHECK(findings.out.find(sentence) != std::string::npos);
  CHECK_FALSE(fs::exists(shell / "out"));
}

TEST_CASE("status says what is missing and how to continue", "[cli]") {
  const Shell shell;
  shell.write("x y.ini", one_run + "seed = 1..3\n");
  const Printed text = shell.run("status 'x y.ini' --seed=2,3 --results out");
  INFO(text.out << text.err);
  CHECK(text.code == 0);
  CHECK(text.out.find("2 runs in out/x y: 0 solved, 0 finished, 0 diverged, 0 interrupted, 2 missing\n") !=
        std::string::npos);
  CHECK(text.out.ends_with("continue with: " RNNBENCH_PROGRAM " run 'x y.ini' --seed 2,3 --results out\n"));
  const auto json = nlohmann::json::parse(shell.run("status 'x y.ini' --seed 2 --format json").out);
  CHECK(json.at("counts").at("missing") == 1);
  CHECK(json.at("runs").at(0).at("state") == "missing");
  CHECK(json.at("experiment") == "x y");
  CHECK_FALSE(fs::exists(shell / "out"));
}

TEST_CASE("status follows a run from missing over interrupted to recorded", "[cli]") {
  const Shell shell;
  shell.write("x.ini", one_run + "hidden = 4\nupdates = 5\nevaluate = 8\n");
  const auto status = [&] { return nlohmann::json::parse(shell.run("status x.ini --format json").out); };
  const auto missing = status();
  CHECK(missing.at("runs").at(0).at("state") == "missing");
  const std::string id = missing.at("runs").at(0).at("id");
  CHECK(missing.at("continue") == RNNBENCH_PROGRAM " run x.ini");

  shell.write("results/x/runs/" + id + ".checkpoint", "");
  CHECK(status().at("runs").at(0).at("state") == "interrupted");
  CHECK(status().at("continue") == RNNBENCH_PROGRAM " run x.ini");
  fs::remove(shell / ("results/x/runs/" + id + ".checkpoint"));

  CHECK(shell.run("run x.ini").code == 0);
  const auto recorded = status();
  CHECK(recorded.at("runs").at(0).at("state") == "finished");
  CHECK(recorded.at("counts").at("finished") == 1);
  CHECK(recorded.at("continue").is_null());
  CHECK(shell.run("run x.ini --dry-run").out.find(id + "  recorded  copy lstm") == 0);
}

TEST_CASE("list and show print the tables of tasks and models", "[cli]") {
  const Shell shell;
  shell.write("experiments/catalogue/mine.ini", "title = My own\n" + one_run + "seed = 1..3\n");
  const auto listed = [&](const std::string& what) {
    return nlohmann::json::parse(shell.run("list " + what + " --format json").out);
  };
  for (const auto& [what, min] : {std::pair{"tasks", 3}, {"models", 4}}) {
    const auto list = listed(what);
    CHECK(list.size() >= static_cast<std::size_t>(min));
    for (const auto& entry : list) {
      const std::string name = entry.at("name");
      INFO(name);
      CHECK(shell.run("list").out.find("\n  " + name + " ") != std::string::npos);
      const Printed text = shell.run("show " + name);
      CHECK(text.code == 0);
      CHECK(text.out.starts_with(name + ": "));
      const auto shown = nlohmann::json::parse(shell.run("show " + name + " --format json").out);
      CHECK(shown.at("options").size() >= 2);
      for (const auto& option : shown.at("options")) {
        CHECK(text.out.find("\n  " + option.at("name").get<std::string>() + " ") != std::string::npos);
      }
    }
  }
  CHECK(shell.run("show training").out.find("\n  learning-rate ") != std::string::npos);

  // Away from a catalogue, that of the source folder is listed; each of its files is sound, or list would
  // fail.
  const fs::path source = fs::path(RNNBENCH_SOURCE_DIR) / "experiments" / "catalogue";
  std::size_t declared = 0;
  for (const auto& entry : fs::directory_iterator(source)) declared += entry.path().extension() == ".ini";
  fs::rename(shell / "experiments", shell / "elsewhere");
  const auto installed = listed("experiments");
  CHECK(installed.size() == declared);
  for (const auto& experiment : installed) CHECK(fs::path(experiment.at("file")).parent_path() == source);
  fs::rename(shell / "elsewhere", shell / "experiments");

  // The catalogue of the current folder goes before that of the source folder; its names stand for its files.
  const auto experiments = listed("experiments");
  REQUIRE(experiments.size() == 1);
  CHECK(experiments[0].at("name") == "mine");
  CHECK(experiments[0].at("summary") == "My own");
  CHECK(experiments[0].at("runs") == 3);
  CHECK(shell.run("run mine --dry-run").out.find("3 runs, 0 recorded") != std::string::npos);
  const auto shown = nlohmann::json::parse(shell.run("show mine --format json").out);
  CHECK(shown.at("title") == "My own");
  CHECK(shown.at("runs") == 3);
  REQUIRE(shown.at("models").size() == 1);
  CHECK(shown.at("models")[0].at("runs") == 3);
  // 4 (64 * 64 + 64 * 10 + 2 * 64) and the output layer's 9 * 64 + 9, on copy with 8 symbols, blank and cue.
  CHECK(shown.at("models")[0].at("parameters") == 20041);
}

TEST_CASE("check takes the options of a network", "[cli]") {
  const Shell shell;
  const Printed checked = shell.run("check lstm gru --layers 1,3 --direction bidirectional --hidden 3");
  CHECK(checked.code == 0);
  CHECK_THAT(checked.out, Contains("lstm  layers = 1, direction = bidirectional, hidden = 3") &&
                              Contains("gru   layers = 3, direction = bidirectional, hidden = 3") &&
                              Contains("weight_hh_l") && Contains("every gradient agrees"));
  CHECK(shell.run("check lstm --layers 2 --dropout 0.5 --layer-norm yes").code == 0);
  CHECK_THAT(shell.refusal("check --layers 2"), Contains("--layers needs a cell"));
  CHECK_THAT(shell.refusal("check lstm --batch 2"), Contains("--batch is not an option of the network of lstm"));
  CHECK_THAT(shell.refusal("check rnn --forget-bias 2"), Contains("--forget-bias is not an option"));
  CHECK_THAT(shell.refusal("check lstm --dropout 0.5 --layers 1"), Contains("dropout = 0.5 acts between layers"));
  CHECK_THAT(shell.refusal("check lstm --layers 0"), Contains("layers = 0"));
}

TEST_CASE("show prints the bounds of a task with the given options", "[cli]") {
  const Shell shell;
  const auto bounds = [&](const std::string& options) {
    const Printed shown = shell.run("show copy --format json " + options);
    CHECK(shown.code == 0);
    return nlohmann::json::parse(shown.out).at("with_settings").at("baseline").get<double>();
  };
  // items ln(symbols) / (T + 2 items)
  CHECK(bounds("--length 8") == Approx(10 * std::log(8.0) / 28));
  CHECK(bounds("--length 8 --items 3 --symbols 4") == Approx(3 * std::log(4.0) / 14));
  CHECK(bounds("") == Approx(10 * std::log(8.0) / 120));
  CHECK_THAT(shell.run("show copy --length 8").out, Contains("with length = 8\n"));
  CHECK_THAT(shell.refusal("show copy --hidden 8"), Contains("--hidden is not an option of the task copy"));
  CHECK_THAT(shell.refusal("show copy --length 8,9"), Contains("needs one value for each option"));
  CHECK_THAT(shell.refusal("show lstm --hidden 8"), Contains("--hidden cannot be combined with 'lstm'"));
  CHECK_THAT(shell.refusal("show sequences --file none.json"), Contains("none.json"));
}

TEST_CASE("who trained with settings on the command line is told to repeat them", "[cli][errors]") {
  const Shell shell;
  shell.write("m.ini", "task = adding\ncell = rnn, gru\nlength = 4\nhidden = 2\nupdates = 10\nseed = 1..2\n");
  const std::string otherwise = "results/m has 4 records of runs with other settings";
  REQUIRE(shell.run("run m.ini --updates 2 --batch 4").code == 0);
  const std::string hint =
      otherwise + ", such as --batch 4 --updates 2: repeat the settings that they were trained with";
  for (const char* command : {"table m.ini", "report m.ini", "verify --sample 2 m.ini"}) {
    const Printed outcome = shell.run(command);
    CHECK(outcome.code == 2);
    CHECK(outcome.err.find("; " + hint + "\n") != std::string::npos);
  }
  // So is who looks at them before they are trained: the command has the same settings.
  for (const char* command : {"table", "plot", "report"})
    CHECK(shell.run(std::string(command) + " m.ini --updates 4 --seed 1,2")
              .err.starts_with(
                  "rnnbench: no run of experiment 'm' has a record in results/m/runs; run it first: " RNNBENCH_PROGRAM
                  " run m.ini --updates 4 --seed 1,2; " +
                  otherwise));
  CHECK(shell.run("status m.ini").out.ends_with(hint + "\n"));
  CHECK(shell.run("table m.ini --batch 4 --updates 2").code == 0);
  // Settings that differ in many places are not listed, and a run that is recorded needs no hint.
  const Printed many = shell.run("table m.ini --batch 4 --layers 2 --clip-norm 3 --length 5");
  CHECK(many.err.find("; " + otherwise + ": repeat the settings") != std::string::npos);
  CHECK(shell.run("status m.ini --updates 2 --batch 4 --seed 2..3").out.find("other settings") == std::string::npos);
}
