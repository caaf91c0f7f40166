// The task `sequences`: its two forms of files, what it shows and asks, its baselines, and that a run is known by the
// content of its file.
#include <cmath>
#include <map>

#include <catch2/catch.hpp>

#include "core/hash.h"
#include "experiments/declaration/grid.h"
#include "experiments/running/runner.h"
#include "tests/namespaces.h"
#include "tests/tasks/data_file.h"
#include "tests/tasks/task_contract.h"

using namespace rnnbench::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

// Up and down a scale in steps of one, turning at its ends and sometimes in between: where a voice goes next depends on
// where it came from, which only a memory knows.
class Walk {
 public:
  Walk(int size, Stream& stream) : size_(size), stream_(stream), at_(static_cast<int>(stream.below(size))) {}
  int next() {
    if (stream_.below(8) == 0) by_ = -by_;
    if (at_ + by_ < 0 || at_ + by_ >= size_) by_ = -by_;
    return at_ += by_;
  }

 private:
  int size_;
  Stream& stream_;
  int at_, by_ = 1;
};

// Four voices on scales of their own, sequences of 5 to 24 steps: 24 to train, 16 valid, 16 test.
std::string chorales() {
  std::string text = "{";
  std::uint32_t number = 0;
  for (const auto& [part, count] : {std::pair{"train", 24}, {"valid", 16}, {"test", 16}}) {
    text += (text.size() > 1 ? ",\n" : "") + ("\"" + std::string(part) + "\": [");
    for (int i = 0; i < count; ++i, ++number) {
      Stream stream(5, Purpose::speed, 0, number);
      std::vector<Walk> voices(4, Walk(7, stream));
      text += i > 0 ? ",\n[" : "\n[";
      const int steps = 5 + static_cast<int>(number % 20);
      for (int t = 0; t < steps; ++t) {
        text += t > 0 ? ", [" : "[";
        for (int voice = 0; voice < 4; ++voice)
          text += (voice > 0 ? ", " : "") + std::to_string(40 + 10 * voice + voices[voice].next());
        text += "]";
      }
      text += "]";
    }
    text += "]";
  }
  return text + "}\n";
}

// The same with one voice, as lines with a split.
std::string symbol_lines() {
  std::string text;
  for (std::uint32_t number = 0; number < 56; ++number) {
    Stream stream(6, Purpose::speed, 0, number);
    Walk walk(6, stream);
    const std::string split = number < 24 ? "train" : number < 40 ? "valid" : "test";
    text += "{\"split\": \"" + split + "\", \"sequence\": [";
    for (std::uint32_t t = 0; t < 5 + number % 20; ++t) text += (t > 0 ? ", " : "") + std::to_string(walk.next());
    text += "]}\n";
  }
  return text;
}

const char* const three_chords =
    "{\"train\": [[[60, 64], [60], []], [[60], [60, 64]]],\n"
    " \"valid\": [[[21], [108]]],\n"
    " \"test\": [[[60], [64]], [[], [60], [60], [60, 64]]]}\n";

std::vector<int> keys_of(const std::vector<float>& values, std::size_t step) {
  std::vector<int> keys;
  for (int key = 0; key < piano_keys; ++key)
    if (values[step * piano_keys + key] == 1) keys.push_back(lowest_key + key);
  return keys;
}
using Keys = std::vector<int>;

Experiment grid(const std::vector<std::pair<std::string, std::string>>& settings) {
  Declaration declaration{"", {}, {{"task", "sequences", "", 0}, {"cell", "lstm", "", 0}}};
  for (const auto& [key, value] : settings) declaration.overrides.push_back({key, value, "", 0});
  return expand(declaration);
}

}  // namespace

