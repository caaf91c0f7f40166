// The task `sequences` in chunks: what streams read, that evaluation in chunks gives the scores of whole sequences, and
// what is refused.
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/options.h"
#include "experiments/declaration/feasible.h"
#include "experiments/training/scorer.h"
#include "experiments/training/train.h"
#include "tasks/catalogue.h"
#include "tasks/sequences/sequence_file.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"
#include "tests/tasks/symbol_file.h"

using namespace rnnbench::test;

namespace {

std::unique_ptr<const Task> chunked(const SymbolFile& file, int chunk, const std::string& length = "1000000") {
  Settings settings = default_settings(find_task("sequences").options);
  settings.set("file", file.path());
  settings.set("chunk", std::to_string(chunk));
  settings.set("length", length);
  return find_task("sequences").make(settings);
}

constexpr StreamSource drawn_from = {.seed = 3, .purpose = Purpose::training};

}  // namespace

TEST_CASE("streams read sequences chunk by chunk, and begin a new one where a chunk begins", "[tasks][chunks]") {
  const SymbolFile file(30, 5, 40);
  const std::vector<GivenSequence> training = read_sequence_file(file.path()).splits[0];
  const auto task = chunked(file, 8);
  CHECK(task->chunk() == 8);
  CHECK(task->steps() == 8);
  constexpr int size = 5;
  std::vector<StreamPlace> streams(size);
  std::vector<std::vector<std::int32_t>> inputs(size), targets(size);       // of the current sequence of each stream
  std::map<std::pair<int, std::uint32_t>, std::vector<std::int32_t>> read;  // by stream and number
  Batch batch;
  int late_starts = 0;  // the first sequence of a stream begins at a random chunk
  for (int update = 0; update < 40; ++update) {
    task->next_chunk(drawn_from, streams, batch);
    REQUIRE(batch.continues.size() == size);
    for (int b = 0; b < size; ++b) {
      std::vector<std::int32_t>& symbols = read[{b, streams[b].sequences}];
      CHECK(batch.continues[b] == !symbols.empty());
      bool ended = false;
      for (int t = 0; t < batch.steps; ++t) {
        const std::size_t i = batch.at(t, b);
        CHECK((batch.weight[i] == 0 || !ended));
        CHECK(batch.answer[i] == (batch.weight[i] == 1));
        ended = batch.weight[i] == 0;
        if (ended) continue;
        if (symbols.empty()) symbols.push_back(batch.symbols[i]);
        CHECK(batch.symbols[i] == symbols.back());
        symbols.push_back(batch.classes[i]);
      }
      const std::size_t missing = streams[b].steps + 1 - symbols.size();
      CHECK(missing % 8 == 0);
      CHECK((missing == 0 || streams[b].sequences == 0));
      late_starts += streams[b].sequences == 0 && missing > 0;
    }
  }
  CHECK(late_starts > 0);
  for (const auto& [place, symbols] : read) {
    const auto& [stream, number] = place;
    // The sequence that sample() gives this stream in update number + 1, whole unless it is the last one.
    StreamSource of_sequence = drawn_from;
    of_sequence.step = number + 1;
    const GivenSequence& expected =
        training[of_sequence.stream(stream).below(static_cast<std::uint32_t>(training.size()))];
    if (number == 0) {  // it ends where the sequence ends
      CHECK(std::equal(symbols.rbegin(), symbols.rend(), expected.symbols.rbegin()));
      continue;
    }
    const bool is_last = number == streams[stream].sequences;
    CHECK((is_last || symbols.size() == expected.symbols.size()));
    CHECK(std::equal(symbols.begin(), symbols.end(), expected.symbols.begin()));
  }
}

TEST_CASE("streams continue from their places", "[tasks][chunks]") {
  const SymbolFile file(30, 5, 40);
  const auto task = chunked(file, 8);
  std::vector<StreamPlace> streams(3), resumed;
  Batch batch, again;
  for (int update = 0; update < 20; ++update) {
    resumed = streams;
    task->next_chunk(drawn_from, streams, batch);
    task->next_chunk(drawn_from, resumed, again);
    CHECK(streams == resumed);
    CHECK(batch.symbols == again.symbols);
    CHECK(batch.continues == again.continues);
  }
}

