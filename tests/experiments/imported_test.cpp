// Files of imported results: what is read, what is refused with file and line, and what is stored.
#include "experiments/records/imported.h"

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/text.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

// As of a task whose measure is known.
ScoredTask higher(ScoredTask line) {
  if (line.measure.empty()) line.measure = "accuracy";
  if (!line.higher_is_better) line.higher_is_better = true;
  return line;
}

// The same text with everything that a line may leave out left as it is.
ScoredTask as_written(ScoredTask line) { return line; }

class CsvFile {
 public:
  explicit CsvFile(const std::string& text) { overwrite(path(), text); }
  fs::path path() const { return folder_.path() / "x.csv"; }

 private:
  TemporaryFolder folder_;
};

std::vector<ImportedRun> imported(const std::string& text) { return read_import(CsvFile(text).path(), higher); }

// The sentence without the folder: "x.csv:2: ...".
std::string refused_import(const std::string& text, ScoredTask (*resolve)(ScoredTask) = higher) {
  const CsvFile file(text);
  try {
    read_import(file.path(), resolve);
  } catch (const UserError& error) {
    return replace_all(error.what(), file.path().parent_path().string() + "/", "");
  }
  return "accepted";
}

const std::string head = "task,model,seed,score\n";
const std::string columns =
    "the columns are task, model, seed, score and, if wanted, measure, higher_is_better, updates, seconds, parameters";

}  // namespace

TEST_CASE("columns of imported results may be in any order, and cells of optional ones empty", "[imported]") {
  const auto runs = imported(
      "\xef\xbb\xbfseconds,seed,score,updates,model,parameters,task,higher_is_better,measure\r\n"
      "1.5,4294967295,-1e-3,5000.0,\"lstm (layers 2, hidden 64)\",20234,copy,True,recall\r\n"
      ",0,diverged,,\"say \"\"x\"\"\",,copy,TRUE,recall\r\n");
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].task == "copy");
  CHECK(runs[0].model == "lstm (layers 2, hidden 64)");
  CHECK(runs[0].seed == 4'294'967'295);
  CHECK(runs[0].measure == "recall");
  CHECK(runs[0].higher_is_better);
  CHECK(runs[0].score == -1e-3);
  CHECK(runs[0].updates == 5000);
  CHECK(runs[0].seconds == 1.5);
  CHECK(runs[0].parameters == 20234);
  CHECK(runs[0].place.ends_with("x.csv:2"));
  CHECK(runs[1].model == "say \"x\"");
  CHECK_FALSE(runs[1].score);
  CHECK_FALSE(runs[1].updates);
  CHECK_FALSE(runs[1].seconds);
  CHECK_FALSE(runs[1].parameters);
}

TEST_CASE("mistakes in the columns of imported results", "[imported][errors]") {
  CHECK(refused_import("") == "x.csv:1: the file is empty; its first line names the columns: " + columns);
  CHECK(refused_import("\n\n") == refused_import(""));
  CHECK(refused_import("\n" + head) == "x.csv:2: there is no run below the names of the columns");
  CHECK(refused_import("task,model,seed\na,b,1\n") == "x.csv:1: there is no column 'score'; " + columns);
  CHECK(refused_import("task,model,seed,scores\na,b,1,2\n") ==
        "x.csv:1: unknown column 'scores'; " + columns + "; did you mean 'score'?");
  CHECK(refused_import("task;model;seed;score\na;b;1;2\n") ==
        "x.csv:1: unknown column 'task;model;seed;score'; " + columns);
  CHECK(refused_import("task,model,seed,score,\na,b,1,2,\n") == "x.csv:1: unknown column ''; " + columns);
  CHECK(refused_import("task,model,seed,score,seed\na,b,1,2,3\n") == "x.csv:1: the column seed is there twice");
  CHECK(refused_import(head + "a,b,1\n") == "x.csv:2: the number of fields is 3, but that of columns is 4");
  CHECK(refused_import(head + "a,b,1,0,5\n") == "x.csv:2: the number of fields is 5, but that of columns is 4");
  CHECK(refused_import(head + "a,\"b\nc\",1,2\n") ==
        "x.csv:2: a field that begins with a quote has no quote at its end on this line");
}