TEST_CASE("sequences: a task that needs a file keeps the contract with each form of one", "[tasks][sequences]") {
  const DataFile chords(chorales()), lines(symbol_lines());
  int held = 0;
  for (const TaskEntry& entry : all_tasks()) {
    if (!needs_file(entry)) continue;
    for (const DataFile* file : {&chords, &lines}) {
      Settings given;
      given.set("file", file->path());
      for (const std::string& sentence : broken_promises(entry, given)) FAIL_CHECK(sentence);
      ++held;
    }
  }
  CHECK(held == 2);
}

TEST_CASE("sequences: the target is the next step; validation and test go through their sequences in order",
          "[tasks][sequences]") {
  const DataFile file(three_chords);
  const auto task = file.task();
  CHECK(task->steps() == 3);
  Batch batch;
  task->sample(sequences_of(Purpose::test, 1), 2, batch);  // the second, and the first again
  CHECK(batch.weight == std::vector<float>{1, 1, 1, 0, 1, 0});
  CHECK(batch.answer == std::vector<std::uint8_t>{1, 1, 1, 0, 1, 0});
  CHECK(keys_of(batch.values, batch.at(0, 0)) == Keys{});
  CHECK(keys_of(batch.targets, batch.at(0, 0)) == Keys{60});
  CHECK(keys_of(batch.values, batch.at(2, 0)) == Keys{60});
  CHECK(keys_of(batch.targets, batch.at(2, 0)) == Keys{60, 64});
  CHECK(keys_of(batch.values, batch.at(0, 1)) == Keys{60});
  CHECK(keys_of(batch.targets, batch.at(0, 1)) == Keys{64});
  CHECK(keys_of(batch.values, batch.at(1, 1)) == Keys{});
  task->sample(sequences_of(Purpose::validation), 1, batch);
  CHECK(keys_of(batch.values, 0) == Keys{21});
  CHECK(keys_of(batch.targets, 0) == Keys{108});

  // Training draws both of its sequences about equally often.
  task->sample(sequences_of(Purpose::training), 1000, batch);
  int first = 0;
  for (int b = 0; b < batch.size; ++b) first += keys_of(batch.values, batch.at(0, b)) == Keys{60, 64};
  CHECK(std::abs(first - 500) < 5 * std::sqrt(250));

  // Cut to two steps, the last of them only asked.
  const auto cut = file.task("1");
  CHECK(cut->steps() == 1);
  cut->sample(sequences_of(Purpose::test), 2, batch);
  CHECK(batch.weight == std::vector<float>{1, 1});
  CHECK(keys_of(batch.targets, batch.at(0, 1)) == Keys{60});
}

TEST_CASE("sequences: the baselines count in the training split and are scored on the test split",
          "[tasks][sequences]") {
  const DataFile file(three_chords);
  const auto task = file.task();
  // Training: {60 64} {60} {} and {60} {60 64}, three predicted steps. Key 60 is followed by 60 twice, once not; 64
  // once not; a silent 64 by 64 once, once not. The 86 other keys never sound. Test: {60} {64} and
  // {} {60} {60} {60 64}, four predicted steps.
  const double p60 = 2.5 / 4, p64 = 1.5 / 4, never = nats(3.5 / 4);
  const double frequencies =
      (nats(1 - p60) + nats(p64) + 3 * nats(p60) + 2 * nats(1 - p64) + nats(p64) + 4 * 86 * never) / 4;
  const double on_on = 2.5 / 4, off_on_64 = 1.5 / 3;            // of 60 after 60; of 64 after silence
  const double markov = (nats(1 - on_on) + nats(off_on_64) +    // {60} {64}
                         nats(0.5 / 1) + nats(1 - off_on_64) +  // {} {60}: 60 never was silent before
                         nats(on_on) + nats(1 - off_on_64) +    // {60} {60}
                         nats(on_on) + nats(off_on_64) + 4 * 86 * never) /
                        4;  // {60} {60 64}
  CHECK(task->baseline() == Approx(markov).epsilon(1e-6));

  int sequences = 0;
  const Predict even = [&](const Batch& batch, std::vector<float>& outputs) {
    sequences += batch.size;
    outputs.assign(batch.targets.size(), 0);
  };
  for (const int count : {1, 2, 1000}) {
    sequences = 0;
    const Scores scores = task->evaluate(even, sequences_of(Purpose::test), count);
    CHECK(sequences == 2);  // every one once
    CHECK(score(scores, "nll") == Approx(88 * std::log(2)));
    CHECK(score(scores, "frequencies") == Approx(frequencies).epsilon(1e-6));
    CHECK(score(scores, "loss") == score(scores, "nll"));
  }
  sequences = 0;
  task->evaluate(even, sequences_of(Purpose::training), 70);
  CHECK(sequences == 70);
  CHECK(task->measure().definition.find("summed over the keys") != std::string::npos);
}

