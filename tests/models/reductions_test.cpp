// Cells that become one another: a gate that is forced open, a weight that is 0, a parameter that is minus
// another's. What a cell computes is so held against a cell of another file.
#include <algorithm>
#include <cmath>
#include <functional>

#include <catch2/catch.hpp>

#include "core/denormals.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

// Pre-activation at which a sigmoid is 1; at minus that it is 0 in double and the least normal number in
// float, whose products with numbers below 1 count as 0.
constexpr float open = 1000;

template <class S>
struct Computed {
  std::unique_ptr<const Network<S>> network;
  Parameters<S> parameters, gradient;
  std::vector<S> outputs;
  double loss = 0;

  Computed(const Values& model, const Signature& signature, Isa isa)
      : network(make_network<S>(model_settings(model), signature, isa)),
        parameters(random_parameters(*network, 3)),
        gradient(network->layout()) {}
  void compute(const Batch& batch) {
    const auto workspace = network->workspace();
    loss = network->gradient(parameters, batch, *workspace, gradient);
    network->predict(parameters, batch, true, *workspace, outputs);
  }
};

// Rows of gate `number` in a block of `numbers`.
template <class S>
struct Rows {
  S* begin;
  std::size_t size;
};
template <class S>
Rows<S> rows(Parameters<S>& numbers, const std::string& block, int number, int hidden) {
  const int found = numbers.layout().find(block);
  INFO("block " << block);
  REQUIRE(found >= 0);
  const std::size_t size = static_cast<std::size_t>(hidden) * numbers.layout().block(found).cols;
  REQUIRE((number + 1) * size <= numbers.layout().block(found).size());
  return {numbers.block(found) + number * size, size};
}

// One gate of the special cell: `factor` times the numbers of a gate of the general one. Numbers count the
// rows of weight_ih; those of weight_hh follow, or are -1.
struct GateMap {
  int special, special_row, general, general_row;
  float factor = 1;
};

// A general cell that computes what the special one does when some of its numbers are set.
struct Reduction {
  std::string special, general;
  std::vector<GateMap> gates;                          // of the general cell that the special one has
  std::vector<std::pair<int, float>> biases = {};      // of gates of the general cell, forced
  std::vector<std::string> zero = {};                  // blocks of the general cell
  Values special_values = {}, general_values = {};     // options
  std::vector<GateMap> further = {};                   // gates of the general cell that follow from the special one's
  bool outputs_exact = false, gradient_exact = false;  // in float; otherwise to rounding
};

std::vector<GateMap> same_gates(int count) {
  std::vector<GateMap> gates;
  for (int g = 0; g < count; ++g) gates.push_back({g, g, g, g});
  return gates;
}

const char* const gate_blocks[] = {"rnn.weight_ih", "rnn.bias_ih", "rnn.weight_hh", "rnn.bias_hh"};

// f(block, gate of the special cell, gate of the general one, factor) for every part of a gate.
void for_parts(const std::vector<GateMap>& gates, int layers,
               const std::function<void(const std::string&, int, int, float)>& f) {
  for (int layer = 0; layer < layers; ++layer)
    for (const GateMap& gate : gates)
      for (const std::string name : gate_blocks) {
        const bool recurrent = name.ends_with("_hh");
        const int special = recurrent ? gate.special_row : gate.special;
        if (special >= 0)
          f(name + "_l" + std::to_string(layer), special, recurrent ? gate.general_row : gate.general, gate.factor);
      }
}

