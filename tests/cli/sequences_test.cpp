// Sequences and outputs in files: `export` and `predict`.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "core/safetensors.h"
#include "experiments/declaration/run_task.h"
#include "experiments/records/results_folder.h"
#include "experiments/training/evaluation.h"
#include "tests/cli/shell.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"
#include "tests/tasks/idx_files.h"
#include "tests/texts.h"

using namespace rnnbench::test;
using Catch::Contains;

namespace {

template <class T>
std::vector<T> numbers(const TensorFile& file, const std::string& name) {
  const Tensor* tensor = file.find(name);
  REQUIRE(tensor != nullptr);
  std::vector<T> values(tensor->bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor->bytes.data(), tensor->bytes.size());
  return values;
}

using Shape = std::vector<std::int64_t>;

// Compares sequence `row` of a file with sequence `b` of a batch.
void check_row(const TensorFile& file, std::size_t row, const Signature& signature, const Batch& batch, int b) {
  const Tensor& inputs = *file.find("inputs");
  const auto time = static_cast<std::size_t>(inputs.shape.at(1));
  REQUIRE(time >= static_cast<std::size_t>(batch.steps));
  const auto mask = numbers<float>(file, "mask");
  const auto answers = numbers<std::uint8_t>(file, "answers");
  for (std::size_t t = 0; t < time; ++t) {
    const std::size_t at = row * time + t;
    if (t >= static_cast<std::size_t>(batch.steps)) {
      CHECK(mask[at] == 0);
      continue;
    }
    const std::size_t i = batch.at(static_cast<int>(t), b);
    CHECK(mask[at] == batch.weight[i]);
    CHECK(answers[at] == batch.answer[i]);
    if (signature.one_hot) CHECK(numbers<std::int64_t>(file, "inputs")[at] == batch.symbols[i]);
    for (int k = 0; !signature.one_hot && k < signature.inputs; ++k)
      CHECK(numbers<float>(file, "inputs")[at * signature.inputs + k] == batch.values[i * signature.inputs + k]);
    const bool classes = signature.loss == Loss::cross_entropy;
    if (classes) CHECK(numbers<std::int64_t>(file, "targets")[at] == batch.classes[i]);
    for (int k = 0; !classes && k < signature.outputs; ++k)
      CHECK(numbers<float>(file, "targets")[at * signature.outputs + k] == batch.targets[i * signature.outputs + k]);
  }
}

// Trains a network of four units for a few updates. Returns the path of its record.
fs::path train_small(const Shell& shell, const std::string& settings) {
  REQUIRE(shell.run("run --hidden 4 --updates 30 --evaluate 8 --seed 3 --jobs 1 " + settings).code == 0);
  for (const auto& entry : fs::recursive_directory_iterator(shell / "results"))
    if (entry.path().extension() == ".json") return entry.path();
  FAIL("no record");
  return "";
}

}  // namespace

TEST_CASE("exported training sequences are those that the updates train on", "[cli][export]") {
  const Shell shell;
  const std::string set = GENERATE("", " --training-set 5");
  const std::string settings = GENERATE("--task copy --length 4 --items 2", "--task adding --length 6",
                                        "--task parity --length 9", "--task dyck --length 8");
  CAPTURE(settings, set);
  const Printed printed =
      shell.run("export " + settings + set + " --batch 3 --seed 7 --count 5 --first 4 --to out.safetensors");
  INFO(printed.err);
  REQUIRE(printed.code == 0);
  const TensorFile file = read_safetensors(shell / "out.safetensors");
  SettingPairs pairs = {{"cell", "lstm"}, {"seed", "7"}, {"batch", "3"}};
  std::istringstream words(settings + set);
  for (std::string key, value; words >> key >> value;) pairs.emplace_back(key.substr(2), value);
  const RunSpec run = declared(pairs).runs.at(0);
  const auto task = make_task(run);
  CHECK(file.find("inputs")->shape.at(0) == 5);
  CHECK(file.metadata.at("loss") == (task->signature().loss == Loss::cross_entropy ? "cross_entropy" : "mean_squared"));
  for (int i = 4; i < 9; ++i) {  // sequences 3 to 5 are those of update 2, 6 to 8 of update 3
    StreamSource source{.seed = 7, .purpose = Purpose::training, .step = static_cast<std::uint32_t>(i / 3 + 1)};
    source.set = set.empty() ? 0 : 5;
    Batch batch;
    task->sample(source, 3, batch);
    check_row(file, i - 4, task->signature(), batch, i % 3);
  }
}

