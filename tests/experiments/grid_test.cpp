// From INI text and command line to runs: the grammar, the precedence, the identity of a run.
#include "experiments/declaration/grid.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/text.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// A file x.ini in a folder of its own, removed at the end.
class IniFile {
 public:
  explicit IniFile(const std::string& text)
      : folder_(fs::temp_directory_path() / ("rnnbench-grid-" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
    std::ofstream(path()) << text;
  }
  ~IniFile() { fs::remove_all(folder_); }
  std::string path() const { return (folder_ / "x.ini").string(); }
  std::string folder() const { return folder_.string() + "/"; }

 private:
  fs::path folder_;
};

std::vector<Assignment> command_line(const Pairs& pairs) {
  std::vector<Assignment> assignments;
  for (const auto& [key, value] : pairs) assignments.push_back({key, value, "", 0});
  return assignments;
}

Experiment grid(const std::string& text, const Pairs& overrides = {}) {
  const IniFile file(text);
  return expand({file.path(), read_ini(file.path()), command_line(overrides)});
}

// The sentence, with the folder of the file taken out.
std::string refusal(const std::string& text, const Pairs& overrides = {}) {
  const IniFile file(text);
  try {
    expand({file.path(), read_ini(file.path()), command_line(overrides)});
  } catch (const UserError& error) {
    std::string sentence = error.what();
    for (std::size_t at; (at = sentence.find(file.folder())) != std::string::npos;)
      sentence.erase(at, file.folder().size());
    return sentence;
  }
  return "accepted";
}

// "copy, adding": the tasks of the table.
std::string tasks_of_table() {
  return join(all_tasks(), [](const TaskEntry& task) { return task.name; });
}

// "rnn, lstm": the cells of the table, or those with an option, each with a word before it.
std::string cells_of_table(const std::string& option = "", const std::string& word = "") {
  std::string text;
  for (const CellEntry& cell : all_cells()) {
    const auto named = [&](const Option& o) { return o.name == option; };
    if (option.empty() || std::any_of(cell.options.begin(), cell.options.end(), named))
      text += (text.empty() ? "" : ", ") + word + cell.name;
  }
  return text;
}

// "task cell key=value ..." for the keys asked for.
std::vector<std::string> summary(const Experiment& experiment, const std::vector<std::string>& keys) {
  std::vector<std::string> lines;
  for (const RunSpec& run : experiment.runs) {
    std::string line = run.task.text("task") + " " + run.model.text("cell");
    for (const std::string& key : keys) {
      const Settings* part = nullptr;
      for (const Settings* candidate : {&run.task, &run.model, &run.training}) {
        if (candidate->values().contains(key)) part = candidate;
      }
      line += " " + (key == "seed" ? std::to_string(run.seed) : part ? part->text(key) : std::string("-"));
    }
    lines.push_back(line);
  }
  return lines;
}
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lists and ranges span the product, seeds fastest", "[grid]") {
  const Experiment experiment = grid("task = copy # a comment\ncell = rnn, lstm\nlength = 20, 30\nseed = 1..2\n");
  CHECK(experiment.name == "x");
  CHECK(experiment.title == "x");
  CHECK(summary(experiment, {"length", "seed"}) == Lines{"copy rnn 20 1", "copy rnn 20 2", "copy rnn 30 1",
                                                         "copy rnn 30 2", "copy lstm 20 1", "copy lstm 20 2",
                                                         "copy lstm 30 1", "copy lstm 30 2"});
}

TEST_CASE("an experiment without a file is named by its task, or adhoc", "[grid]") {
  CHECK(expand({"", {}, command_line({{"task", "adding"}, {"cell", "gru"}})}).name == "adding");
  CHECK(expand({"", {}, command_line({{"task", "adding, copy"}, {"cell", "gru"}})}).name == "adhoc");
}

TEST_CASE("a section replaces a list that is set above all sections", "[grid]") {
  const Experiment experiment = grid(
      "title = Gated cells and attention\ntask = copy\ncell = rnn, lstm, gru\nattention = none, additive\n"
      "[rnn]\nattention = none\n");
  CHECK(experiment.title == "Gated cells and attention");
  CHECK(summary(experiment, {"attention"}) ==
        Lines{"copy rnn none", "copy lstm none", "copy lstm additive", "copy gru none", "copy gru additive"});
}

