// The task `sequences` with labels in JSON Lines: what it shows and asks, its baselines, chunks, and what is refused.
#include <map>

#include "experiments/declaration/grid.h"
#include "experiments/training/scorer.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"
#include "tests/tasks/data_file.h"
#include "tests/tasks/task_contract.h"

using namespace rnnbench::test;
using Catch::Contains;

namespace {

const char* const one_label =
    "{\"split\": \"train\", \"sequence\": [0, 1, 2], \"label\": 1}\n"
    "{\"label\": 0, \"split\": \"train\", \"sequence\": [2, 1]}\n"
    "{\"split\": \"train\", \"sequence\": [0, 2], \"label\": 1}\n"
    "{\"split\": \"valid\", \"sequence\": [1], \"label\": 0}\n"
    "{\"split\": \"test\", \"sequence\": [1, 2], \"label\": 3}\n"
    "{\"split\": \"test\", \"sequence\": [0, 0, 1], \"label\": 0}\n";

const char* const real_labels =
    "{\"split\": \"train\", \"sequence\": [[0.5, -1], [2e1, 0]], \"labels\": [1, 0]}\n"
    "{\"split\": \"train\", \"sequence\": [[0.5, 1]], \"labels\": [1]}\n"
    "{\"split\": \"valid\", \"sequence\": [[0, 0]], \"labels\": [2]}\n"
    "{\"split\": \"test\", \"sequence\": [[-0.25, 3]], \"labels\": [1]}\n"
    "{\"split\": \"test\", \"sequence\": [[1, 2], [3, 4], [5, 6]], \"labels\": [0, 1, 2]}\n";

// 56 lines of random steps: whole numbers below 4, or pairs of real values, each of which is small or large. The label
// of a step is whether it differs in this from the one before (before the first, from a random one), and that of a
// sequence is the label of its second step.
std::string labeled_lines(bool real, bool every_step) {
  std::string text;
  for (std::uint32_t number = 0; number < 56; ++number) {
    Stream stream(8, Purpose::speed, 0, number);
    const std::string split = number < 24 ? "train" : number < 40 ? "valid" : "test";
    std::string steps, labels, label;
    std::uint32_t before = stream.below(2);
    for (std::uint32_t t = 0; t < 2 + number % 9; ++t) {
      const std::uint32_t step = stream.below(4);
      const std::string differs = step / 2 == before ? "0" : "1", comma = t > 0 ? ", " : "";
      before = step / 2;
      if (t == 1) label = differs;
      steps += comma;
      steps += real ? "[" + std::to_string(step) + ".5, -" + std::to_string(t) + "e-1]" : std::to_string(step);
      labels += comma + differs;
    }
    text += "{\"split\": \"" + split + "\", \"sequence\": [" + steps + "], ";
    text += every_step ? "\"labels\": [" + labels + "]}\n" : "\"label\": " + label + "}\n";
  }
  return text;
}

}  // namespace

TEST_CASE("labels: the task keeps the contract with each kind of steps and labels", "[tasks][sequences]") {
  for (const bool real : {false, true})
    for (const bool every_step : {false, true}) {
      const DataFile file(labeled_lines(real, every_step));
      Settings given;
      given.set("file", file.path());
      const TaskEntry& entry = find_task("sequences");
      for (const std::string& sentence : broken_promises(entry, given)) FAIL_CHECK(sentence);
    }
}