TEST_CASE("mistakes in the values of imported results", "[imported][errors]") {
  for (const std::string score : {"nan", "NaN", "inf", "-inf", "1e400", "1,5", "0x10", "abc", "+1"}) {
    INFO(score);
    CHECK(refused_import(head + "a,b,1,\"" + score + "\"\n") ==
          "x.csv:2: score = " + score +
              " is not a finite number; write a number, or 'diverged' for a run that ended without a score");
  }
  for (const std::string score : {"1e101", "-1.1e100", "1e308"})
    CHECK(refused_import(head + "a,b,1," + score + "\n") ==
          "x.csv:2: score = " + score + " is not between -1e100 and 1e100");
  CHECK(imported(head + "a,b,1,-1e100\n").at(0).score == -1e100);
  CHECK(refused_import(head + "a,b,1,0.5\na,b,2,\n") ==
        "x.csv:3: score is empty; write a number, or 'diverged' for a run that ended without a score");
  for (const std::string seed : {"-1", "1.5", "4294967296", "one", "1e400"})
    CHECK(refused_import(head + "a,b," + seed + ",1\n") ==
          "x.csv:2: seed = " + seed + " is not a whole number from 0 to 4294967295");
  CHECK(refused_import(head + "a,b,,1\n") == "x.csv:2: seed is empty");
  CHECK(refused_import(head + ",b,1,1\n") == "x.csv:2: task is empty");
  CHECK(refused_import(head + "a,,1,1\n") == "x.csv:2: model is empty");
  CHECK(refused_import(head + "a," + std::string(201, 'x') + ",1,1\n") ==
        "x.csv:2: the name of the model has 201 bytes, more than the maximum of 200");
  const auto with = [](const std::string& column, const std::string& value) {
    return refused_import("task,model,seed,score," + column + "\na,b,1,1,\"" + value + "\"\n");
  };
  CHECK(with("updates", "-1") == "x.csv:2: updates = -1 is not a whole number from 0 to 9007199254740992");
  CHECK(with("updates", "nan") == "x.csv:2: updates = nan is not a whole number from 0 to 9007199254740992");
  CHECK(with("parameters", "0") == "x.csv:2: parameters = 0 is not a whole number from 1 to 9007199254740992");
  CHECK(with("seconds", "-0.5") == "x.csv:2: seconds = -0.5 is not a finite number from 0 on");
  CHECK(with("seconds", "inf") == "x.csv:2: seconds = inf is not a finite number from 0 on");
  CHECK(with("higher_is_better", "yes") == "x.csv:2: higher_is_better = yes is not one of true, false");
  CHECK(with("measure", "accuracy at 50") ==
        "x.csv:2: measure = accuracy at 50 is not one word of letters, digits, '_' and '-'");
  CHECK(refused_import(head + "a,b,1,0.5\n", as_written) == "x.csv:2: measure is empty");
  CHECK(
      refused_import("task,model,seed,score,measure\nimdb,b,1,0.5,accuracy\n", as_written) ==
      "x.csv:2: it is not known whether higher scores on task imdb are better; add a column higher_is_better with true "
      "or false");
}

TEST_CASE("names of imported models can be named on the command line", "[imported][errors]") {
  for (const std::string model : {"a, b", "lstm (hidden 64", "a)", "a{"}) {
    INFO(model);
    CHECK(refused_import(head + "x,\"" + model + "\",1,1\n").starts_with("x.csv:2: model = " + model + ": commas"));
  }
  CHECK(refused_import(head + "x,lstm [imported],1,1\n") ==
        "x.csv:2: model = lstm [imported]: [imported] marks imported models in the tables; leave it out");
  CHECK(refused_import(head + "x,[a] *b* <i>,1,1\n") == "accepted");
}

TEST_CASE("each run is imported once, and each task has one measure", "[imported][errors]") {
  CHECK(refused_import(head + "a,b,1,0.5\na,c,1,0.5\na,b,1,0.6\n") ==
        "x.csv:4: task a, model b, seed 1 is already in x.csv:2");
  CHECK(refused_import(head + "a,b,1,0.5\na,b,1.0,0.5\n") == "x.csv:3: task a, model b, seed 1 is already in x.csv:2");
  CHECK(
      refused_import("task,model,seed,score,measure,higher_is_better\na,b,1,0.5,loss,false\na,b,2,0.5,error,false\n") ==
      "x.csv:3: the score on task a is error (lower is better), but in x.csv:2 it is loss (lower is better); all scores "
      "on a task are of one measure");
  CHECK(
      refused_import("task,model,seed,score,higher_is_better\na,b,1,0.5,false\na,b,2,0.5,true\n")
          .starts_with(
              "x.csv:3: the score on task a is accuracy (higher is better), but in x.csv:2 it is accuracy (lower is better)"));
}