TEST_CASE("command line over [task/cell] over [task] or [cell] over the file's settings over the defaults", "[grid]") {
  const std::string text =
      "task = copy, adding\ncell = lstm, gru\nhidden = 10\n[copy]\nhidden = 20\nlength = 25\n[lstm]\nbatch = "
      "8\n"
      "[copy/gru]\nhidden = 30, 31\n";
  CHECK(summary(grid(text), {"hidden", "batch", "length"}) == Lines{"copy lstm 20 8 25", "copy gru 30 32 25",
                                                                    "copy gru 31 32 25", "adding lstm 10 8 100",
                                                                    "adding gru 10 32 100"});
  CHECK(summary(grid(text, {{"hidden", "5"}, {"batch", "16"}}), {"hidden", "batch", "length"}) ==
        Lines{"copy lstm 5 16 25", "copy gru 5 16 25", "adding lstm 5 16 100", "adding gru 5 16 100"});
}

TEST_CASE("the same key in [task] and [cell] is an error where both hold, unless [task/cell] decides",
          "[grid][errors]") {
  const std::string both = "task = copy, adding\ncell = lstm, gru\n[copy]\nhidden = 20\n[lstm]\nhidden = 30\n";
  CHECK(refusal(both) ==
        "x.ini:6: hidden is set in [lstm] and also in [copy] in line 4; set it in one of the two, or in [copy/lstm]");
  CHECK(summary(grid(both + "[copy/lstm]\nhidden = 40\n"), {"hidden"}) ==
        Lines{"copy lstm 40", "copy gru 20", "adding lstm 30", "adding gru 64"});
  CHECK(grid(both, {{"hidden", "7"}}).runs.size() == 4);
}

TEST_CASE("hidden and budget replace each other", "[grid]") {
  const Experiment experiment = grid("task = copy\ncell = lstm, gru\nhidden = 32\n[lstm]\nbudget = 20000\n");
  REQUIRE(experiment.runs.size() == 2);
  CHECK(experiment.runs[0].model.has("budget"));
  CHECK_FALSE(experiment.runs[0].json().at("model").contains("hidden"));
  CHECK(experiment.runs[1].model.integer("hidden") == 32);
  CHECK_FALSE(experiment.runs[1].model.has("budget"));
  CHECK_FALSE(experiment.runs[1].json().at("model").contains("budget"));
  CHECK(summary(grid("task = copy\ncell = gru\nbudget = 20000\n", {{"hidden", "8"}}), {"hidden", "budget"}) ==
        Lines{"copy gru 8 "});
  const std::string why =
      " exclude each other: hidden sets the width, budget the number of parameters, state-budget the size of the state";
  CHECK(refusal("task = copy\ncell = gru\nhidden = 8\nbudget = 20000\n") ==
        "x.ini:4: hidden = 8 and budget = 20000" + why);
  CHECK(refusal("task = copy\ncell = gru\n[copy]\nbudget = 20000\n[gru]\nhidden = 8\n") ==
        "x.ini:6: hidden = 8 and budget = 20000" + why);
  CHECK(refusal("task = copy\ncell = gru\n", {{"hidden", "8"}, {"budget", "20000"}}) ==
        "command line: hidden = 8 and budget = 20000" + why);
  CHECK(refusal("task = copy\ncell = gru\nbudget = 20000\nstate-budget = 8\n") ==
        "x.ini:4: budget = 20000 and state-budget = 8" + why);
  CHECK(summary(grid("task = copy\ncell = gru\nbudget = 20000\n", {{"state-budget", "8"}}),
                {"budget", "state-budget"}) == Lines{"copy gru  8"});
}

