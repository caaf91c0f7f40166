// rnnbench import as its user sees it: where results go, what is refused, and which commands show them.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/shell.h"
#include "tests/texts.h"

using namespace rnnbench::test;

namespace {

// Two tasks of one name; about a second for all four runs.
const std::string lengths_ini =
    "task = adding\nlength = 10, 20\ncell = lstm\nhidden = 4\nupdates = 12\nevaluate = 64\nseed = 1..2\n";
const std::string one_task_ini =
    "task = adding\nlength = 10\ncell = lstm, gru\nhidden = 4\nupdates = 12\nevaluate = 64\nseed = 1..2\n";
const std::string torch_csv = "task,model,seed,score\nadding,torch-lstm,1,0.02\nadding,torch-lstm,2,diverged\n";
const std::string imdb_csv =
    "task,model,seed,score,measure,higher_is_better\nimdb,bert,1,0.75,accuracy,true\nimdb,lstm,1,0.5,accuracy,true\n";

// The sentence of a refusal, wherever results are already.
std::string refused_command(const Shell& shell, const std::string& arguments) {
  const Printed outcome = shell.run(arguments);
  INFO(arguments << "\n" << outcome.out << outcome.err);
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  REQUIRE(outcome.err.starts_with("rnnbench: "));
  CHECK(count(outcome.err, "\n") == 1);
  return outcome.err.substr(10, outcome.err.size() - 11);
}

// The standard output of a command that succeeds.
std::string printed(const Shell& shell, const std::string& arguments) {
  const Printed outcome = shell.run(arguments);
  INFO(arguments << "\n" << outcome.err);
  CHECK(outcome.code == 0);
  return outcome.out;
}

}  // namespace

TEST_CASE("imported results stand beside those of an experiment", "[cli][imported]") {
  const Shell shell;
  shell.write("memory.ini", one_task_ini);
  shell.write("torch.csv", torch_csv);
  printed(shell, "run memory.ini --no-weights");
  const std::string status = printed(shell, "status memory.ini"),
                    table = printed(shell, "table memory.ini --format json");
  const std::string comparison = printed(shell, "compare memory.ini --cell lstm,gru");

  const std::string path = "results/memory/imported/torch.csv";
  CHECK(printed(shell, "import torch.csv --to memory.ini") ==
        path + ": imported, 2 runs of 1 model on 1 task; to see them: rnnbench table memory.ini\n");
  const std::string stored =
      "task,model,seed,measure,higher_is_better,score,updates,seconds,parameters\n"
      "adding (length 10),torch-lstm,1,mse,false,0.02,,,\n"
      "adding (length 10),torch-lstm,2,mse,false,diverged,,,\n";
  CHECK(file_text(shell / path) == stored);

  // They are in all that shows results, and in nothing else.
  CHECK(printed(shell, "table memory.ini").find("\ntorch-lstm [imported]       -            -  diverged 0.0200\n") !=
        std::string::npos);
  for (const char* format : {"csv", "markdown", "latex", "json"})
    CHECK(printed(shell, std::string("table memory.ini --format ") + format).find("torch-lstm [imported]") !=
          std::string::npos);
  auto rows = nlohmann::ordered_json::parse(printed(shell, "table memory.ini --format json"));
  rows.erase(2);
  CHECK(rows == nlohmann::ordered_json::parse(table));
  CHECK(printed(shell, "compare memory.ini --cell lstm,torch-lstm").find("mse (lower is better), unpaired\n") !=
        std::string::npos);
  CHECK(printed(shell, "compare memory.ini --cell lstm,gru") == comparison);
  CHECK(printed(shell, "status memory.ini") == status);
  CHECK(printed(shell, "verify --sample 9 memory.ini").find("4 of 4 runs identical") != std::string::npos);
  printed(shell, "report memory.ini");
  CHECK(file_text(shell / "results/memory/report.html").find("2 runs are marked as imported") != std::string::npos);
  CHECK(file_text(shell / "results/memory/figures/score-by-model.gp").find("torch-lstm [imported]") !=
        std::string::npos);
  CHECK(file_text(shell / "results/memory/runs.csv").find("torch") == std::string::npos);
  CHECK(
      refused_command(shell, "verify " + path) ==
      "RUN = " + path +
          ": this file holds imported results, which are no records: rnnbench did not train these runs, and can neither "
          "verify nor use them");

  // The same file again, and another with this name.
  CHECK(printed(shell, "import torch.csv --to memory.ini") == path + ": unchanged, 2 runs of 1 model on 1 task\n");
  CHECK(printed(shell, "import " + path + " --to memory.ini").find(": unchanged, ") != std::string::npos);
  shell.write("torch.csv", "score,seed,model,task\n0.03,1,torch-lstm,adding\n0.01,3,torch-lstm,adding\n");
  CHECK(
      refused_command(shell, "import torch.csv --to memory.ini") ==
      path +
          " holds other results of a file with this name (1 changed, 1 new, 1 missing); add --replace to replace them");
  CHECK(file_text(shell / path) == stored);
  CHECK(printed(shell, "import torch.csv --to memory.ini --replace")
            .starts_with(path + ": replaced (1 changed, 1 new, 1 missing), 2 runs of 1 model on 1 task"));
  CHECK(file_text(shell / path).find(",3,mse,false,0.01,") != std::string::npos);

  // Another file, which must not repeat a run.
  shell.write("jax.csv", "task,model,seed,score\nadding,torch-lstm,3,0.5\n");
  CHECK(refused_command(shell, "import jax.csv --to memory.ini") ==
        "jax.csv:2: task adding (length 10), model torch-lstm, seed 3 is already in " + path + ":3");
  shell.write("jax.csv", "task,model,seed,score\nadding,lstm,1,0.5\n");
  printed(shell, "import jax.csv --to memory.ini");
  const std::string both = printed(shell, "table memory.ini");
  for (const char* label : {"\nlstm  ", "\nlstm [imported]  ", "\ntorch-lstm [imported]  "})
    CHECK(both.find(label) != std::string::npos);

  // A damaged file is named, with its line.
  shell.write(path, "task,model,seed,measure,higher_is_better,score\nadding (length 10),x,1,mse,false,nan\n");
  CHECK(refused_command(shell, "table memory.ini").starts_with(path + ":2: score = nan is not a finite number"));
}