TEST_CASE("labels: a label of a sequence is asked at its last step", "[tasks][sequences]") {
  const DataFile file(one_label);
  const auto task = file.task();
  const Signature signature = task->signature();
  CHECK(signature.inputs == 3);
  CHECK(signature.one_hot);
  CHECK(signature.outputs == 4);  // a label that occurs in the test only is a class
  CHECK(signature.loss == Loss::cross_entropy);
  CHECK(signature.one_answer);
  CHECK_FALSE(signature.predicts_inputs);
  CHECK(task->steps() == 3);
  CHECK(task->listed(Purpose::test) == 2);
  Batch batch;
  task->sample(sequences_of(Purpose::test), 2, batch);
  CHECK(batch.symbols == std::vector<std::int32_t>{1, 0, 2, 0, 0, 1});
  CHECK(batch.classes == std::vector<std::int32_t>{0, 0, 3, 0, 0, 0});
  CHECK(batch.weight == std::vector<float>{0, 0, 1, 0, 0, 1});
  CHECK(batch.answer == std::vector<std::uint8_t>{0, 0, 1, 0, 0, 1});
  // Training: 2 is last with label 1 twice, 1 with label 0 once.
  CHECK(task->baseline() == Approx((nats(0.5 / 4) + nats(1.5 / 3)) / 2).epsilon(1e-6));
  const Scores scores = task->evaluate(even_classes(4), sequences_of(Purpose::test), 1);
  CHECK(score(scores, "accuracy") == 0.5);  // of equal classes the first
  CHECK(score(scores, "loss") == Approx(std::log(4)));
  CHECK(score(scores, "frequencies") == Approx((nats(0.5 / 5) + nats(1.5 / 5)) / 2).epsilon(1e-6));
  CHECK_FALSE(task->solved(scores));
  CHECK(task->solved({{"accuracy", 1}, {"loss", 0.3}}));
  CHECK(task->measure().definition == "share of the test sequences whose label is the most probable one");
}

TEST_CASE("labels: a sequence that is cut is asked for its label at the last step that is left", "[tasks][sequences]") {
  const DataFile file(one_label);
  const auto task = file.task("1");
  CHECK(task->steps() == 1);
  Batch batch;
  task->sample(sequences_of(Purpose::test), 2, batch);
  CHECK(batch.symbols == std::vector<std::int32_t>{1, 0});
  CHECK(batch.classes == std::vector<std::int32_t>{3, 0});
  CHECK(batch.weight == std::vector<float>{1, 1});
  // Training begins with 0 and label 1 twice, with 2 and label 0 once.
  CHECK(task->baseline() == Approx((nats(1.0 / 4) + nats(0.5 / 4)) / 2).epsilon(1e-6));
}

TEST_CASE("labels: labels of steps are asked at every step; real values are the inputs as they are",
          "[tasks][sequences]") {
  const DataFile file(real_labels);
  const auto task = file.task();
  const Signature signature = task->signature();
  CHECK(signature.inputs == 2);
  CHECK_FALSE(signature.one_hot);
  CHECK(signature.outputs == 3);
  CHECK_FALSE(signature.one_answer);
  Batch batch;
  task->sample(sequences_of(Purpose::test), 2, batch);
  CHECK(batch.values == std::vector<float>{-0.25f, 3, 1, 2, 0, 0, 3, 4, 0, 0, 5, 6});
  CHECK(batch.classes == std::vector<std::int32_t>{1, 0, 0, 1, 0, 2});
  CHECK(batch.weight == std::vector<float>{1, 1, 0, 1, 0, 1});
  CHECK(batch.answer == std::vector<std::uint8_t>{1, 1, 0, 1, 0, 1});
  // The predictor does not use real values. Training has label 1 twice, label 0 once; the test 1, 0, 1, 2.
  const double expected = (2 * nats(2.5 / 4.5) + nats(1.5 / 4.5) + nats(0.5 / 4.5)) / 4;
  CHECK(task->baseline() == Approx(expected).epsilon(1e-6));
  const Scores scores = task->evaluate(even_classes(3), sequences_of(Purpose::test), 1);
  CHECK(score(scores, "frequencies") == task->baseline());
  CHECK(score(scores, "accuracy") == 0.25);
  const auto cut = file.task("2");
  cut->sample(sequences_of(Purpose::test, 1), 1, batch);
  CHECK(batch.classes == std::vector<std::int32_t>{0, 1});
}

TEST_CASE("labels: symbols with labels of steps have their baseline from the current symbol", "[tasks][sequences]") {
  const DataFile file(
      "{\"split\": \"train\", \"sequence\": [0, 1, 0], \"labels\": [1, 0, 1]}\n"
      "{\"split\": \"valid\", \"sequence\": [1], \"labels\": [0]}\n"
      "{\"split\": \"test\", \"sequence\": [0, 1, 2], \"labels\": [1, 1, 0]}\n");
  CHECK(file.task()->baseline() == Approx((nats(2.5 / 3) + nats(0.5 / 2) + nats(1.0 / 2)) / 3).epsilon(1e-6));
}

