// Traces: finding the run, what is written of it, and that it is what the network computes.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "analysis/figures/trace_figure.h"
#include "core/error.h"
#include "core/options.h"
#include "experiments/declaration/run_task.h"
#include "experiments/records/find_record.h"
#include "experiments/records/weights.h"
#include "experiments/running/runner.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {

void touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path);
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream text(line);
  for (std::string cell; std::getline(text, cell, ',');) cells.push_back(cell);
  return cells;
}

// quantity -> step -> unit -> value, from the CSV file.
std::map<std::string, std::vector<std::vector<float>>> quantities(const std::string& csv) {
  std::map<std::string, std::vector<std::vector<float>>> result;
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const std::vector<std::string> cells = cells_of(line);
    auto& steps = result[cells.at(3)];
    const std::size_t step = std::stoul(cells[0]);
    if (steps.size() <= step) steps.resize(step + 1);
    REQUIRE(steps[step].size() == std::stoul(cells[4]));
    steps[step].push_back(std::stof(cells.at(5)));
  }
  return result;
}

// Two runs of a few updates, of an LSTM with attention and of two layers of GRU.
struct Trained {
  Trained() {
    RunSpec lstm = small_run(1);
    lstm.model.set("attention", "additive");
    RunSpec gru = small_run(2);
    gru.model = default_settings(model_options(find_cell("gru")));
    gru.model.set("cell", "gru");
    gru.model.set("hidden", "3");
    gru.model.set("layers", "2");
    ids = {lstm.id(), gru.id()};
    RunnerOptions options;
    options.jobs = 1;
    options.progress = false;
    if (run_experiment({"small", "", "small", {lstm, gru}}, folder.path(), options) != 0)
      throw std::runtime_error("the runs failed");
  }
  fs::path run(int number, const std::string& ending) const {
    return folder.path() / "small" / "runs" / (ids[number] + ending);
  }
  fs::path traces() const { return folder.path() / "small" / "traces"; }

  // What the program says of a mistake; "" when there is none.
  std::string trace(std::vector<std::string> words) const {
    words.insert(words.begin(), "trace");
    words.insert(words.end(), {"--results", folder.path().string()});
    const fs::path said = folder.path() / "small" / "stderr";
    const int code = run_program(words, said);
    std::string text = read_file(said);
    CHECK(code == (text.empty() ? 0 : 2));
    return text;
  }

  TemporaryFolder folder;
  std::vector<std::string> ids;
};

// Three steps: symbols 0 2 0, the answer 1 asked at the last; one gate and one state of two units.
SequenceTrace symbol_trace() {
  SequenceTrace trace{"t", "a run", "a sequence", {3, true, 2, Loss::cross_entropy}, {}, {}, {}};
  trace.batch.reset(trace.signature, 3, 1);
  trace.batch.symbols = {0, 2, 0};
  trace.batch.classes = {0, 0, 1};
  trace.batch.weight = {0, 1, 1};
  trace.batch.answer = {0, 0, 1};
  trace.activations = {{"forget gate", 2, {0.25f, 0.5f, 0, 1, 0.125f, 0.25f}},
                       {"hidden state", 2, {0.5f, -0.5f, 0.1f, -1, 0.5f, 0.5f}},
                       {"attention", 3, {1, 0, 0, 0.25f, 0.75f, 0, 0, 0, 1}}};
  trace.outputs = {1, 0, 2, -3, 0, 0};
  return trace;
}

}  // namespace

TEST_CASE("a run is found by its id, the beginning of one, or a path", "[trace]") {
  const TemporaryFolder folder;
  const fs::path &results = folder.path(), first = results / "a" / "runs" / "00aa000000000001.json",
                 second = results / "b" / "runs" / "00ab000000000002.json";
  touch(first);
  touch(second);
  touch(results / "b" / "runs" / "00ac000000000003.checkpoint");
  touch(results / "b" / "table.txt");
  CHECK(find_record(results, "00aa000000000001") == first);
  CHECK(find_record(results, "00ab") == second);
  CHECK(find_record("elsewhere", second.string()) == second);

  const auto refuses = [&](const std::string& run, const std::string& sentence) {
    CHECK_THROWS_WITH(find_record(results, run), Contains(sentence));
    CHECK_THROWS_AS(find_record(results, run), UserError);
  };
  refuses("00a", "RUN = 00a: 2 records have an id that begins like this (" + first.string() + ", " + second.string() +
                     "); give more digits or the path");
  refuses("00ac", "RUN = 00ac: no record in");
  refuses("lstm", "RUN = lstm: this is neither an id");
  refuses("00aa0000000000011", "neither an id");
  refuses("", "neither an id");
  refuses(first.string() + "x/y", "no such file");
  refuses((results / "a").string(), "not a file");
  CHECK_THROWS_WITH(find_record(results / "none", "00aa"), Contains("none: there is no such folder"));
  touch(results / "c" / "runs" / "00aa000000000001.json");
  refuses("00aa000000000001", "2 records have an id that begins like this");
}