TEST_CASE("sequences: the target of a symbol is the next one of its line", "[tasks][sequences]") {
  const DataFile file(
      "{\"split\": \"train\", \"sequence\": [0, 1, 0, 1, 1]}\n\n"
      "{\"sequence\": [2, 0, 1], \"split\": \"test\"}\r\n"
      "{\"split\": \"valid\", \"sequence\": [0, 2]}");
  const auto task = file.task();
  const Signature signature = task->signature();
  CHECK(signature.one_hot);
  CHECK(signature.predicts_inputs);
  CHECK(signature.inputs == 3);
  CHECK(signature.outputs == 3);
  Batch batch;
  task->sample(sequences_of(Purpose::test), 1, batch);
  CHECK(batch.symbols == std::vector<std::int32_t>{2, 0, 0, 0});
  CHECK(batch.classes == std::vector<std::int32_t>{0, 1, 0, 0});
  CHECK(batch.weight == std::vector<float>{1, 1, 0, 0});
  // After 2: nothing was counted. After 0: 1 twice.
  CHECK(task->baseline() == Approx((nats(1.0 / 3) + nats(2.5 / 3.5)) / 2).epsilon(1e-6));
  // Predicted in training: 1 0 1 1.
  CHECK(score(task->evaluate(even_classes(3), sequences_of(Purpose::test), 1), "frequencies") ==
        Approx((nats(1.5 / 5.5) + nats(3.5 / 5.5)) / 2).epsilon(1e-6));
}

TEST_CASE("sequences: lines without a split are divided by their number", "[tasks][sequences]") {
  std::string text;
  for (int i = 0; i < 25; ++i) text += "[" + std::to_string(i) + ", 0]\n";
  const SequenceFile file = read_sequence_file(DataFile(text).path());
  const auto firsts = [&](int split) {
    std::vector<int> symbols;
    for (const GivenSequence& sequence : file.splits[split]) symbols.push_back(sequence.symbols[0]);
    return symbols;
  };
  CHECK(firsts(0).size() == 21);
  CHECK(firsts(1) == Keys{8, 18});
  CHECK(firsts(2) == Keys{9, 19});
  CHECK(file.symbols == 25);
  CHECK(file.longest == 2);
}