TEST_CASE("an option that a run does not use neither spans its grid nor enters its id", "[grid]") {
  // Adam has no momentum, so its two runs are the same.
  const Experiment experiment = grid("task = copy\ncell = rnn\noptimizer = adam, sgd\nmomentum = 0.5, 0.8\n");
  CHECK(summary(experiment, {"optimizer"}) == Lines{"copy rnn adam", "copy rnn sgd", "copy rnn sgd"});
  CHECK(experiment.runs[0].id() == grid("task = copy\ncell = rnn\n").runs[0].id());
  // A setting above the sections applies to the models that have the option.
  CHECK(summary(grid("task = copy\ncell = gru, lstm\nforget-bias = 0, 1\n"), {"forget-bias"}) ==
        Lines{"copy gru -", "copy lstm 0", "copy lstm 1"});
}

TEST_CASE("test-length spans no grid", "[grid]") {
  const Experiment experiment = grid("task = copy\ncell = rnn\ntest-length = 200, 100\n");
  REQUIRE(experiment.runs.size() == 1);
  CHECK(experiment.runs[0].task.integers("test-length") == std::vector<std::int64_t>{100, 200});
}

TEST_CASE("the canonical text is the sorted settings that differ from their defaults, and nothing else",
          "[grid][spec]") {
  const RunSpec run = grid(
                          "task = copy\ncell = lstm\nlength = 25\nlearning-rate = 5e-3\nforget-bias = 1\nseed = 3\n"
                          "hidden = 64\noptimizer = adam\n")
                          .runs.at(0);
  CHECK(run.canonical() ==
        "schema = " + std::to_string(record_schema) + "\nnumerics_version = " + std::to_string(numerics_version) +
            "\ncell = lstm\nforget-bias = 1\nlearning-rate = 0.005\nlength = 25\nseed = 3\ntask = copy\n");
  CHECK(run.id().size() == 16);
  // However it is written, it is the same run; and every setting that counts makes another one.
  std::set<std::string> ids;
  for (const char* same : {"", "batch = 32\n", "momentum = 0.9\noptimizer = adam, sgd\n"}) {
    ids.insert(grid(std::string("task = copy\ncell = lstm\n") + same).runs.at(0).id());
  }
  CHECK(ids.size() == 1);
  for (const char* other :
       {"batch = 33\n", "hidden = 63\n", "length = 99\n", "seed = 2\n", "forget-bias = 0\n", "test-length = 7\n",
        "stop = solved\n", "optimizer = sgd\n", "optimizer = sgd\nmomentum = 0\n"}) {
    CHECK(ids.insert(grid(std::string("task = copy\ncell = lstm\n") + other).runs.at(0).id()).second);
  }
}