// The special model's parameters are random; the general one's follow.
template <class S>
void set_parameters(const Reduction& r, Computed<S>& special, Computed<S>& general, int layers) {
  const int h = special.network->hidden();
  for (const std::vector<GateMap>* gates : {&r.gates, &r.further})
    for_parts(*gates, layers, [&](const std::string& block, int from, int to, float factor) {
      const Rows<S> source = rows(special.parameters, block, from, h), target = rows(general.parameters, block, to, h);
      REQUIRE(source.size == target.size);
      for (std::size_t i = 0; i < source.size; ++i) target.begin[i] = S(factor) * source.begin[i];
    });
  for (int layer = 0; layer < layers; ++layer) {
    const std::string l = "_l" + std::to_string(layer);
    for (const auto& [gate, bias] : r.biases)
      std::fill_n(rows(general.parameters, "rnn.bias_ih" + l, gate, h).begin, h, S(bias));
    for (const std::string& name : r.zero) {
      const int block = general.network->layout().find(name + l);
      REQUIRE(block >= 0);
      std::fill_n(general.parameters.block(block), general.network->layout().block(block).size(), S(0));
    }
  }
  for (const Block& block : special.network->layout().blocks())
    if (!block.name.starts_with("rnn.")) {
      const Rows<S> target{general.parameters.block(general.network->layout().find(block.name)), block.size()};
      std::copy_n(&special.parameters.data()[block.offset], block.size(), target.begin);
    }
}

// The special model's gradient by the chain rule from the general one's.
template <class S>
Parameters<S> mapped_gradient(const Reduction& r, Computed<S>& special, Computed<S>& general, int layers) {
  const int h = special.network->hidden();
  Parameters<S> mapped(special.network->layout());
  for (const std::vector<GateMap>* gates : {&r.gates, &r.further})
    for_parts(*gates, layers, [&](const std::string& block, int to, int from, float factor) {
      const Rows<S> source = rows(general.gradient, block, from, h), target = rows(mapped, block, to, h);
      for (std::size_t i = 0; i < source.size; ++i) target.begin[i] += S(factor) * source.begin[i];
    });
  for (const Block& block : special.network->layout().blocks())
    if (!block.name.starts_with("rnn."))
      std::copy_n(general.gradient.block(general.network->layout().find(block.name)), block.size(),
                  &mapped.data()[block.offset]);
  return mapped;
}

template <class S>
void check(const Reduction& r, int hidden, int layers, const Signature& signature, Isa isa) {
  Values special_values = r.special_values, general_values = r.general_values;
  for (Values* values : {&special_values, &general_values}) {
    (*values)["hidden"] = std::to_string(hidden);
    (*values)["layers"] = std::to_string(layers);
    values->try_emplace("init", "uniform");
  }
  special_values["cell"] = r.special, general_values["cell"] = r.general;
  CAPTURE(r.special, r.general, hidden, layers, describe_signature(signature), isa_name(isa));
  Computed<S> special(special_values, signature, isa), general(general_values, signature, isa);
  set_parameters(r, special, general, layers);
  const Batch batch = uneven_batch(signature, 7, 19, 4);
  special.compute(batch);
  general.compute(batch);
  const Parameters<S> gradient = mapped_gradient(r, special, general, layers);
  constexpr bool is_float = std::is_same_v<S, float>;
  if (is_float && r.outputs_exact) {
    CHECK(special.outputs == general.outputs);
    CHECK(special.loss == general.loss);
  }
  if (is_float && r.gradient_exact) CHECK(special.gradient.data() == gradient.data());
  CHECK(relative_error(general.outputs, special.outputs) <= (is_float ? 1e-6 : 1e-14));
  for (const BlockError& error : block_errors(gradient, special.gradient, cancelled)) {
    CAPTURE(error.name);
    CHECK(error.worst <= (is_float ? 1e-4 : 1e-13));
  }
}

