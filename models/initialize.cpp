#include "models/initialize.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/math.h"
#include "core/stream.h"
#include "models/cells/cell.h"
#include "models/cells/cell_factory.h"

namespace rnnbench::models {
namespace {

void fill_uniform(Stream& stream, float bound, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = stream.uniform(-bound, bound);
}

using StreamOfBlock = std::function<Stream(int block)>;

void uniform(const StreamOfBlock& stream_of, Parameters<float>& parameters, int block, int fan_in) {
  Stream stream = stream_of(block);
  fill_uniform(stream, 1.0f / std::sqrt(static_cast<float>(fan_in)), parameters.block(block),
               parameters.layout().block(block).size());
}

// A random orthogonal matrix, uniform over the orthogonal group (Mezzadri 2007): Q of a Householder QR decomposition of
// normal numbers, its columns times the signs of R's diagonal. Plain loops in double give the same bits everywhere.
void fill_orthogonal(Stream& stream, int n, float* out) {
  std::vector<double> a(static_cast<std::size_t>(n) * n), q(a.size(), 0.0), diagonal(n);
  const auto at = [n](std::vector<double>& m, int row, int column) -> double& {
    return m[static_cast<std::size_t>(column) * n + row];  // columns contiguous
  };
  for (double& x : a) x = stream.normal();
  std::vector<double> scale(n);
  for (int k = 0; k < n; ++k) {  // the reflectors replace the diagonal of a and what is below it
    double squares = 0;
    for (int i = k; i < n; ++i) squares += at(a, i, k) * at(a, i, k);
    const double norm = std::sqrt(squares);
    diagonal[k] = at(a, k, k) > 0 ? -norm : norm;
    at(a, k, k) -= diagonal[k];
    double length = 0;
    for (int i = k; i < n; ++i) length += at(a, i, k) * at(a, i, k);
    scale[k] = length > 0 ? 2 / length : 0;
    for (int j = k + 1; j < n; ++j) {
      double dot = 0;
      for (int i = k; i < n; ++i) dot += at(a, i, k) * at(a, i, j);
      for (int i = k; i < n; ++i) at(a, i, j) -= scale[k] * dot * at(a, i, k);
    }
  }
  for (int j = 0; j < n; ++j) at(q, j, j) = diagonal[j] < 0 ? -1 : 1;
  for (int k = n - 1; k >= 0; --k)
    for (int j = 0; j < n; ++j) {
      double dot = 0;
      for (int i = k; i < n; ++i) dot += at(a, i, k) * at(q, i, j);
      for (int i = k; i < n; ++i) at(q, i, j) -= scale[k] * dot * at(a, i, k);
    }
  for (int row = 0; row < n; ++row)
    for (int column = 0; column < n; ++column)
      out[static_cast<std::size_t>(row) * n + column] = static_cast<float>(at(q, row, column));
}

// The biases of a gate in a block of biases.
float* bias_of(Parameters<float>& parameters, int block, int gate, int hidden) {
  return parameters.block(block) + static_cast<std::size_t>(gate) * hidden;
}

// Sets the bias of a gate: bias_ih to value(unit), bias_hh to 0.
void set_bias(Parameters<float>& parameters, const CellStructure& cell, const RecurrentBlocks& blocks, int gate,
              int hidden, const std::function<float(int)>& value) {
  const std::vector<int>& recurrent = cell.matrices[1].gates;
  const auto place = std::find(recurrent.begin(), recurrent.end(), gate);
  for (int u = 0; u < hidden; ++u) {
    bias_of(parameters, blocks.bias_ih, gate, hidden)[u] = value(u);
    if (place != recurrent.end())
      bias_of(parameters, blocks.bias_hh, static_cast<int>(place - recurrent.begin()), hidden)[u] = 0.0f;
  }
}

void initialize_recurrent(const NetworkPlan& plan, const Settings& settings, const SublayerPlan& sublayer,
                          const StreamOfBlock& stream_of, Parameters<float>& parameters) {
  const CellStructure& cell = sublayer.cell->structure;
  const RecurrentBlocks& blocks = sublayer.blocks;
  const int hidden = plan.hidden;
  const std::string& init = settings.text("init");
  std::vector<int> all = blocks.weights;
  for (int block : {blocks.bias_ih, blocks.bias_hh, blocks.vectors}) all.push_back(block);
  for (int block : all)
    if (block >= 0) uniform(stream_of, parameters, block, hidden);
  if (blocks.gain >= 0) std::fill_n(parameters.block(blocks.gain), cell.slots.size() * hidden, 1.0f);
  for (std::size_t m = 1; m < blocks.weights.size(); ++m) {
    if (blocks.weights[m] < 0) continue;
    const int gates = static_cast<int>(cell.matrices[m].gates.size());
    float* w = parameters.block(blocks.weights[m]);
    if (init == "orthogonal") {
      Stream stream = stream_of(blocks.weights[m]);
      for (int g = 0; g < gates; ++g)
        fill_orthogonal(stream, hidden, w + static_cast<std::size_t>(g) * hidden * hidden);
    }
    if (init == "identity")
      for (int row = 0; row < gates * hidden; ++row)
        for (int k = 0; k < hidden; ++k)
          w[static_cast<std::size_t>(row) * hidden + k] = row % hidden == k ? 1.0f : 0.0f;
  }
  if (init == "identity")
    for (int block : {blocks.bias_ih, blocks.bias_hh})
      if (block >= 0) std::fill_n(parameters.block(block), parameters.layout().block(block).size(), 0.0f);
  for (const auto& [key, name] : {std::pair{"forget-bias", "forget gate"}, {"update-bias", "update gate"}})
    if (const int gate = cell.gate_named(name); gate >= 0 && settings.has(key)) {
      const float value = static_cast<float>(settings.real(key));
      set_bias(parameters, cell, blocks, gate, hidden, [value](int) { return value; });
    }
  const bool gated = sublayer.cell->entry.gated;
  if (init == "chrono" && gated) {
    // A gate that weighs the old state gets the bias ln U(1, T_max - 1), which keeps it for about that many steps; a
    // gate that weighs the new state gets minus that.
    Stream stream = stream_of(blocks.bias_ih);
    const double longest = static_cast<double>(settings.integer("chrono-steps"));
    std::vector<float> keep(hidden);
    for (float& x : keep) x = static_cast<float>(math::log(1 + (longest - 2) * stream.uniform()));
    for (int gate = 0; gate < static_cast<int>(cell.gates.size()); ++gate)
      if (const Weighs weighs = cell.gates[gate].weighs; weighs != Weighs::neither)
        set_bias(parameters, cell, blocks, gate, hidden,
                 [&](int u) { return weighs == Weighs::old_state ? keep[u] : -keep[u]; });
  }
  for (int block : blocks.initial_states) std::fill_n(parameters.block(block), hidden, 0.0f);
}

}  // namespace

void initialize_parameters(const NetworkPlan& plan, const Settings& settings, std::uint64_t seed,
                           Parameters<float>& parameters) {
  const StreamOfBlock stream_of = [&](int block) {
    return Stream(seed, Purpose::initial, static_cast<std::uint32_t>(block), 0);
  };
  if (plan.is_transformer) initialize_transformer(plan.transformer, seed, parameters);
  for (const LayerPlan& layer : plan.layers)
    for (const SublayerPlan& sublayer : layer.sublayers)
      initialize_recurrent(plan, settings, sublayer, stream_of, parameters);
  const AttentionBlocks& a = plan.head.attention;
  for (int block : {a.query, a.key, a.value, a.bias, a.energy, a.out, a.out_bias})
    if (block >= 0) uniform(stream_of, parameters, block, plan.states().real());
  const int joined = parameters.layout().block(plan.head.weight).cols;
  for (int block : {plan.head.hidden_weight, plan.head.hidden_bias, plan.head.weight, plan.head.bias})
    if (block >= 0) uniform(stream_of, parameters, block, joined);
}

}  // namespace rnnbench::models