TEST_CASE("labels: lines without a split are divided by their number", "[tasks][sequences]") {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "{\"sequence\": [[" + std::to_string(i) + "]], \"label\": 0}\n";
  const SequenceFile file = read_sequence_file(DataFile(text).path());
  CHECK(file.counts() == std::array<std::size_t, 3>{16, 2, 2});
  CHECK(file.splits[1][1].values == std::vector<float>{18});
  CHECK(file.features == 1);
  CHECK(file.longest == 1);
}

TEST_CASE("labels: chunks read sequences with a label for every step", "[tasks][chunks]") {
  const DataFile file(labeled_lines(false, true));
  const auto with_chunk = [&](int chunk) {
    Settings settings = file.settings();
    settings.set("chunk", std::to_string(chunk));
    return find_task("sequences").make(settings);
  };
  const auto whole = file.task(), chunked = with_chunk(3);
  CHECK(chunked->steps() == 3);
  CHECK(chunked->baseline() == Approx(whole->baseline()).epsilon(1e-12));

  const std::vector<GivenSequence> training = read_sequence_file(file.path()).splits[0];
  std::vector<StreamPlace> streams(4);
  std::map<std::pair<std::size_t, std::uint32_t>, GivenSequence> read;  // by stream and number
  Batch batch;
  for (int update = 0; update < 30; ++update) {
    chunked->next_chunk(sequences_of(Purpose::training), streams, batch);
    for (std::size_t b = 0; b < streams.size(); ++b)
      for (int t = 0; t < batch.steps; ++t) {
        const std::size_t i = batch.at(t, static_cast<int>(b));
        CHECK(batch.answer[i] == (batch.weight[i] == 1));
        if (batch.weight[i] == 0) continue;
        GivenSequence& sequence = read[{b, streams[b].sequences}];
        sequence.symbols.push_back(batch.symbols[i]);
        sequence.labels.push_back(batch.classes[i]);
      }
  }
  for (const auto& [place, sequence] : read) {
    if (place.second == 0 || place.second == streams[place.first].sequences) continue;  // not from begin to end
    StreamSource source = sequences_of(Purpose::training);
    source.step = place.second + 1;
    const std::uint32_t number = source.stream(static_cast<std::uint32_t>(place.first)).below(24);
    CHECK(sequence.symbols == training[number].symbols);
    CHECK(sequence.labels == training[number].labels);
  }
  CHECK(read.size() > 12);

  const auto network = make_network<float>(model_settings({{"cell", "gru"}, {"hidden", "6"}}), whole->signature());
  const Parameters<float> parameters = random_parameters(*network, 4);
  const auto workspace = network->workspace();
  const auto scores = [&](const Task& task) {
    return task.evaluate(predictor(*network, parameters, *workspace), sequences_of(Purpose::test), 1);
  };
  for (const char* name : {"accuracy", "loss", "frequencies"})
    CHECK(score(scores(*chunked), name) == Approx(score(scores(*whole), name)).epsilon(1e-12));
}