std::vector<Reduction> all_reductions() {
  std::vector<Reduction> all;
  const auto add = [&](Reduction r, bool outputs_exact = false, bool gradient_exact = false) {
    r.outputs_exact = outputs_exact, r.gradient_exact = gradient_exact;
    all.push_back(std::move(r));
  };
  const bool exact = true;
  // Gates that are open or shut. (The gradient of a gated cell's state comes in two chains, one by way of r
  // h'.)
  add({.special = "rnn", .general = "gru-v1", .gates = {{0, 0, 2, 2}}, .biases = {{0, open}, {1, -open}}}, exact);
  add({.special = "rnn", .general = "mgu", .gates = {{0, 0, 1, 1}}, .biases = {{0, open}}}, exact);
  add({.special = "rnn", .general = "mut2", .gates = {{0, 0, 2, 2}}, .biases = {{0, open}, {1, open}}}, exact);
  add({.special = "rnn", .general = "gru", .gates = {{0, 0, 2, 2}}, .biases = {{0, open}, {1, -open}}});
  add({.special = "gru-unreset", .general = "gru", .gates = {{1, 1, 1, 1}, {2, 2, 2, 2}}, .biases = {{0, open}}});
  add({.special = "lstm-nig",
       .general = "lstm",
       .gates = {{0, 0, 1, 1}, {1, 1, 2, 2}, {2, 2, 3, 3}},
       .biases = {{0, open}}},
      exact);
  add({.special = "lstm-nfg",
       .general = "lstm",
       .gates = {{0, 0, 0, 0}, {1, 1, 2, 2}, {2, 2, 3, 3}},
       .biases = {{1, open}}},
      exact);
  add({.special = "lstm-nog", .general = "lstm", .gates = same_gates(3), .biases = {{3, open}}}, exact);
  // Further sources that add nothing.
  add({.special = "lstm", .general = "lstm-peephole", .gates = same_gates(4), .zero = {"rnn.peephole"}}, exact, exact);
  add({.special = "lstm",
       .general = "lstm-fgr",
       .gates = same_gates(4),
       .zero = {"rnn.weight_input", "rnn.weight_forget", "rnn.weight_output"}},
      exact, exact);
  add({.special = "gru-v1", .general = "gru-concat", .gates = same_gates(3), .zero = {"rnn.weight_hidden"}}, exact);
  // sigmoid(-x) is 1 - sigmoid(x).
  add({.special = "lstm-cifg",
       .general = "lstm",
       .gates = {{0, 0, 1, 1}, {1, 1, 2, 2}, {2, 2, 3, 3}},
       .further = {{0, 0, 0, 0, -1}}});
  add({.special = "gru-v1", .general = "mut2", .gates = {{0, 0, 0, 0}, {1, 1, 1, 1, -1}, {2, 2, 2, 2}}});
  // One gate for both.
  add({.special = "janet",
       .general = "gru-unreset",
       .gates = {{0, 0, 1, 1}, {1, 1, 2, 2}},
       .special_values = {{"beta", "0"}}});
  // The same cell under two names.
  add({.special = "irnn", .general = "rnn", .gates = same_gates(1), .general_values = {{"activation", "relu"}}}, exact,
      exact);
  add({.special = "rnn-orthogonal", .general = "rnn", .gates = same_gates(1)}, exact, exact);
  return all;
}

}  // namespace

TEST_CASE("cells reduce to one another", "[models][reductions][isa]") {
  const FlushDenormals flush;
  for (const Reduction& r : all_reductions()) {
    std::size_t turn = 0;
    for (int hidden : {1, 18, 40})
      for (int layers : {1, 2}) {
        const Signature signature = signature_of_turn(turn++, 3, 4);
        check<double>(r, hidden, layers, signature, Isa::scalar);
        for (Isa isa : supported_isas()) check<float>(r, hidden, layers, signature, isa);
      }
  }
}

TEST_CASE("a reduction that does not hold would be noticed", "[models][reductions]") {
  // The gate that is forced open moves the outputs when it is open by half.
  const Signature signature = all_signatures(3, 4)[0];
  const Batch batch = uneven_batch(signature, 7, 3, 4);
  for (const Reduction& r : all_reductions()) {
    if (r.biases.empty()) continue;
    CAPTURE(r.special, r.general);
    Reduction wrong = r;
    wrong.biases[0].second = 0;
    Computed<double> special({{"cell", r.special}, {"hidden", "5"}}, signature, Isa::scalar),
        general({{"cell", r.general}, {"hidden", "5"}}, signature, Isa::scalar);
    set_parameters(wrong, special, general, 1);
    special.compute(batch);
    general.compute(batch);
    CHECK(relative_error(general.outputs, special.outputs) > 1e-4);
  }
}