TEST_CASE("weights are those of the record or refused", "[trace]") {
  const Trained trained;
  const Record record = read_record(trained.run(0, ".json"));
  const RunSpec spec = spec_from_json(record.spec);
  const auto network = make_network<float>(spec.model, make_task(spec)->signature());
  Parameters<float> parameters(network->layout());
  load_weights(trained.run(0, ".json"), record, parameters);
  CHECK(std::any_of(parameters.data().begin(), parameters.data().end(), [](float x) { return x != 0; }));

  const std::string bytes = read_file(trained.run(0, ".safetensors"));
  std::string edited = bytes;
  edited.back() ^= 1;
  write_atomically(trained.run(0, ".safetensors"), edited);
  CHECK_THROWS_WITH(load_weights(trained.run(0, ".json"), record, parameters),
                    Contains("these are not the weights of the record"));
  write_atomically(trained.run(0, ".safetensors"), read_file(trained.run(1, ".safetensors")));
  CHECK_THROWS_AS(load_weights(trained.run(0, ".json"), record, parameters), UserError);
  fs::remove(trained.run(0, ".safetensors"));
  CHECK_THROWS_WITH(
      load_weights(trained.run(0, ".json"), record, parameters),
      Contains("is missing beside the record; runs of 'rnnbench reproduce' and of --no-weights store none"));
  CHECK_THAT(trained.trace({trained.ids[0]}), Contains("is missing beside the record"));

  Record diverged = record;
  diverged.result["weights"] = nullptr;
  CHECK_THROWS_WITH(load_weights(trained.run(0, ".json"), diverged, parameters), Contains("diverged"));
}

TEST_CASE("the CSV of a trace is tidy and exact", "[trace]") {
  const std::string csv = trace_csv(symbol_trace());
  CHECK(
      csv.starts_with("step,input,target,quantity,unit,value\n"
                      "0,0,,forget gate,0,0.25\n"
                      "0,0,,forget gate,1,0.5\n"
                      "0,0,,hidden state,0,0.5\n"
                      "0,0,,hidden state,1,-0.5\n"
                      "0,0,,attention,0,1\n"
                      "0,0,,output,0,1\n"
                      "0,0,,output,1,0\n"
                      "1,2,0,forget gate,0,0\n"));
  CHECK_THAT(csv, Contains("1,2,0,hidden state,0,0.1\n"));
  CHECK_THAT(csv, Contains("1,2,0,attention,0,0.25\n1,2,0,attention,1,0.75\n1,2,0,output,0,2\n"));
  CHECK_THAT(csv, Contains("\n2,0,1,attention,2,1\n"));

  SequenceTrace values = symbol_trace();
  values.signature = {2, false, 2, Loss::mean_squared};
  values.batch.reset(values.signature, 3, 1);
  values.batch.values = {0.1f, 1, 0.7f, 0, 0.3f, 1};
  values.batch.targets = {0, 0, 0, 0, 0.4f, -2};
  values.batch.weight = {0, 0, 1};
  CHECK_THAT(trace_csv(values), Contains("\n1,0.7 0,,forget gate,1,1\n"));
  CHECK_THAT(trace_csv(values), Contains("\n2,0.3 1,0.4 -2,output,1,0\n"));
}

TEST_CASE("gates are averaged over units and steps of a kind", "[trace]") {
  const std::vector<std::vector<std::string>> symbols = {
      {"0", "no", "1", "0.375"}, {"0", "yes", "1", "0.188"}, {"2", "no", "1", "0.500"}};
  CHECK(gate_means(symbol_trace()).rows == symbols);

  SequenceTrace values = symbol_trace();
  values.signature = {2, false, 1, Loss::mean_squared};
  values.batch.values = {0.1f, 1, 0.7f, 0, 0.3f, 1};
  values.batch.answer = {0, 0, 0};
  const std::vector<std::vector<std::string>> markers = {{"feature 1 = 0", "no", "1", "0.500"},
                                                         {"feature 1 = 1", "no", "2", "0.281"}};
  CHECK(gate_means(values).rows == markers);
  values.batch.values = {0.1f, 0.2f, 0.7f, 0.5f, 0.3f, 0.5f};
  CHECK(gate_means(values).rows == std::vector<std::vector<std::string>>{{"any", "no", "3", "0.354"}});
  // Nor do whole numbers that are content: the 88 keys of a chord.
  values.signature.inputs = 88;
  values.batch.values.assign(3 * 88, 0);
  for (int step = 0; step < 3; ++step) values.batch.values[step * 88 + step] = 1;
  CHECK(gate_means(values).rows == std::vector<std::vector<std::string>>{{"any", "no", "3", "0.354"}});
}