TEST_CASE("sequences: a file in another format is refused with its line", "[tasks][sequences]") {
  const std::string rest = "\"valid\": [[[60], []]], \"test\": [[[60], []]]}";
  CHECK(file_refusal("{\"train\": [[[60], []]],\n" + rest) == "accepted");
  const std::map<std::string, std::string> cases{
      {"{\"train\": [[[60.5], []]],", "1: expected a MIDI note, a whole number from 0 to 127, found 60.5"},
      {"{\"train\": [[[-1], []]],", "1: expected a MIDI note, a whole number from 0 to 127, found -1"},
      {"{\"train\": [[[060], []]],", "1: expected a MIDI note, a whole number from 0 to 127, found 060"},
      {"{\"train\": [[[128], []]],", "1: expected a MIDI note, a whole number from 0 to 127, found 128"},
      {"{\"train\": [[[NaN], []]],", "1: expected a MIDI note, a whole number from 0 to 127, found NaN"},
      {"{\"train\": [[\n[20], []]],", "2: the note 20 is not one of the 88 keys, 21 to 108"},
      {"{\"train\": [[60, 61]],", "1: expected '[' before a note, found 60"},
      {"{\"train\": [[[60], []]\n\n[]],", "3: expected ']' or ',' after a sequence, found ["},
      {"{\"train\": [[[60]]],", "1: a sequence without labels needs at least two steps"},
      {"{\"train\": [], \"train\": [],", "1: the split \"train\" occurs twice"},
      {"{\"validation\": [],",
       "1: the member \"validation\" is neither a split, one of \"train\", \"valid\", \"test\", nor one of a line of "
       "JSON Lines: \"split\", \"sequence\", \"label\", \"labels\""},
      {"{\"train\": [],",
       " the split \"train\" has no sequence; each of \"train\", \"valid\", \"test\" needs at least one (so without "
       "splits, the file needs ten lines)"}};
  for (const auto& [begin, sentence] : cases) CHECK(file_refusal(begin + rest) == sentence);
  CHECK(file_refusal("{\"train\": [[[60], []]]," + rest + "1") == "1: expected nothing more, found 1");
  CHECK(file_refusal("{\"train\": [[[60], []]]") == "1: expected '}' or ',' after a split, found the end of the text");

  CHECK(file_refusal("[1, 2]\n[3, x]\n") == "2: expected a symbol, a whole number from 0 to 65535, found x");
  CHECK(file_refusal("[1, 2]\n[3, 65536]\n") == "2: expected a symbol, a whole number from 0 to 65535, found 65536");
  CHECK(file_refusal("[1, 2]\n\n[3, 4,]\n") == "3: expected a symbol, a whole number from 0 to 65535, found ]");
  CHECK(file_refusal(std::string("[1, 2]\n[3, 4]\0[5, 6]\n", 21)) == "2: a byte of value 0 in a text file");
  CHECK_THROWS_WITH(read_sequence_file("."), "file = . cannot be read: this is a folder");
  CHECK(file_refusal("[1, 2] [3, 4]\n") == "1: expected nothing more, found [");
  CHECK(file_refusal("[1, 2]\n{\"split\": \"train\", \"sequence\": [1, 2]}") ==
        "2: either every line or no line must have a \"split\"");
  CHECK(file_refusal("{\"split\": \"dev\", \"sequence\": [1, 2]}") ==
        "1: the split \"dev\" is not one of \"train\", \"valid\", \"test\"");
  CHECK(file_refusal("{\"split\": \"train\", \"split\": \"test\", \"sequence\": [1, 2]}") ==
        "1: the member \"split\" occurs twice");
  CHECK(file_refusal("{\"split\": \"train\"}") == "1: a line without \"sequence\"");
  CHECK(file_refusal("{\"split\": \"train\", \"target\": 1}") ==
        "1: the member \"target\" is not one of \"split\", \"sequence\", \"label\", \"labels\"");
  CHECK_THAT(file_refusal("words"), Contains("expected '[' before a symbol, found words"));
  CHECK_THROWS_WITH(read_sequence_file("/nowhere/x.json"),
                    "file = /nowhere/x.json cannot be read: No such file or directory");
  CHECK_THROWS_WITH(read_sequence_file(DataFile("").path()), Contains("is empty"));
}