TEST_CASE("streams of one long sequence read it at different places", "[tasks][chunks]") {
  const SymbolFile file(10, 2000, 2000);  // eight for training
  const auto task = chunked(file, 10, "1999");
  std::vector<StreamPlace> streams(16);
  Batch batch;
  task->next_chunk(drawn_from, streams, batch);
  CHECK(batch.continues == std::vector<std::uint8_t>(16, 0));
  std::set<std::uint32_t> places;
  for (const StreamPlace& place : streams) {
    CHECK(place.sequences == 0);
    CHECK(place.steps % 10 == 0);
    places.insert(place.steps);
  }
  CHECK(places.size() >= 14);
  task->next_chunk(drawn_from, streams, batch);
  CHECK(batch.continues == std::vector<std::uint8_t>(16, 1));
}

TEST_CASE("a sequence of more than a million steps is read to its end", "[tasks][chunks]") {
  constexpr int steps = 1'000'100;
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "long.jsonl").string();
  std::string text = "{\"split\": \"train\", \"sequence\": [0";
  for (int t = 1; t < steps; ++t) text += t % 2 == 0 ? ",0" : ",1";
  text += "]}\n";
  for (const char* split : {"valid", "test"})
    text += std::string("{\"split\": \"") + split + "\", \"sequence\": [0, 1]}\n";
  std::ofstream(path) << text;
  Settings settings = default_settings(find_task("sequences").options);
  settings.set("file", path);
  settings.set("chunk", "10000");
  const auto task = find_task("sequences").make(settings);
  double predicted = 0;
  const Predict even = [&](const Batch& batch, std::vector<float>& outputs) {
    predicted += batch.total_weight();
    outputs.assign(batch.symbols.size() * 2, 0);
  };
  task->evaluate(even, drawn_from, 1);
  CHECK(predicted == steps - 1);
}

TEST_CASE("evaluation in chunks gives the scores of whole sequences", "[tasks][chunks]") {
  const SymbolFile file(100, 5, 60);
  const auto whole = chunked(file, 0);
  const auto network =
      make_network<float>(model_settings({{"cell", "lstm"}, {"hidden", "6"}, {"layers", "2"}}), whole->signature());
  const Parameters<float> parameters = random_parameters(*network, 4);
  const auto workspace = network->workspace();
  for (const int chunk : {1, 7, 1000}) {
    CAPTURE(chunk);
    const auto task = chunked(file, chunk);
    CHECK(task->baseline() == Approx(whole->baseline()).epsilon(1e-12));
    for (const Purpose purpose : {Purpose::validation, Purpose::test, Purpose::training}) {
      const StreamSource from = {.seed = 5, .purpose = purpose};
      const Scores expected = whole->evaluate(predictor(*network, parameters, *workspace), from, 70);
      const Scores scores = task->evaluate(predictor(*network, parameters, *workspace), from, 70);
      REQUIRE(scores.size() == expected.size());
      for (std::size_t i = 0; i < scores.size(); ++i) {
        CHECK(scores[i].first == expected[i].first);
        CHECK(scores[i].second == Approx(expected[i].second).epsilon(1e-12));
      }
    }
  }
  // Without the states, the scores are others.
  const Predict forgetful = [&](const Batch& batch, std::vector<float>& outputs) {
    network->predict(parameters, batch, false, *workspace, outputs);
  };
  const StreamSource from = {.seed = 5, .purpose = Purpose::test};
  const double loss = score(whole->evaluate(forgetful, from, 70), "loss");
  CHECK(std::abs(score(chunked(file, 7)->evaluate(forgetful, from, 70), "loss") - loss) > 1e-6 * loss);
}

TEST_CASE("samples are whole sequences, whatever the chunk", "[tasks][chunks]") {
  const SymbolFile file(30, 5, 40);
  Batch whole, batch;
  chunked(file, 0)->sample(drawn_from, 20, whole);
  for (const int chunk : {1, 7, 1000}) {
    CAPTURE(chunk);
    chunked(file, chunk)->sample(drawn_from, 20, batch);
    REQUIRE(batch.steps <= whole.steps);  // as many as the longest of these sequences has
    CHECK(batch.symbols == whole.segment(0, batch.steps).symbols);
    CHECK(batch.classes == whole.segment(0, batch.steps).classes);
    CHECK(batch.total_weight() == whole.total_weight());
  }
}