TEST_CASE("imported results name a task of the experiment, which decides what their score is",
          "[cli][imported][errors]") {
  const Shell shell;
  shell.write("memory.ini", lengths_ini);
  const auto refused = [&](const std::string& csv) {
    shell.write("x.csv", csv);
    return shell.refusal("import x.csv --to memory.ini");
  };
  const std::string head = "task,model,seed,score\n";
  CHECK(
      refused(head + "adding,m,1,0.5\n") ==
      "x.csv:2: task = adding is not one task of experiment 'memory' but several: adding (length 10), adding (length 20)");
  CHECK(
      refused(head + "adding (length 20),m,1,0.5\nadding (length 30),m,1,0.5\n") ==
      "x.csv:3: task = adding (length 30) is not a task of experiment 'memory', whose tasks are adding (length 10), adding "
      "(length 20); did you mean 'adding (length 10)'?");
  CHECK(refused("task,model,seed,score,measure\nadding (length 20),m,1,0.5,loss\n") ==
        "x.csv:2: measure = loss, but the score on task adding (length 20) has to be its measure, mse");
  CHECK(refused("task,model,seed,score,higher_is_better\nadding (length 20),m,1,0.5,true\n") ==
        "x.csv:2: higher_is_better = true, but lower is better in mse, the measure of task adding (length 20)");

  // Each is shown beside runs of its own task only.
  shell.write("x.csv", head + "adding (length 20),m,1,0.5\nadding (length 10),m,1,0.25\n");
  CHECK(printed(shell, "import x.csv --to memory.ini").find("2 runs of 1 model on 2 tasks") != std::string::npos);
  printed(shell, "run memory.ini --no-weights");
  const auto rows = nlohmann::json::parse(printed(shell, "table memory.ini --format json"));
  REQUIRE(rows.size() == 4);
  CHECK(rows[1]["score_mean"] == 0.25);
  CHECK(rows[3]["score_mean"] == 0.5);
  const Printed longer = shell.run("table memory.ini --length 20 --format json");
  CHECK(nlohmann::json::parse(longer.out).at(1).at("score_mean") == 0.5);
  CHECK(
      longer.err ==
      "rnnbench: note: 1 imported run on task adding (length 10) is left out, because no run that is shown is on this "
      "task\n");
}

TEST_CASE("imported results can be shown before any run of the experiment", "[cli][imported]") {
  const Shell shell;
  shell.write("memory.ini", one_task_ini);
  shell.write("torch.csv", torch_csv);
  CHECK(refused_command(shell, "table memory.ini").starts_with("no run of experiment 'memory' has a record"));
  printed(shell, "import torch.csv --to memory.ini --results out");
  const std::string table = printed(shell, "table memory.ini --results out");
  CHECK(table.find("adding: mse, lower is better") != std::string::npos);
  CHECK(table.find("lstm                   0 of 2") != std::string::npos);
  CHECK(printed(shell, "status memory.ini --results out").find("4 missing") != std::string::npos);
  printed(shell, "run memory.ini --no-weights --results out");
  CHECK(printed(shell, "table memory.ini --results out").find("adding: solved when mse < 0.01") != std::string::npos);
}