TEST_CASE("sequences: the content of the file is the run's identity, its path is not", "[grid][sequences]") {
  const DataFile here(three_chords), there(three_chords, "moved.json"), other(symbol_lines());
  const RunSpec run = grid({{"file", here.path()}}).runs.at(0);
  CHECK(run.task.text("file-hash") == hex16(fnv1a(three_chords)));
  CHECK(run.canonical().find("\nfile-hash = " + hex16(fnv1a(three_chords)) + "\n") != std::string::npos);
  CHECK(run.canonical().find(here.path()) == std::string::npos);
  CHECK(grid({{"file", there.path()}}).runs.at(0).id() == run.id());
  CHECK(grid({{"file", there.path()}, {"file-hash", run.task.text("file-hash")}}).runs.at(0).id() == run.id());
  CHECK(grid({{"file", other.path()}}).runs.at(0).id() != run.id());
  CHECK(grid({{"file", here.path()}, {"seed", "1..3"}, {"hidden", "4, 8"}}).runs.size() == 6);

  // A record knows where its file was.
  const RunSpec read = spec_from_json(run.json());
  CHECK(read.id() == run.id());
  CHECK(read.task.text("file") == here.path());

  CHECK_THROWS_WITH(grid({}), Contains("the task sequences needs file = PATH"));
  CHECK_THROWS_WITH(grid({{"file", here.path() + "x"}}), Contains("cannot be read: No such file or directory"));
  CHECK_THROWS_WITH(grid({{"file", here.path()}, {"file-hash", "0123456789abcdef"}}),
                    Contains("file-hash = 0123456789abcdef is not the hash of"));
  here.write(symbol_lines());  // between the declaration and the training
  CHECK_THROWS_WITH(find_task("sequences").make(run.task), Contains("has changed"));
}

TEST_CASE("sequences: with a declared hash, runs are known without the file, and only training needs it",
          "[grid][sequences][errors]") {
  const DataFile here(three_chords), other(symbol_lines());
  const std::string hash = hex16(fnv1a(three_chords)), other_hash = hex16(fnv1a(symbol_lines()));
  const std::string id = grid({{"file", here.path()}}).runs.at(0).id();
  const std::vector<RunSpec> both =
      grid({{"file", here.path() + "@" + hash + ", " + other.path() + "@" + other_hash}}).runs;
  REQUIRE(both.size() == 2);
  CHECK(both[0].id() == id);
  CHECK(both[0].task.text("file") == here.path());
  CHECK(both[1].task.text("file-hash") == other_hash);
  CHECK_THROWS_WITH(grid({{"file", here.path() + "@" + other_hash}}), Contains("is not the hash of " + here.path()));

  const Experiment absent = grid({{"file", "/nowhere/x.json@" + hash}});
  CHECK(absent.runs.at(0).id() == id);
  CHECK_THAT(missing_input(absent.runs),
             Contains("there is no file /nowhere/x.json") && Contains("docs/your-own-data.md"));
  CHECK(missing_input(both) == "");
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(run_experiment(absent, folder.path() / "results", {}),
                    Contains("there is no file /nowhere/x.json, which these runs read"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "results"));
  for (const std::string& no_hash : {std::string("/nowhere/x.json@0123"), "@" + hash})
    CHECK_THROWS_WITH(grid({{"file", no_hash}}), Contains("cannot be read"));
  const RunSpec spaced = grid({{"file", "/nowhere/x.json @" + hash}}).runs.at(0);
  CHECK(spaced.task.text("file") == "/nowhere/x.json");
}

TEST_CASE("sequences: a network with memory beats the memoryless predictor", "[runner][sequences]") {
  const DataFile file(chorales());
  const TemporaryFolder folder;
  const Experiment experiment =
      grid({{"file", file.path()}, {"hidden", "24"}, {"updates", "300"}, {"batch", "16"}, {"learning-rate", "0.01"}});
  RunnerOptions options;
  options.jobs = 1;
  options.weights = options.summary = options.progress = false;
  REQUIRE(run_experiment(experiment, folder.path(), options) == 0);
  const auto record = ResultsFolder(folder.path(), experiment.name).load(experiment.runs[0].id());
  REQUIRE(record);
  const Json& test = record->result.at("final").at("test");
  CHECK(test.at("nll").get<double>() < 0.8 * record->result.at("baseline").get<double>());
  CHECK(record->result.at("baseline").get<double>() < test.at("frequencies").get<double>());
  CHECK(record->result.at("status") == "finished");
}