TEST_CASE("a network's outputs are those of its test, on its own sequences and from a file", "[cli][predict]") {
  const Shell shell;
  const std::string task =
      GENERATE("--task copy --length 4 --items 2 --cell lstm", "--task adding --length 6 --cell gru",
               "--task copy --length 4 --items 2 --cell transformer --heads 2",
               "--task parity --length 9 --cell gru-v1 --attention dot");
  CAPTURE(task);
  const Record record = read_record(train_small(shell, task));
  const std::string id = record.id();
  const Printed printed = shell.run("predict " + id + " --to outputs.safetensors");
  INFO(printed.err);
  REQUIRE(printed.code == 0);
  std::ostringstream loss;
  loss << "loss " << record.result.at("final").at("test").at("loss").get<double>();
  CHECK_THAT(printed.out, Contains(loss.str()));
  const TensorFile outputs = read_safetensors(shell / "outputs.safetensors");
  CHECK(outputs.metadata.at("run") == id);
  CHECK(outputs.metadata.at("outputs") == std::to_string(outputs.find("outputs")->shape.at(2)));
  CHECK(outputs.find("outputs")->shape.at(0) == 40 * 8);
  CHECK(outputs.find("outputs")->shape.size() == 3);

  const std::string data = task.substr(0, task.find(" --cell"));
  REQUIRE(shell.run("export " + data + " --seed 3 --split test --count 320 --to test.safetensors").code == 0);
  CHECK(read_safetensors(shell / "test.safetensors").metadata.at("inputs") == outputs.metadata.at("inputs"));
  const Printed from_file = shell.run("predict " + id + " --from test.safetensors --to again.safetensors");
  INFO(from_file.err);
  REQUIRE(from_file.code == 0);
  CHECK(file_text(shell / "again.safetensors") == file_text(shell / "outputs.safetensors"));

  // Inputs alone: the same outputs, no loss.
  TensorFile inputs;
  inputs.tensors = {*outputs.find("inputs")};
  std::ofstream(shell / "inputs.safetensors", std::ios::binary) << to_safetensors(inputs);
  const Printed alone = shell.run("predict " + id + " --from inputs.safetensors --to alone.safetensors");
  CHECK(alone.code == 0);
  CHECK(alone.out.find("loss") == std::string::npos);
  const TensorFile without = read_safetensors(shell / "alone.safetensors");
  CHECK(without.find("outputs")->bytes == outputs.find("outputs")->bytes);
  CHECK(without.find("targets") == nullptr);

  const Printed longer = shell.run("predict " + id + " --length 12 --count 3 --to longer.safetensors");
  INFO(longer.err);
  CHECK(longer.code == 0);
  CHECK(read_safetensors(shell / "longer.safetensors").find("outputs")->shape.at(0) == 3);
}