TEST_CASE("imported results can stand alone", "[cli][imported]") {
  const Shell shell;
  shell.write("imdb.csv", imdb_csv);
  fs::create_directories(shell / "imdb");  // a folder of this name is no experiment
  CHECK(printed(shell, "import imdb.csv") ==
        "results/imdb/imported/imdb.csv: imported, 2 runs of 2 models on 1 task; to see them: rnnbench table imdb\n");
  CHECK(printed(shell, "table imdb").starts_with("imdb\n\nimdb: accuracy, higher is better\n"));
  CHECK(printed(shell, "compare imdb --cell bert,lstm").find("mean advantage              +0.2500\n") !=
        std::string::npos);
  CHECK(printed(shell, "report imdb") == "results/imdb/report.html\n");
  CHECK(printed(shell, "plot imdb --format svg --models bert") == "results/imdb/figures/score-by-model.svg\n");
  CHECK_FALSE(fs::exists(shell / "results/imdb/runs.csv"));

  for (const char* command : {"status", "show"})
    CHECK(refused_command(shell, std::string(command) + " imdb").find("imdb") != std::string::npos);
  CHECK(
      refused_command(shell, "status imdb") ==
      "command line: 'imdb' is the name of imported results without an experiment (results/imdb/imported), which have no "
      "runs of rnnbench; table, plot, report, compare show them");
  for (const char* arguments : {"verify imdb", "verify --sample 2 imdb"})
    CHECK(
        refused_command(shell, arguments) ==
        "command line: 'imdb' is the name of imported results, which cannot be verified: rnnbench did not train these runs");
  for (const char* option : {"--length 5", "--runs tuned", "--profile full"})
    CHECK(
        refused_command(shell, std::string("table imdb ") + option) ==
        "command line: 'imdb' is the name of imported results without an experiment (results/imdb/imported); settings, "
        "--runs and --profile are of experiments");

  // A task of rnnbench has its own measure, with the settings that are given.
  shell.write("jax.csv",
              "task,model,seed,score\nadding (variant hochreiter),m,1,0.5\nadding,m,1,0.5\ncopy (length 5),m,1,1\n");
  printed(shell, "import jax.csv --to mine");
  const auto rows = nlohmann::json::parse(printed(shell, "table mine --format json"));
  CHECK(rows[0]["measure"] == "mse");
  CHECK(rows[1]["task"] == "adding (variant hochreiter)");
  CHECK(rows[1]["higher_is_better"] == true);
  CHECK(rows[2]["measure"] == "recall");
}