TEST_CASE("labels: a chunk is refused where it might have no target", "[tasks][chunks][errors]") {
  const DataFile file(one_label);
  CHECK(why_refused({{"task", "sequences"}, {"cell", "lstm"}, {"file", file.path()}, {"chunk", "2"}}) ==
        "command line: chunk = 2 is not possible with one label per sequence, as in " + file.path() +
            ": a chunk without the last step would have nothing to learn; leave it out");
  // Nor is it proposed there.
  std::string line = "{\"sequence\": [0";
  for (int t = 1; t < 20'000; ++t) line += ",0";
  std::string text;
  for (int i = 0; i < 10; ++i) text += line + "], \"label\": " + std::to_string(i % 2) + "}\n";
  const DataFile large(text);
  CHECK_THAT(
      why_refused(
          {{"task", "sequences"}, {"cell", "lstm"}, {"file", large.path()}, {"hidden", "4000"}, {"batch", "65536"}}),
      Contains(" of memory, but this machine has ") && Contains(", or use --recompute 100") && !Contains("chunk"));
}

TEST_CASE("labels: a file that cannot be meant is refused with its line", "[tasks][sequences][errors]") {
  const std::string label = "{\"sequence\": [1, 2], \"label\": 3}\n";
  const std::string labels = "{\"sequence\": [[1], [2]], \"labels\": [3, 4]}\n";
  const std::string needs_labels =
      "a sequence of real values needs a \"label\" for the whole sequence or \"labels\", one for each step; write "
      "{\"sequence\": [...], \"label\": 0}";
  const std::map<std::string, std::string> cases{
      {"[[1], [2]]", "1: " + needs_labels},
      {"{\"sequence\": [[1], [2]]}", "1: " + needs_labels},
      {"[1, 0.5]",
       "1: the step 0.5 is neither a symbol, a whole number from 0 to 65535, nor a list of real values; write [0.5]"},
      {"[-1, 0]",
       "1: the step -1 is neither a symbol, a whole number from 0 to 65535, nor a list of real values; write [-1]"},
      {label + "{\"sequence\": [[1], [2]], \"label\": 3}",
       "2: a step is a list of numbers, but those before it are whole numbers"},
      {labels + "{\"sequence\": [[1], 2], \"labels\": [3, 4]}",
       "2: a step is a single number, 2, but those before it are lists of numbers"},
      {label + "[1, 2]", "2: a line has no label, but those before it have \"label\""},
      {labels + "{\"sequence\": [[1]], \"label\": 3}", "2: a line has \"label\", but those before it have \"labels\""},
      {"{\"sequence\": [1, 2], \"label\": 3, \"labels\": [1, 2]}", "1: a line has both \"label\" and \"labels\""},
      {"{\"sequence\": [1, 2], \"labels\": [1]}", "1: \"labels\" has 1 numbers, but \"sequence\" has 2 steps"},
      {"{\"sequence\": [1, 2], \"label\": 65536}", "1: expected a label, a whole number from 0 to 65535, found 65536"},
      {"{\"sequence\": [1, 2], \"label\": \"a\"}", "1: expected a label, a whole number from 0 to 65535, found \"a\""},
      {"{\"sequence\": [1, 2], \"label\": 1, \"label\": 1}", "1: the member \"label\" occurs twice"},
      {"{\"sequence\": [], \"label\": 1}", "1: a sequence needs at least one step"},
      {"{\"sequence\": [[1, 2], [3]], \"label\": 1}", "1: a step has 1 values, but those before it have 2"},
      {"{\"sequence\": [[]], \"label\": 1}", "1: a step has 0 values, but must have 1 to 4096"},
      {"{\"sequence\": [[1, NaN]], \"label\": 1}",
       "1: expected a value, a number between -3.4e38 and 3.4e38, found NaN"},
      {"{\"sequence\": [[1e39]], \"label\": 1}",
       "1: expected a value, a number between -3.4e38 and 3.4e38, found 1e39"},
      {"{\"sequence\": [[1e999]], \"label\": 1}",
       "1: expected a value, a number between -3.4e38 and 3.4e38, found 1e999"},
      {"{\"sequence\": [[01.5]], \"label\": 1}",
       "1: expected a value, a number between -3.4e38 and 3.4e38, found 01.5"},
      {"{\"label\": 1}", "1: a line without \"sequence\""}};
  for (const auto& [text, sentence] : cases) CHECK(file_refusal(text) == sentence);
  std::string wide = "{\"sequence\": [[0";
  for (int k = 0; k < max_features; ++k) wide += ",0";
  CHECK(file_refusal(wide + "]], \"label\": 1}") == "1: a step has 4097 values, but must have 1 to 4096");
}

TEST_CASE("labels: a network learns a label that the first step decides", "[runner][sequences]") {
  std::string text;
  for (std::uint32_t number = 0; number < 100; ++number) {
    Stream stream(9, Purpose::speed, 0, number);
    const std::string first = std::to_string(stream.below(2));
    text += "{\"sequence\": [" + first;
    for (std::uint32_t t = 0; t < 1 + number % 7; ++t) text += ", " + std::to_string(stream.below(2));
    text += "], \"label\": " + first + "}\n";
  }
  const DataFile file(text);
  const Record record = records_of(declared({{"task", "sequences"},
                                             {"file", file.path()},
                                             {"cell", "gru"},
                                             {"hidden", "8"},
                                             {"updates", "400"},
                                             {"learning-rate", "0.02"}}))
                            .at(0);
  CHECK(record.result.at("status") == "solved");
  CHECK(record.result.at("final").at("test").at("accuracy") == 1);
  CHECK(record.result.at("measure").at("solved_at") == 1);
  CHECK(record.result.at("baseline").get<double>() > 0.5);
}
