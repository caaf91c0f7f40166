#include <cmath>

#include "core/math.h"
#include "core/stream.h"
#include "models/plan.h"

namespace rnnbench {
namespace {

void fill_uniform(Stream& stream, float bound, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = stream.uniform(-bound, bound);
}

// A random orthogonal matrix, uniform over the group (Mezzadri 2007): Q of a Householder QR of normal numbers, with the
// signs of R's diagonal. Plain loops in double: the same bits everywhere.
void fill_orthogonal(Stream& stream, int n, float* out) {
  std::vector<double> a(static_cast<std::size_t>(n) * n), q(a.size(), 0.0), diagonal(n);
  const auto at = [n](std::vector<double>& m, int row, int column) -> double& {
    return m[static_cast<std::size_t>(column) * n + row];  // columns contiguous
  };
  for (double& x : a) x = stream.normal();
  std::vector<double> scale(n);
  for (int k = 0; k < n; ++k) {  // reflectors are left below and on the diagonal of a
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

// Gate `gate` of a bias vector.
float* part(Parameters<float>& parameters, int block, int gate, int hidden) {
  return parameters.block(block) + static_cast<std::size_t>(gate) * hidden;
}

}  // namespace

void initialise_parameters(const NetworkPlan& plan, const Settings& settings, std::uint64_t seed,
                           Parameters<float>& parameters) {
  const int hidden = plan.hidden, gates = static_cast<int>(plan.cell->structure.gates.size());
  const std::string& init = settings.text("init");
  const auto stream_of = [&](int block) {
    return Stream(seed, Purpose::initial, static_cast<std::uint32_t>(block), 0);
  };
  const auto uniform = [&](int block, int fan_in) {
    Stream stream = stream_of(block);
    fill_uniform(stream, 1.0f / std::sqrt(static_cast<float>(fan_in)), parameters.block(block),
                 parameters.layout().block(block).size());
  };

  for (const RecurrentBlocks& blocks : plan.recurrent) {
    for (int block : {blocks.weights[0], blocks.weights[1], blocks.bias_ih, blocks.bias_hh}) uniform(block, hidden);
    if (init == "orthogonal") {
      Stream stream = stream_of(blocks.weights[1]);
      for (int g = 0; g < gates; ++g)
        fill_orthogonal(stream, hidden, parameters.block(blocks.weights[1]) + static_cast<std::size_t>(g) * hidden * hidden);
    }
    if (init == "identity") {
      float* w = parameters.block(blocks.weights[1]);
      for (int row = 0; row < gates * hidden; ++row)
        for (int k = 0; k < hidden; ++k) w[static_cast<std::size_t>(row) * hidden + k] = row % hidden == k ? 1.0f : 0.0f;
      for (int block : {blocks.bias_ih, blocks.bias_hh})
        std::fill_n(parameters.block(block), static_cast<std::size_t>(gates) * hidden, 0.0f);
    }
    const auto set_bias = [&](int gate, auto value_of_unit) {
      for (int u = 0; u < hidden; ++u) {
        part(parameters, blocks.bias_ih, gate, hidden)[u] = value_of_unit(u);
        part(parameters, blocks.bias_hh, gate, hidden)[u] = 0.0f;
      }
    };
    const int forget = plan.cell->structure.gate_named("forget gate"), input = plan.cell->structure.gate_named("input gate"),
              update = plan.cell->structure.gate_named("update gate");
    for (const auto& [key, gate] : {std::pair{"forget-bias", forget}, {"update-bias", update}})
      if (gate >= 0 && settings.has(key)) {
        const float value = static_cast<float>(settings.real(key));
        set_bias(gate, [value](int) { return value; });
      }
    if (init == "chrono") {  // ln U(1, T_max - 1): a gate that keeps for about that many steps
      Stream stream = stream_of(blocks.bias_ih);
      const double longest = static_cast<double>(settings.integer("chrono-steps"));
      std::vector<float> keep(hidden);
      for (float& x : keep) x = static_cast<float>(math::log(1 + (longest - 2) * stream.uniform()));
      set_bias(forget >= 0 ? forget : update, [&](int u) { return keep[u]; });
      if (forget >= 0 && input >= 0) set_bias(input, [&](int u) { return -keep[u]; });
    }
    for (int block : blocks.initial) std::fill_n(parameters.block(block), hidden, 0.0f);
  }
  if (plan.attention == AttentionKind::additive) {
    const AttentionBlocks& a = plan.head.attention;
    for (int block : {a.query, a.key, a.bias, a.energy}) uniform(block, hidden);
  }
  const int joined = parameters.layout().block(plan.head.weight).cols;
  uniform(plan.head.weight, joined);
  uniform(plan.head.bias, joined);
}

}  // namespace rnnbench