TEST_CASE("files of imported results that are too large, or are none, are refused", "[imported][errors]") {
  const TemporaryFolder folder;
  const auto reason = [](const fs::path& path) {
    try {
      read_import(path, higher);
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(reason(folder.path()) == "cannot read '" + folder.path().string() + "': this is a folder");
  CHECK(reason(folder.path() / "none.csv").ends_with("none.csv': No such file or directory"));
  CHECK(reason("/dev/zero").ends_with("this is a device or a pipe, not a regular file"));
  CHECK(reason("a\nb.csv").find("contains a control character") != std::string::npos);
  const fs::path large = folder.path() / "large.csv";
  overwrite(large, head);
  fs::resize_file(large, max_import_bytes + 1);
  CHECK(reason(large).ends_with("the file has more than the maximum of 16777216 bytes"));
  std::string many = head;
  for (std::size_t i = 0; i <= max_import_runs; ++i) many += "a,b," + std::to_string(i) + ",1\n";
  CHECK(refused_import(many) == "x.csv:100002: the file has more than the maximum of 100000 runs");
}

TEST_CASE("what is stored reads back as the same runs, in an order of its own", "[imported]") {
  const std::string text =
      "task,model,seed,score,updates,seconds,parameters\n"
      "b,\"x \"\"y\"\" (a, b)\",2,0.1,9007199254740992,0.1,1\n"
      "b,\"x \"\"y\"\" (a, b)\",1,1e-300,,,\n"
      "a,\"z, (q)\",1,diverged,12345678,1e300,99\n";
  CHECK(refused_import(text).starts_with("x.csv:4: model = z, (q): commas"));
  const std::string stored = import_text(imported(replace_all(text, "z, (q)", "z (q)")));
  CHECK(stored ==
        "task,model,seed,measure,higher_is_better,score,updates,seconds,parameters\n"
        "a,z (q),1,accuracy,true,diverged,12345678,1e+300,99\n"
        "b,\"x \"\"y\"\" (a, b)\",1,accuracy,true,1e-300,,,\n"
        "b,\"x \"\"y\"\" (a, b)\",2,accuracy,true,0.1,9007199254740992,0.1,1\n");
  CHECK(import_text(stored_import(CsvFile(stored).path())) == stored);
}

TEST_CASE("imports are read from the folder of the experiment, and checked together", "[imported]") {
  const TemporaryFolder folder;
  const fs::path results = folder.path() / "results";
  fs::create_directories(results / "study" / "imported");
  CHECK_FALSE(has_imports(results / "study"));
  CHECK_FALSE(has_imports(results / "other"));
  const ResultsFolder study(results, "study");  // a folder that holds nothing else is one of results
  CHECK(load_imports(study).empty());
  const std::string stored = "task,model,seed,measure,higher_is_better,score\na,m,1,accuracy,true,0.5\n";
  overwrite(import_path(study, "one"), stored);
  overwrite(results / "study" / "imported" / ".one.csv.host.1.0.tmp", "not complete");
  CHECK(has_imports(results / "study"));
  REQUIRE(load_imports(study).size() == 1);
  overwrite(import_path(study, "two"), replace_all(stored, ",1,", ",2,"));
  CHECK(load_imports(study).size() == 2);
  CHECK(load_imports(study, import_path(study, "two")).size() == 1);
  const auto reason = [&] {
    try {
      load_imports(study);
    } catch (const UserError& error) {
      return replace_all(error.what(), results.string() + "/", "");
    }
    return std::string("accepted");
  };
  overwrite(import_path(study, "two"), stored);
  CHECK(reason() == "study/imported/two.csv:2: task a, model m, seed 1 is already in study/imported/one.csv:2");
  overwrite(import_path(study, "two"), "task,model,seed,score\na,m,2,0.5\n");  // edited: states no direction
  CHECK(reason() == "study/imported/two.csv:2: higher_is_better is empty");
  overwrite(import_path(study, "two"), stored.substr(0, stored.size() - 8));
  CHECK(reason().starts_with("study/imported/two.csv:2: "));
  CHECK_NOTHROW(ResultsFolder(results, "study").load_all());
}

TEST_CASE("imports that cannot be listed are not taken for none", "[imported]") {
  const TemporaryFolder folder;
  const fs::path results = folder.path() / "results";
  fs::create_directories(results / "study" / "runs");
  const ResultsFolder study(results, "study");
  CHECK(load_imports(study).empty());
  overwrite(results / "study" / "imported", "a file in the place of the folder");
  CHECK_THROWS_AS(load_imports(study), fs::filesystem_error);
  CHECK_THROWS_AS(has_imports(results / "study"), fs::filesystem_error);
}

TEST_CASE("imported results are no records", "[imported]") {
  const TemporaryFolder folder;
  ResultsFolder study(folder.path(), "study");
  study.prepare();
  fs::create_directories(study.path() / "imported");
  overwrite(import_path(study, "torch"), "task,model,seed,measure,higher_is_better,score\na,m,1,accuracy,true,0.5\n");
  CHECK(study.load_all().empty());
  study.commit(example_record(1));
  CHECK(study.load_all().size() == 1);
  overwrite(study.path() / "imported" / ".torch.csv.elsewhere.1.0.tmp", "x");  // not of this machine: kept for a day
  study.remove_leftovers();
  CHECK(fs::exists(import_path(study, "torch")));
}