TEST_CASE("sequences with labels and images are exported and predicted as others are", "[cli][export][predict]") {
  const Shell shell;
  const ImageFiles images(".gz");
  const bool of_images = GENERATE(false, true);
  const int tested = of_images ? ImageFiles::tested : 2;
  std::string lines;
  for (int i = 0; i < 20; ++i)
    lines +=
        "{\"sequence\": [[" + std::to_string(i) + ", 0.5], [1, -2]], \"labels\": [1, " + std::to_string(i % 2) + "]}\n";
  shell.write("labels.jsonl", lines);
  const std::string data = "--task sequences --file " +
                           (of_images ? images.path() + " --validation 4 --pool 2 --permute 7" : "labels.jsonl");
  const Record record = read_record(train_small(shell, data + " --cell gru"));
  const Printed printed = shell.run("predict " + record.id() + " --to outputs.safetensors");
  INFO(printed.err);
  REQUIRE(printed.code == 0);
  const Json& test = record.result.at("final").at("test");
  std::ostringstream scores;
  scores << "loss " << test.at("loss").get<double>() << ", accuracy " << test.at("accuracy").get<double>() << '\n';
  CHECK_THAT(printed.out, Contains(scores.str()));
  const TensorFile outputs = read_safetensors(shell / "outputs.safetensors");
  CHECK(outputs.find("outputs")->shape == (of_images ? Shape{tested, 2, 3} : Shape{tested, 2, 2}));
  CHECK(outputs.find("inputs")->shape == (of_images ? Shape{tested, 2, 3} : Shape{tested, 2, 2}));
  const auto mask = numbers<float>(outputs, "mask");
  const auto targets = numbers<std::int64_t>(outputs, "targets");
  for (int n = 0; n < tested; ++n) {
    CHECK(mask[2 * n] == (of_images ? 0 : 1));
    CHECK(mask[2 * n + 1] == 1);
    CHECK(targets[2 * n + 1] == (of_images ? n % 3 : 1));  // the lines 9 and 19
  }

  // The test of a file is a list, which is written once.
  REQUIRE(shell.run("export " + data + " --seed 3 --split test --to test.safetensors").code == 0);
  CHECK(read_safetensors(shell / "test.safetensors").find("inputs")->shape.at(0) == tested);
  const std::string more = std::to_string(tested + 1);
  const auto refused = [&](const std::string& arguments) {
    const Printed refusal = shell.run(arguments + " --to more.safetensors");
    CHECK(refusal.code == 2);
    CHECK_FALSE(fs::exists(shell / "more.safetensors"));
    return refusal.err;
  };
  CHECK_THAT(refused("export " + data + " --split test --count " + more),
             Contains(more + " test sequences from number 0 on are more than there are; the test of this task has " +
                      std::to_string(tested)));
  CHECK_THAT(refused("export " + data + " --split test --first " + more), Contains("from number " + more + " on"));
  CHECK_THAT(refused("predict " + record.id() + " --count " + more), Contains("are more than there are"));
  const Printed from_file = shell.run("predict " + record.id() + " --from test.safetensors --to again.safetensors");
  INFO(from_file.err);
  REQUIRE(from_file.code == 0);
  CHECK(file_text(shell / "again.safetensors") == file_text(shell / "outputs.safetensors"));
}