TEST_CASE("units are drawn by the time of their largest state", "[trace]") {
  SequenceTrace trace = symbol_trace();
  CHECK(unit_order(trace, "forget gate") == std::vector<int>{0, 1});
  trace.activations[1].values = {0, 1, -2, 0, 0, 0};
  CHECK(unit_order(trace, "forget gate") == std::vector<int>{1, 0});
  // At the same step: the larger value first, of equals the smaller number.
  trace.activations[1].values = {-1, 1, 0, 0, 0, 0};
  CHECK(unit_order(trace, "forget gate") == std::vector<int>{1, 0});
  trace.activations[1].values = {1, 1, 0, 0, 0, 0};
  CHECK(unit_order(trace, "forget gate") == std::vector<int>{0, 1});
  // Each layer by its own states, and an LSTM by its cell state.
  trace.activations = {{"layer 0 hidden state", 2, {1, 0, 0, 1, 0, 0}},
                       {"layer 0 cell state", 2, {0, 1, 1, 0, 0, 0}},
                       {"layer 1 hidden state", 2, {1, 0, 0, 1, 0, 0}}};
  CHECK(unit_order(trace, "layer 0 forget gate") == std::vector<int>{1, 0});
  CHECK(unit_order(trace, "layer 1 forget gate") == std::vector<int>{0, 1});
}

TEST_CASE("the trace of an LSTM with attention satisfies its equations", "[trace]") {
  const Trained trained;
  REQUIRE(trained.trace({trained.ids[0].substr(0, 12)}) == "");
  auto q = quantities(read_file(trained.traces() / (trained.ids[0] + ".csv")));
  const auto &i = q["input gate"], &f = q["forget gate"], &g = q["cell candidate"], &o = q["output gate"],
             &c = q["cell state"], &h = q["hidden state"], &attention = q["attention"];
  REQUIRE(h.size() == 10);
  for (std::size_t step = 0; step < h.size(); ++step) {
    REQUIRE(h[step].size() == 4);
    for (std::size_t u = 0; u < 4; ++u) {
      const float before = step > 0 ? c[step - 1][u] : 0;
      CHECK(c[step][u] == Approx(f[step][u] * before + i[step][u] * g[step][u]).margin(1e-6));
      CHECK(h[step][u] == Approx(o[step][u] * std::tanh(c[step][u])).margin(1e-6));
    }
    REQUIRE(attention[step].size() == step + 1);
    float sum = 0;
    for (float weight : attention[step]) sum += weight;
    CHECK(sum == Approx(1).margin(1e-5));
  }

  // The outputs are the network's on test sequence 0, drawn here anew.
  const Record record = read_record(trained.run(0, ".json"));
  const RunSpec spec = spec_from_json(record.spec);
  const auto task = make_task(spec);
  const auto network = make_network<float>(spec.model, task->signature());
  Parameters<float> parameters(network->layout());
  load_weights(trained.run(0, ".json"), record, parameters);
  Batch batch;
  task->sample({spec.seed, Purpose::test, 0}, 1, batch);
  std::vector<float> outputs;
  network->predict(parameters, batch, true, *network->workspace(), outputs);
  for (std::size_t step = 0; step < outputs.size(); ++step) CHECK(q["output"][step][0] == outputs[step]);
}

TEST_CASE("the trace of two layers of GRU satisfies its equations", "[trace]") {
  const Trained trained;
  REQUIRE(trained.trace({trained.ids[1], "--length", "14", "--sample", "3"}) == "");
  auto q = quantities(read_file(trained.traces() / (trained.ids[1] + "-length-14-sample-3.csv")));
  for (const std::string layer : {"layer 0 ", "layer 1 "}) {
    const auto &z = q[layer + "update gate"], &n = q[layer + "candidate"], &h = q[layer + "hidden state"];
    REQUIRE(h.size() == 14);
    REQUIRE(q[layer + "reset gate"].size() == 14);
    for (std::size_t step = 0; step < h.size(); ++step) {
      for (std::size_t u = 0; u < 3; ++u) {
        const float before = step > 0 ? h[step - 1][u] : 0;
        CHECK(h[step][u] == Approx((1 - z[step][u]) * n[step][u] + z[step][u] * before).margin(1e-6));
      }
    }
  }
  CHECK(q.count("attention") == 0);
}