TEST_CASE("with a chunk longer than every sequence, training is that of whole sequences", "[tasks][chunks]") {
  const SymbolFile file(30, 5, 40);
  const SettingPairs settings = {{"task", "sequences"}, {"file", file.path()}, {"cell", "gru"},
                                 {"hidden", "8"},       {"batch", "4"},        {"updates", "30"}};
  const Record whole = records_of(declared(settings)).at(0);
  const Record chunks = records_of(declared(with(settings, {{"chunk", "1000"}}))).at(0);
  CHECK(chunks.result.at("weights") == whole.result.at("weights"));
  CHECK(chunks.id() != whole.id());
  // Shorter chunks are other training.
  CHECK(records_of(declared(with(settings, {{"chunk", "10"}}))).at(0).result.at("weights") !=
        whole.result.at("weights"));
}

TEST_CASE("a run whose streams carry states, interrupted in the middle of sequences, gives the same bytes",
          "[chunks]") {
  const SymbolFile file(30, 5, 40);
  const SettingPairs settings = {{"task", "sequences"}, {"file", file.path()}, {"cell", "lstm"}, {"hidden", "8"},
                                 {"batch", "4"},        {"updates", "40"},     {"chunk", "7"}};
  const Record whole = records_of(declared(settings)).at(0);
  const RunSpec run = declared(settings).runs.at(0);
  const TemporaryFolder folder;
  ResultsFolder results(folder.path(), "streams");
  results.prepare();
  for (const int updates : {1, 4, 2, 9}) {
    InterruptAfter interrupt(updates);
    REQUIRE_FALSE(train(run, results, quiet_runner(), interrupt).finished);
  }
  InterruptAfter never(1 << 30);
  const TrainOutcome resumed = train(run, results, quiet_runner(), never);
  CHECK(resumed.record.result == whole.result);
  CHECK(resumed.record.measured.at("resumed") == 4);
}

TEST_CASE("chunks and truncation are refused where states cannot be carried", "[chunks][errors]") {
  const SymbolFile file(30, 5, 40);
  const SettingPairs settings = {{"task", "sequences"}, {"file", file.path()}, {"cell", "lstm"}, {"chunk", "8"}};
  CHECK(why_refused(settings) == "accepted");
  const SettingPairs adding = {{"task", "adding"}, {"cell", "lstm"}, {"truncate", "8"}};
  CHECK(why_refused(adding) == "accepted");
  const std::string reason =
      " = 8 passes states on, which is not possible with attention, direction = bidirectional, the Transformer or "
      "initial-state = learned; leave it out";
  for (const SettingPairs& more : std::vector<SettingPairs>{
           {{"attention", "dot"}}, {{"direction", "bidirectional"}}, {{"initial-state", "learned"}}}) {
    CAPTURE(more.at(0).first);
    CHECK(why_refused(with(adding, more)).ends_with("truncate" + reason));
    // A task that predicts its inputs allows no second direction at all.
    if (more.at(0).first != "direction") CHECK(why_refused(with(settings, more)).ends_with("chunk" + reason));
  }
  CHECK(why_refused({{"task", "adding"}, {"cell", "transformer"}, {"truncate", "8"}}).ends_with("truncate" + reason));
  CHECK(why_refused(with(settings, {{"truncate", "4"}})).find("truncate = 4 is not for chunk = 8") !=
        std::string::npos);
  CHECK(why_refused({{"task", "adding"}, {"length", "20"}, {"cell", "lstm"}, {"truncate", "20"}}) ==
        "command line: truncate = 20 has no effect, because no sequence has more than 20 steps; leave it out");
  CHECK(why_refused(with(settings, {{"probe", "gradients"}})).find("probe = gradients needs whole sequences") !=
        std::string::npos);
  CHECK_FALSE(why_refused({{"task", "copy"}, {"cell", "lstm"}, {"chunk", "8"}}) == "accepted");
  for (const auto& [given, name] : {std::pair{settings, "chunk = 8"}, std::pair{adding, "truncate = 8"}})
    CHECK_THROWS_WITH(check_feasible(declared(given).runs.at(0), {.threads = 1, .recompute = 4}),
                      std::string(name) +
                          " keeps the activations of one piece of a sequence only, which leaves "
                          "nothing to compute again; leave out --recompute");
}