TEST_CASE("what cannot be exported or predicted gets one sentence", "[cli][export][predict][errors]") {
  const Shell shell;
  CHECK_THAT(shell.refusal("export --to x"), Contains("needs --task NAME"));
  CHECK_THAT(shell.refusal("export --task copy"), Contains("needs --to FILE.safetensors"));
  CHECK_THAT(shell.refusal("export --task copy --to ."), Contains("is a folder"));
  CHECK_THAT(shell.refusal("export --task copy --length 5,6 --to x"), Contains("needs one run"));
  CHECK_THAT(shell.refusal("export --task copy --count 900000000 --to x"), Contains("852176 sequences are possible"));
  CHECK_THAT(shell.refusal("export --task copy --count 0 --to x"), Contains("--count = 0"));
  CHECK_THAT(shell.refusal("export --task copy --split valid --to x"), Contains("training, test"));
  CHECK_THAT(shell.refusal("export --task copy --hidden 9 --to x"), Contains("--hidden has no effect on sequences"));
  CHECK_THAT(shell.refusal("export --task copy --cell gru --to x"), Contains("--cell has no effect on sequences"));
  CHECK_FALSE(fs::exists(shell / "x"));

  const std::string id = train_small(shell, "--task copy --length 4 --items 2 --cell lstm").stem();
  const auto refused = [&](const std::string& arguments) {
    const Printed printed = shell.run("predict " + id + " --to x " + arguments);
    CHECK(printed.code == 2);
    CHECK_FALSE(fs::exists(shell / "x"));
    return printed.err;
  };
  const auto with_inputs = [&](const Tensor& inputs) {
    TensorFile file;
    file.tensors = {inputs};
    std::ofstream(shell / "in.safetensors", std::ios::binary) << to_safetensors(file);
    return refused("--from in.safetensors");
  };
  CHECK_THAT(refused("--from none"), Contains("cannot read none"));
  CHECK_THAT(refused("--from none --count 3"), Contains("--count chooses test sequences"));
  const std::vector<std::int64_t> symbols = {0, 1, 2, 3, 99, 5};
  const std::vector<float> values(6);
  CHECK_THAT(with_inputs(make_tensor("inputs", {2, 3}, symbols.data())),
             Contains("in.safetensors: the array inputs contains 99 in sequence 1 at time step 1, but must have whole "
                      "numbers from 0 to 9"));
  CHECK_THAT(with_inputs(make_tensor("inputs", {6}, symbols.data())),
             Contains("inputs is I64 [6], but must be I64 [sequences, time]"));
  CHECK_THAT(with_inputs(make_tensor("inputs", {2, 3}, values.data())), Contains("inputs is F32 [2, 3]"));
  CHECK_THAT(with_inputs(make_tensor("inputs", {0, 3}, symbols.data())), Contains("at least one sequence"));
  CHECK_THAT(with_inputs(make_tensor("input", {2, 3}, symbols.data())), Contains("no array named inputs"));
  TensorFile uneven;
  uneven.tensors = {make_tensor("inputs", {1, 3}, symbols.data()), make_tensor("mask", {2, 3}, values.data())};
  std::ofstream(shell / "in.safetensors", std::ios::binary) << to_safetensors(uneven);
  CHECK_THAT(refused("--from in.safetensors"), Contains("mask is [2, 3], but those before it have 1 sequences"));
}

TEST_CASE("numbers that no sequence of the task has are refused with their place", "[cli][predict][errors]") {
  const Shell shell;
  const auto refused = [&](const std::string& task, const std::string& array, std::size_t place, float value) {
    fs::remove_all(shell / "results");
    const std::string id = train_small(shell, task).stem();
    REQUIRE(shell.run("predict " + id + " --to good.safetensors").code == 0);
    TensorFile file = from_safetensors(file_text(shell / "good.safetensors"), "good");
    for (Tensor& tensor : file.tensors)
      if (tensor.name == array) std::memcpy(tensor.bytes.data() + place * sizeof value, &value, sizeof value);
    std::ofstream(shell / "in.safetensors", std::ios::binary) << to_safetensors(file);
    const Printed printed = shell.run("predict " + id + " --to x --from in.safetensors");
    CHECK(printed.code == 2);
    CHECK_FALSE(fs::exists(shell / "x"));
    return printed.err;
  };
  shell.write("chords.json", R"({"train": [[[60, 64], [60], []]], "valid": [[[21], [90]]], "test": [[[60], [64]]]})");
  const std::string adding = "--task adding --length 5 --cell rnn",
                    chords = "--task sequences --file chords.json --cell rnn";
  CHECK_THAT(refused(adding, "inputs", 2 * 5 + 2 * 1, INFINITY),
             Contains("the array inputs contains inf in sequence 1 at time step 1, but must have finite numbers"));
  CHECK_THAT(refused(adding, "mask", 3, -0.5f),
             Contains("the array mask contains -0.5 in sequence 0 at time step 3, but must have numbers from 0"));
  CHECK_THAT(refused(chords, "targets", 0, 0.25f),
             Contains("the array targets contains 0.25 in sequence 0 at time step 0, but must have 0 or 1"));
}