TEST_CASE("mistakes of an import are refused before anything is written", "[cli][imported][errors]") {
  const Shell shell;
  const auto refused = [&](const std::string& csv, const std::string& arguments = "import x.csv") {
    shell.write("x.csv", csv);
    return shell.refusal(arguments);
  };
  const std::string head = "task,model,seed,score\n";
  CHECK(
      refused(head + "imdb,m,1,0.5\n") ==
      "x.csv:2: it is not known whether higher scores on task imdb are better; add a column higher_is_better with true or "
      "false");
  CHECK(refused("task,model,seed,score,higher_is_better,measure\nimdb,m,1,0.5,true,solved\n") ==
        "x.csv:2: measure = solved has another meaning in rnnbench than the score of a run; give it another name");
  CHECK(
      refused(head + "copy (lenght 5),m,1,0.5\n")
          .starts_with("x.csv:2: task = copy (lenght 5): 'lenght' is not an option of task copy, which has length, "));
  CHECK(refused(head + "copy (length five),m,1,0.5\n").starts_with("x.csv:2: length = five is not a whole number"));
  CHECK(refused(head + "copy (length 5,m,1,0.5\n").starts_with("x.csv:2: the number of fields") == false);
  CHECK(refused(head + "copy (length 5,m,1,0.5\n") ==
        "x.csv:2: task = copy (length 5 is not of the form 'copy' or 'copy (OPTION VALUE, ...)'");
  CHECK(refused(head + "sequences,m,1,0.5\n")
            .starts_with("x.csv:2: it is not known whether higher scores on task sequences"));
  CHECK(refused(head + "copy,m,1,0.5\n", "import x.csv --to a/b").starts_with("command line: --to = a/b is neither"));
  CHECK(refused(head + "copy,m,1,0.5\n", "import x.csv --to .hidden")
            .starts_with("command line: --to = .hidden is neither"));
  for (const std::string name : {"findings", "findings.html", "smoke", "lab", "full"})
    CHECK(refused(head + "copy,m,1,0.5\n", "import x.csv --to " + name) ==
          "command line: '" + name +
              "' cannot be a name for results, because smoke, lab, full, findings, findings.html have other meanings; "
              "choose another name with --to");
  CHECK(refused(head + "copy,m,1,0.5\n", "import x.csv --to none.ini") ==
        "cannot read 'none.ini': No such file or directory");
  CHECK(shell.refusal("import") == "command line: 'rnnbench import' needs one CSV file, but none is given");
  CHECK(shell.refusal("import x.csv y.csv") ==
        "command line: 'rnnbench import' needs one CSV file, but 'y.csv' is given too");
  CHECK(shell.refusal("import none.csv") == "cannot read 'none.csv': No such file or directory");
  CHECK(shell.refusal("import x.csv --length 5") ==
        "command line: unknown option --length; 'rnnbench import --help' lists the options");
  shell.write("plain", head + "copy,m,1,0.5\n");  // 'rnnbench table plain' would read this file
  CHECK(shell.refusal("import plain")
            .starts_with("command line: 'plain' would be a name for results that stand alone, but there is a file with "
                         "this name"));
  shell.write("x.ini", one_task_ini);
  CHECK(
      shell.refusal("import x.csv").starts_with("command line: 'x' would be a name for results that stand alone, but"));
  shell.write(".csv", head);
  CHECK(shell.refusal("import .csv").starts_with("the name of the file = .csv is neither"));

  // Records without the file of their experiment.
  printed(shell, "run --task adding --cell lstm --hidden 4 --length 10 --updates 3 --evaluate 20 --no-weights");
  shell.write("y.csv", torch_csv);
  CHECK(refused_command(shell, "import y.csv --to adding") ==
        "command line: results/adding/runs holds records of an experiment, but --to adding is neither a file nor an "
        "experiment of the catalogue; give the file of the experiment, or another name");
}

TEST_CASE("imported results have no part in verdicts", "[cli][imported][findings]") {
  const Shell shell;
  shell.write("study.ini",
              "task = adding\nlength = 10\ncell = lstm, gru\nhidden = 4\nupdates = 12\nevaluate = 64\nseed = 1..16\n"
              "[claim]\nnumber = 1\nclaim = A claim.\nsource = A paper.\nmeasure = loss\ncompare = gru / lstm < 1\n"
              "margin = 0.1 (a reason)\n");
  printed(shell, "reproduce study.ini");
  const std::string findings = printed(shell, "findings study.ini --format json");
  CHECK(findings.find("not run") == std::string::npos);
  shell.write("torch.csv", "task,model,seed,score\nadding,lstm,1,1e-9\nadding,gru,1,1e9\n");
  printed(shell, "import torch.csv --to study.ini");
  CHECK(printed(shell, "table study.ini").find("gru [imported]") != std::string::npos);
  CHECK(printed(shell, "findings study.ini --format json") == findings);
  printed(shell, "reproduce study.ini");
  CHECK(printed(shell, "findings study.ini --format json") == findings);
}

TEST_CASE("of two imports of one name at the same time, one is stored and the other refused", "[cli][imported]") {
  const Shell shell;
  const std::string head = "task,model,seed,score,measure,higher_is_better\n";
  shell.write("a/z.csv", head + "imdb,bert,1,0.75,accuracy,true\n");
  shell.write("b/z.csv", head + "imdb,bert,1,0.5,accuracy,true\n");
  const auto import_of = [](const std::string& part) {
    return "{ '" RNNBENCH_PROGRAM "' import " + part + "/z.csv --to mine >" + part + "/out 2>&1; echo $? >" + part +
           "/code; } & ";
  };
  for (int round = 0; round < 5; ++round) {
    fs::remove_all(shell / "results");
    const std::string both = "cd '" + (shell / "").string() + "'; " + import_of("a") + import_of("b") + "wait";
    REQUIRE(std::system(both.c_str()) == 0);
    const bool first = file_text(shell / "a/code") == "0\n";
    CHECK(file_text(shell / (first ? "b/code" : "a/code")) == "2\n");
    CHECK(file_text(shell / (first ? "a/code" : "b/code")) == "0\n");
    const std::string stored = file_text(shell / "results/mine/imported/z.csv");
    CHECK(stored.find(first ? ",0.75," : ",0.5,") != std::string::npos);
  }
}