TEST_CASE("a layer of a cell has a whole number of quarters of an LSTM's parameters, or not", "[models][reductions]") {
  // 3 to 4 is what the literature says of the GRU and the LSTM. 0: no such ratio holds at every size.
  const std::map<std::string, int> quarters{{"rnn", 1},       {"rnn-orthogonal", 1}, {"irnn", 1},
                                            {"lstm", 4},      {"lstm-nig", 3},       {"lstm-nfg", 3},
                                            {"lstm-nog", 3},  {"lstm-niaf", 4},      {"lstm-noaf", 4},
                                            {"lstm-cifg", 3}, {"lstm-peephole", 0},  {"lstm-fgr", 0},
                                            {"lstm-sca", 4},  {"janet", 2},          {"gru", 3},
                                            {"gru-v1", 3},    {"gru-concat", 0},     {"gru-unreset", 3},
                                            {"gru-sca", 3},   {"gru-output", 4},     {"mgu", 2},
                                            {"mut1", 0},      {"mut2", 3},           {"mut3", 3},
                                            {"min-gru", 0},   {"min-lstm", 0},       {"feedforward-attention", 0}};
  const auto layer = [](const std::string& cell, int hidden, int inputs) {
    Signature signature = all_signatures(3, 4)[0];
    signature.inputs = inputs;
    const auto network =
        make_network<float>(model_settings({{"cell", cell}, {"hidden", std::to_string(hidden)}}), signature);
    std::size_t count = 0;
    for (const Block& block : network->layout().blocks())
      if (block.name.starts_with("rnn.")) count += block.size();
    return count;
  };
  for (const CellEntry& cell : all_cells()) {
    CAPTURE(cell.name);
    if (!quarters.contains(cell.name)) continue;
    bool holds[5] = {false, true, true, true, true};
    for (int hidden : {1, 2, 7, 16, 33, 100})
      for (int inputs : {1, 2, 3, 10, 40, 100})
        for (int k = 1; k <= 4; ++k)
          holds[k] = holds[k] && 4 * layer(cell.name, hidden, inputs) == k * layer("lstm", hidden, inputs);
    for (int k = 1; k <= 4; ++k) CHECK(holds[k] == (quarters.at(cell.name) == k));
  }
}

TEST_CASE("attention over a single state gives that state", "[models][reductions]") {
  const FlushDenormals flush;
  const Signature signature = all_signatures(3, 4)[2];
  const int hidden = 18;
  const Batch batch = uneven_batch(signature, 1, 19, 4);
  for (const CellEntry& cell : free_cells())
    for (const char* attention : {"additive", "dot"}) {
      CAPTURE(cell.name, attention);
      const Values values{{"cell", cell.name}, {"hidden", std::to_string(hidden)}, {"initial-state", "learned"}};
      Values attending = values, plain = values;
      attending["attention"] = attention, plain["attention"] = "none";
      Computed<double> with(attending, signature, Isa::scalar), without(plain, signature, Isa::scalar);
      // The output layer of [h, c] with c = h is that of h with the sum of both halves.
      for (const Block& block : without.network->layout().blocks()) {
        const int same = with.network->layout().find(block.name);
        double* to = without.parameters.block(without.network->layout().find(block.name));
        const double* from = with.parameters.block(same);
        if (block.name != "readout.weight") {
          std::copy_n(from, block.size(), to);
          continue;
        }
        for (int o = 0; o < block.rows; ++o)
          for (int k = 0; k < hidden; ++k)
            to[o * hidden + k] = from[o * 2 * hidden + k] + from[o * 2 * hidden + hidden + k];
      }
      with.compute(batch);
      without.compute(batch);
      CHECK(relative_error(with.outputs, without.outputs) <= 1e-14);
      CHECK(std::fabs(with.loss - without.loss) <= 1e-14 * std::fabs(without.loss));
    }
}