TEST_CASE("the options --to and --out replace neither records nor what the command reads",
          "[cli][export][predict][errors]") {
  const Shell shell;
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += "[0, " + std::to_string(i % 2) + ", 1]\n";
  shell.write("keep.jsonl", lines);
  const std::string data = "--task sequences --file keep.jsonl ";
  const fs::path record = train_small(shell, data + "--cell gru");
  const fs::path weights = fs::path(record).replace_extension(".safetensors");
  const std::string id = record.stem(), record_before = file_text(record), weights_before = file_text(weights);
  fs::create_symlink("keep.jsonl", shell / "link.safetensors");
  fs::create_directory_symlink(record.parent_path(), shell / "elsewhere");
  const auto refused = [&](const std::string& arguments) {
    const Printed printed = shell.run(arguments);
    CHECK(printed.code == 2);
    return printed.err;
  };
  for (const std::string& target : {record.string(), weights.string(), std::string("results/sequences/runs/new"),
                                    "elsewhere/" + id + ".json", std::string("results/sequences/runs/below/new")}) {
    CAPTURE(target);
    const std::string sentence = "is in a folder of records, weights or imported results";
    CHECK_THAT(refused("predict " + id + " --count 1 --to '" + target + "'"), Contains(sentence));
    CHECK_THAT(refused("export --task copy --count 1 --to '" + target + "'"), Contains(sentence));
    CHECK_THAT(refused("dump --to '" + target + "'"), Contains(sentence));
  }
  CHECK_THAT(refused("plot " + data + "--cell gru --out results/sequences/runs"),
             Contains("command line: --out = results/sequences/runs is in a folder of records"));
  shell.write("results/sequences/search-A.jsonl", "");
  CHECK_THAT(refused("export --task copy --count 1 --to results/sequences/search-A.jsonl"),
             Contains("would replace the"));
  fs::remove(shell / "results/sequences/search-A.jsonl");

  const std::string reads = " would replace keep.jsonl, which the command reads";
  CHECK_THAT(refused("export " + data + "--count 3 --to keep.jsonl"), Contains("--to = keep.jsonl" + reads));
  CHECK_THAT(refused("export " + data + "--count 3 --to link.safetensors"), Contains("link.safetensors" + reads));
  CHECK_THAT(refused("dump " + data + "--to ./keep.jsonl"), Contains(reads));
  CHECK_THAT(refused("predict " + id + " --to keep.jsonl"), Contains(reads));
  CHECK(file_text(shell / "keep.jsonl") == lines);
  CHECK(file_text(record) == record_before);
  CHECK(file_text(weights) == weights_before);

  // An older output is replaced, and not if it is what the command reads.
  CHECK(shell.run("export " + data + "--count 3 --to out.safetensors").code == 0);
  CHECK(shell.run("export " + data + "--count 2 --to out.safetensors").code == 0);
  CHECK_THAT(refused("predict " + id + " --from out.safetensors --to out.safetensors"),
             Contains("would replace out.safetensors"));
  CHECK(read_safetensors(shell / "out.safetensors").find("inputs")->shape.at(0) == 2);
}