TEST_CASE("a spec goes to JSON and back", "[grid][spec]") {
  const Experiment experiment = grid(
      "task = copy, adding, counting\ncell = rnn, lstm, gru, gru-v1\nattention = none, dot\nlearning-rate = "
      "0.1, 3e-7\n"
      "seed = 0, 4294967295\noptimizer = adam, sgd\nmomentum = 0.3\nforget-bias = unset, -0.25\ntest-length "
      "= 300, 7\n"
      "[lstm]\nbudget = 20000\n");
  for (const RunSpec& run : experiment.runs) {
    const Json json = Json::parse(run.json().dump());
    const RunSpec back = spec_from_json(json);
    REQUIRE(back.canonical() == run.canonical());
    REQUIRE(back.json() == run.json());
    REQUIRE(back.task.values() == run.task.values());
    REQUIRE(back.model.values() == run.model.values());
    REQUIRE(back.seed == run.seed);
  }
  const Json spec = experiment.runs.at(0).json();
  const auto edited = [&](const std::string& pointer, const Json& value) {
    Json copy = spec;
    copy[Json::json_pointer(pointer)] = value;
    try {
      spec_from_json(copy);
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(edited("/seed", 5) == "its spec does not match its id \"" + experiment.runs[0].id() + "\", so it was edited");
  CHECK(edited("/task/length", 7).find("so it was edited") != std::string::npos);
  CHECK(edited("/task/lenght", 7) == "its spec has an unknown key 'lenght'; did you mean 'length'?");
  CHECK(edited("/model/hidden", -1).find("hidden = -1 is not a whole number from 1 to") == 0);
  CHECK(edited("/model/cell", "lstn").find("did you mean 'lstm'?") != std::string::npos);
  CHECK(edited("/numerics_version", numerics_version + 1) ==
        "its numerics_version is " + std::to_string(numerics_version + 1) + ", but this program uses " +
            std::to_string(numerics_version));
  CHECK(edited("/seed", "one").find("its spec is incomplete or malformed: ") == 0);
}

TEST_CASE("cells can be combined, and 'all' names every cell", "[grid]") {
  const auto expanded = [](const std::string& text) { return summary(grid(text), {"forget-bias", "update-bias"}); };
  CHECK(expanded("task = adding\ncell = lstm + gru, lstm|gru\n[lstm+gru]\nforget-bias = 1\n"
                 "[adding/lstm|gru]\nupdate-bias = 2\n") == Lines{"adding lstm+gru 1 ", "adding lstm|gru  2"});
  CHECK(expanded("task = adding\ncell = all\n").size() == all_cells().size());
  CHECK(expanded("task = adding\ncell = gru, all\n")[0].starts_with("adding gru "));
  CHECK(refusal("task = adding\ncell = lstm+gur\n").ends_with("did you mean 'gru'?"));
  CHECK(refusal("task = adding\ncell = lstm\n[lstm+gur]\nhidden = 3\n")
            .starts_with("x.ini:4: [lstm+gur]: unknown cell 'gur'"));
}

TEST_CASE("lines that are not of an INI file's form are refused", "[grid][errors]") {
  CHECK(refusal("task = copy\ncell lstm\n") ==
        "x.ini:2: 'cell lstm' is not of the form 'key = value', '[section]' or '# comment'");
  CHECK(refusal("task = copy\ncell = lstm\n\nhidden = 3\nhidden = 4\n") ==
        "x.ini:5: hidden is already set in line 4; a key may be set once above all sections");
  CHECK(refusal("task = copy\ncell = lstm\n[lstm]\nhidden = 3\n[copy]\nbatch = 2\n[lstm]\nhidden = 4\n") ==
        "x.ini:8: hidden is already set in line 4; a key may be set once in [lstm]");
  for (const std::string line : {"hidden = 3# width", "title = issue#7", "[lstm]#", "hidden#= 3"})
    CHECK(refusal("task = copy\ncell = lstm\n" + line + "\n") ==
          "x.ini:3: '#' begins a comment and needs a space before it; a name or value cannot contain '#'");
  CHECK(grid("#a\n\t#b\ntask = copy # c # d#e\ncell = lstm\t#f\n").runs.size() == 1);
}

TEST_CASE("unknown keys, sections and values name the nearest known one", "[grid][errors]") {
  const std::string head = "task = copy\ncell = lstm, gru\n";
  CHECK(refusal(head + "lenght = 20\n") == "x.ini:3: unknown key 'lenght'; did you mean 'length'?");
  CHECK(refusal(head + "color = blue\n").find("x.ini:3: unknown key 'color'; the known keys are activation, ") == 0);
  CHECK(refusal("task = copi\ncell = lstm\n") ==
        "x.ini:1: task = copi is not one of " + tasks_of_table() + "; did you mean 'copy'?");
  CHECK(refusal("task = copy\ncell = LSTM\n") ==
        "x.ini:2: cell = LSTM is not one of " + cells_of_table() + "; did you mean 'lstm'?");
  CHECK(refusal(head + "[lstn]\nhidden = 3\n") == "x.ini:4: [lstn] is not a task (" + tasks_of_table() + "), a cell (" +
                                                      cells_of_table() + ") or TASK/CELL; did you mean 'lstm'?");
  CHECK(refusal(head + "[lstm/copy]\nhidden = 3\n") == "x.ini:4: [lstm/copy] is not a task (" + tasks_of_table() +
                                                           "), a cell (" + cells_of_table() + ") or TASK/CELL");
  CHECK(refusal(head + "attention = additiv\n") ==
        "x.ini:3: for cell lstm, attention = additiv is not one of none, additive, dot, general, multi-head; "
        "did you mean 'additive'?");
  CHECK(refusal(head + "batch = 0\n") == "x.ini:3: batch = 0 is not a whole number from 1 to 65536");
  CHECK(refusal(head, {{"batch", "x"}}) == "command line: batch = x is not a whole number from 1 to 65536");
  CHECK(refusal(head + "seed = 9..1\n") ==
        "x.ini:3: seed = 9..1 is not a valid range; write first..last or first..last..step, with whole numbers, "
        "first <= last "
        "and step >= 1");
}

TEST_CASE("task and cell have to be set", "[grid][errors]") {
  CHECK(refusal("cell = lstm\n") == "x.ini: task is missing; choose one or more of " + tasks_of_table());
  CHECK(refusal("task = copy\n") == "x.ini: cell is missing; choose one or more of " + cells_of_table());
}

TEST_CASE("a section may not set what spans the whole grid", "[grid][errors]") {
  for (const char* key : {"task", "cell", "seed", "title"}) {
    CHECK(refusal(std::string("task = copy\ncell = lstm\n[lstm]\n") + key + " = 1\n") ==
          std::string("x.ini:4: [lstm] cannot set ") + key + "; set it above all sections of the file");
  }
}

TEST_CASE("a setting that no run uses is refused", "[grid][errors]") {
  const std::string head = "task = copy\ncell = gru\n";
  CHECK(refusal(head + "forget-bias = 1\n") ==
        "x.ini:3: forget-bias = 1 is used by no run of this grid; the option belongs to " +
            cells_of_table("forget-bias", "cell "));
  CHECK(refusal(head + "momentum = 0.5\n") ==
        "x.ini:3: momentum = 0.5 is used by no run of this grid (momentum; used with optimizer = "
        "sgd)");
  CHECK(refusal("task = adding\ncell = gru\nlongest = 4\n") ==
        "x.ini:3: longest = 4 is used by no run of this grid; the option belongs to task counting");
  CHECK(refusal(head + "[gru]\nsymbols = 4\n[lstm]\nhidden = 4\n") ==
        "x.ini:6: [lstm] applies to no run: this grid has cell = gru");
  CHECK(refusal(head + "[adding]\nlength = 4\n") == "x.ini:4: [adding] applies to no run: this grid has task = copy");
  CHECK(refusal("task = copy, adding\ncell = gru\n[adding]\nlongest = 4\n") ==
        "x.ini:4: longest = 4 is used by no run of [adding]; the option belongs to task counting");
  CHECK(refusal(head, {{"forget-bias", "1"}}) ==
        "command line: forget-bias = 1 is used by no run of this grid; the option belongs to " +
            cells_of_table("forget-bias", "cell "));
}

TEST_CASE("an unused option of the command line is refused for an incomplete file too", "[grid][errors]") {
  CHECK_THAT(refusal("cell = gru\nforget-bias = 1\n", {{"task", "copy"}}),
             Catch::StartsWith("x.ini:2: forget-bias = 1 is used by no run of this grid"));
}

TEST_CASE("what a task refuses is refused before its sequences decide a model's options", "[grid][errors]") {
  CHECK_THAT(refusal("task = sequences\ncell = lstm\ninit = chrono\nfile = missing.jsonl\n"),
             Catch::Contains("missing.jsonl"));
  CHECK_THAT(refusal("task = random-map\ncell = lstm\ninit = chrono\nlength = 2\npairs = 100\n"),
             Catch::StartsWith("x.ini:4: length = 2 is too short for random-map with pairs = 100"));
}

TEST_CASE("a test length that does not fit in memory is refused", "[grid][errors]") {
  // With attention, all states are kept: 60 TiB, while training needs little.
  const std::string sentence =
      refusal("task = copy\ncell = lstm\nhidden = 128\nattention = dot\nlength = 10\ntest-length = 1000000\n");
  INFO(sentence);
  CHECK(sentence.find("test-length = 1000000 for lstm on copy needs about ") != std::string::npos);
  CHECK(sentence.ends_with("; choose a smaller test-length"));
}

TEST_CASE("the command line may narrow a file's grid, although some of the file's settings are then unused", "[grid]") {
  const std::string text =
      "task = copy, adding\ncell = lstm, gru\noptimizer = sgd\nmomentum = 0.5\nforget-bias = "
      "1\n[adding]\nlength = 50\n"
      "[lstm]\nhidden = 32\n";
  CHECK(grid(text, {{"cell", "gru"}, {"task", "copy"}, {"optimizer", "adam"}}).runs.size() == 1);
  // A setting that is unused even without the command line is an error, and so is an unused option of the command line.
  CHECK(refusal(text + "chrono-steps = 20\n", {{"cell", "gru"}})
            .find("x.ini:10: chrono-steps = 20 is used by no run of [lstm]") == 0);
  CHECK(refusal(text, {{"cell", "gru"}, {"update-bias", "1"}, {"activation", "relu"}}) ==
        "command line: activation = relu is used by no run of this grid; the option belongs to " +
            cells_of_table("activation", "cell "));
}

TEST_CASE("biases of gates vary only where chrono initialization does not draw them", "[grid]") {
  const std::vector<RunSpec> runs =
      grid("task = copy\ncell = lstm\ninit = uniform, chrono\nforget-bias = unset, 1, 3\n").runs;
  REQUIRE(runs.size() == 4);
  CHECK(runs.back().model.text("init") == "chrono");
  CHECK(runs.back().canonical().find("forget-bias") == std::string::npos);
  CHECK(refusal("task = copy\ncell = lstm\ninit = chrono\nforget-bias = 1\n").find("is used by no run") !=
        std::string::npos);
}

TEST_CASE("a combination has at most 64 cells", "[grid][errors]") {
  std::string cell = "rnn";
  for (int i = 1; i < 64; ++i) cell += "+rnn";
  CHECK(grid("task = copy\nhidden = 2\ncell = " + cell + "\n").runs.size() == 1);
  CHECK(refusal("task = copy\nhidden = 2\ncell = " + cell + "+rnn\n")
            .find("... combines 65 cells, more than the maximum of 64") != std::string::npos);
}

TEST_CASE("a grid has at most 100,000 runs", "[grid][errors]") {
  CHECK(refusal("task = copy, adding\ncell = lstm\nseed = 1..1000\nhidden = 1..51\n") ==
        "x.ini: the grid has more than the maximum of 100000 runs; numbers of values: 2 of task, 1 of cell, "
        "51 of hidden, "
        "1000 of seed");
  CHECK(refusal("task = copy\ncell = lstm\nseed = 1..100000\nbatch = 1..65536\nupdates = 1..100000\nlength = "
                "1..100000\n")
            .find("x.ini: the grid has more than the maximum of 100000 runs") == 0);
}

TEST_CASE("a model that cannot fit in memory is refused before anything is built", "[grid][errors]") {
  const std::string sentence =
      refusal("task = copy\ncell = lstm\nhidden = 4000\nlayers = 16\nbatch = 65536\nlength = 1000000\n");
  INFO(sentence);
  CHECK(sentence.find("x.ini:3: lstm on copy with hidden = 4000, batch = 65536 and 1000020 time steps needs about ") ==
        0);
  CHECK(sentence.find(" GiB of memory, but this machine has ") != std::string::npos);
  CHECK(sentence.find("; choose a smaller hidden, layers, batch or length") != std::string::npos);
  // In pieces of one step, it is the batch that takes the memory: per step two inputs, a target and a weight of four
  // bytes, and one byte that says whether it is an answer.
  const std::string of_batch =
      refusal("task = adding\ncell = rnn\nhidden = 1\ntruncate = 1\nbatch = 65536\nlength = 1000000\n");
  INFO(of_batch);
  CHECK(of_batch.find(" needs about 1037.6 GiB of memory") != std::string::npos);  // 1e6 * 65536 * 17 / 2^30
  CHECK(refusal("task = copy\ncell = lstm\nbudget = 3\n").find("x.ini:3: budget = 3 is too small") == 0);
}