TEST_CASE("a trace that is drawn again has the same bytes", "[trace]") {
  const Trained trained;
  const auto files = [&] {
    std::map<std::string, std::string> contents;
    for (const std::string& name : file_names(trained.traces())) contents[name] = read_file(trained.traces() / name);
    return contents;
  };
  REQUIRE(trained.trace({trained.ids[0]}) == "");
  const auto first = files();
  CHECK(first.size() == 6);
  for (const auto& [name, bytes] : first) CHECK(bytes.size() > 500);
  fs::remove_all(trained.traces());
  REQUIRE(trained.trace({trained.run(0, ".json").string()}) == "");
  CHECK(files() == first);

  // The font of a label carries a style into the svg: the elements are still closed.
  const std::string& svg = first.at(trained.ids[0] + ".svg");
  const auto count = [&](const std::string& text) {
    int n = 0;
    for (auto at = svg.find(text); at != std::string::npos; at = svg.find(text, at + 1)) ++n;
    return n;
  };
  CHECK(count("<style>image { image-rendering: pixelated }</style>") == 1);
  CHECK(count("<g ") + count("<g>") == count("</g>"));

  // Sequences differ, and have files of their own.
  REQUIRE(trained.trace({trained.ids[0], "--sample", "1"}) == "");
  CHECK(files().size() == 12);
  CHECK(files()[trained.ids[0] + "-sample-1.csv"] != first.at(trained.ids[0] + ".csv"));
}

TEST_CASE("smallest traces can be drawn", "[trace]") {
  const TemporaryFolder folder;
  SequenceTrace trace{"least", "title", "caption", {1, false, 1, Loss::mean_squared}, {}, {}, {}};
  trace.batch.reset(trace.signature, 1, 1);
  trace.activations = {{"hidden state", 1, {0.5f}}, {"attention", 1, {1}}};
  trace.outputs = {0.25f};
  const Figure figure = trace_figure(trace);
  write_figures({figure}, folder.path());
  REQUIRE(gnuplot_available());
  draw_figures({figure}, folder.path());
  CHECK(fs::file_size(folder.path() / "least.png") > 1000);
  for (const float tiny : {8e-12f, -8e-12f, 1e-44f}) {
    trace.activations[0].values[0] = tiny;
    draw_figures({trace_figure(trace)}, folder.path());
  }
}

TEST_CASE("answers of yes or no are drawn as probabilities, with a circle for every yes that is asked", "[trace]") {
  SequenceTrace trace = symbol_trace();
  trace.signature.loss = Loss::bernoulli;
  trace.batch.targets = {1, 1, 0, 1, 0, 1};
  trace.outputs = {0, 1000, -1000, 0, 1000, 0};
  const Figure figure = trace_figure(trace);
  CHECK_THAT(figure.script, Contains("probability of yes; circles mark the answers that are yes"));
  CHECK_THAT(figure.data, Contains("are yes\n0.5 0 1\n1 0.5 0.5\n"));     // a row for each output
  CHECK_THAT(figure.data, Contains("# answers: step, output\n2 1\n\n"));  // at step 2 alone
}

TEST_CASE("invalid arguments of trace get one sentence", "[trace]") {
  const Trained trained;
  const std::string id = trained.ids[0];
  CHECK_THAT(trained.trace({}), Contains("needs one RUN"));
  CHECK_THAT(trained.trace({id, "--sample", "-1"}), Contains("--sample"));
  CHECK_THAT(trained.trace({id, "--length", "1"}), Contains("length"));
  CHECK_THAT(trained.trace({id, "--length", "ten"}), Contains("command line: length = ten"));
  CHECK_THAT(trained.trace({id, "--length", "2501"}),
             Contains("length = 2501 means 2501 time steps, but a trace has at most 2500"));
  CHECK_THAT(trained.trace({id, "--lenght", "9"}), Contains("did you mean --length?"));
  touch(trained.traces());
  CHECK_THAT(trained.trace({id}), Contains("cannot write the trace to"));
}