TEST_CASE("a trace ends with its sequence, not with the longest one", "[cli][trace]") {
  const Shell shell;
  std::string lines = "[0, 1, 0, 1, 0, 1, 0]\n";
  for (int i = 0; i < 60; ++i)
    lines += "[" + std::to_string(i % 8) + ", " + std::to_string(i / 8) + (i % 3 == 0 ? ", 1]\n" : "]\n");
  shell.write("lines.jsonl", lines);
  const Record record =
      read_record(train_small(shell, "--task sequences --file " + (shell / "lines.jsonl").string() + " --cell gru"));
  const auto task = make_task(spec_from_json(record.spec));
  std::set<std::ptrdiff_t> all;
  for (int sample = 0; sample < 6; ++sample) {
    const Printed printed = shell.run("trace " + record.id() + " --sample " + std::to_string(sample));
    INFO(printed.err);
    REQUIRE(printed.code == 0);
    const Batch batch = test_sequence(*task, 3, sample);
    const auto steps = std::count(batch.answer.begin(), batch.answer.end(), 1);  // every step predicts the next symbol
    all.insert(steps);
    CHECK_THAT(printed.out, Contains(" of " + std::to_string(steps) + " answers are correct"));
    CHECK_THAT(printed.out, Contains(", test sequence " + std::to_string(sample) + ": "));
    const std::string name = record.id() + (sample == 0 ? "" : "-sample-" + std::to_string(sample));
    const std::string values = file_text(shell / ("results/sequences/traces/" + name + ".csv"));
    CHECK(count(values, ",reset gate,0,") == static_cast<std::size_t>(steps));
    CHECK(batch.steps == 6);
  }
  CHECK(all == std::set<std::ptrdiff_t>{1, 2});
  const std::string tested = std::to_string(task->listed(Purpose::test));
  for (const std::string& beyond : {tested, std::string("999999")}) {
    const Printed printed = shell.run("trace " + record.id() + " --sample " + beyond);
    CHECK(printed.code == 2);
    CHECK_THAT(printed.err, Contains("--sample = " + beyond + " is more than there is; the test of this task has " +
                                     tested + " sequences, numbered from 0"));
  }
}

TEST_CASE("the title of a trace counts all layers", "[cli][trace]") {
  const Shell shell;
  const int layers = GENERATE(1, 2, 4);
  const std::string cell = layers == 1 ? "gru" : layers == 2 ? "lstm+gru" : "lstm+gru --layers 2";
  const Record record = read_record(train_small(shell, "--task copy --length 4 --items 2 --cell " + cell));
  const Printed printed = shell.run("trace " + record.id());
  REQUIRE(printed.code == 0);
  CHECK_THAT(printed.out, Contains(layers == 1 ? ", 4 units, seed 3"
                                               : ", 4 units in each of " + std::to_string(layers) + " layers, seed 3"));
  CHECK_THAT(printed.out, Contains(" at length 4: "));
}

TEST_CASE("all inputs of a task that is scored exactly are predicted", "[cli][predict]") {
  const Shell shell;
  const bool counts = GENERATE(false, true);
  const Record record = read_record(train_small(shell, counts ? "--task counting --length 5 --longest 12 --cell gru"
                                                              : "--task random-map --length 7 --pairs 70 --cell gru"));
  const Printed printed = shell.run("predict " + record.id() + " --to outputs.safetensors");
  INFO(printed.err);
  REQUIRE(printed.code == 0);
  const TensorFile outputs = read_safetensors(shell / "outputs.safetensors");
  const auto mask = numbers<float>(outputs, "mask");
  const auto rows = static_cast<std::size_t>(outputs.find("mask")->shape.at(0)), time = mask.size() / rows;
  if (counts) {  // the words of n = 1, 2, ..., with 2 n + 1 steps
    CHECK(rows >= 5);
    for (std::size_t n = 1; n <= rows; ++n)
      CHECK(std::count(mask.begin() + (n - 1) * time, mask.begin() + n * time, 1) == static_cast<int>(2 * n + 1));
  } else {  // every pair once
    CHECK(rows == 70);
    const Json& test = record.result.at("final").at("test");
    std::ostringstream scores;
    scores << "loss " << test.at("loss").get<double>() << ", accuracy " << test.at("accuracy").get<double>() << '\n';
    CHECK_THAT(printed.out, Contains(scores.str()));
  }
  CHECK(shell.run("predict " + record.id() + " --count 3 --to three.safetensors").code == 0);
  CHECK(read_safetensors(shell / "three.safetensors").find("mask")->shape.at(0) == 3);
}
