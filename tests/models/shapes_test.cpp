// Random shapes of every cell against the formulas (naive_network.cpp), in double and in float, and the float
// path of every instruction set against the others.
//
// The chain of evidence for a gradient: the engine in double equals the complex step of the formulas; the
// engine in float equals the engine in double, number by number, up to rounding.
#include <cmath>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "core/denormals.h"
#include "core/hash.h"
#include "core/stream.h"
#include "tests/models/model_fixture.h"
#include "tests/models/naive_cells.h"
#include "tests/models/naive_network.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

struct Case {
  Settings model;
  Signature signature;
  int steps, size;
  double work() const {  // multiplications of a step's products, about
    const double hidden = static_cast<double>(model.integer("hidden"));
    return hidden * (hidden + signature.inputs) * steps * size * static_cast<double>(model.integer("layers"));
  }
};

// Every model `rounds` times, and on until its cell has met every value: around one, two, four and eight
// packs of units, one and two tiles of sequences, the spans of a tile (256 / columns steps). What would take
// the naive reference long is drawn again. A model's draws are its own: a new cell in the table changes no
// other's.
std::vector<Case> random_cases(int rounds) {
  constexpr int hidden[] = {1, 10, 15, 16, 17, 37, 63, 64, 65, 100, 130}, sizes[] = {1, 2, 15, 16, 17, 33},
                steps[] = {1, 2, 17, 40}, inputs[] = {1, 2, 17}, outputs[] = {2, 16, 17, 35};
  std::vector<Case> cases;
  std::map<std::string, std::size_t> turns;
  std::map<std::string, std::set<std::string>> seen;
  const std::size_t values = std::size(sizes) + std::size(steps) + std::size(inputs) + 6;
  for (int round = 0; round < 4 * rounds; ++round)
    for (Settings& model : all_models(1)) {
      const std::string name = describe_model(model), cell = model.text("cell");
      if (round >= rounds && seen[cell].size() == values) continue;
      Stream stream(1, Purpose::speed, 2 + round, static_cast<std::uint32_t>(fnv1a(name)));
      const auto any = [&](const auto& list) {
        return list[stream.below(static_cast<std::uint32_t>(std::size(list)))];
      };
      Case drawn{std::move(model), {}, 0, 0};
      drawn.model.set("hidden", std::to_string(hidden[turns[cell]++ % std::size(hidden)]));
      do {
        drawn.signature = any(all_signatures(any(inputs), any(outputs)));
        drawn.steps = any(steps), drawn.size = any(sizes);
      } while (drawn.work() > 1e6 || (drawn.steps > 2 && !saturates(drawn.model)));
      seen[cell].insert("size " + std::to_string(drawn.size));
      seen[cell].insert("steps " + std::to_string(drawn.steps));
      seen[cell].insert("inputs " + std::to_string(drawn.signature.inputs));
      seen[cell].insert(describe_signature({0, drawn.signature.one_hot, 0, drawn.signature.loss}));
      cases.push_back(std::move(drawn));
    }
  for (const auto& [cell, met] : seen) {
    CAPTURE(cell, met);
    CHECK(met.size() == values);
  }
  return cases;
}

Case make_case(Values values, int hidden, int layers, Signature signature, int steps, int size) {
  values["hidden"] = std::to_string(hidden);
  values["layers"] = std::to_string(layers);
  return {model_settings(values), signature, steps, size};
}

// What random draws do not reach: transposed panels too large for one part (512 rows of packs, 128 units of
// LSTM), spans of narrow tiles, the ends of an option.
std::vector<Case> special_cases() {
  const auto signatures = all_signatures(3, 4);
  return {make_case({{"cell", "lstm"}}, 145, 2, signatures[0], 3, 9),
          make_case({{"cell", "gru"}}, 177, 2, signatures[1], 3, 9),
          make_case({{"cell", "gru-v1"}}, 273, 1, signatures[2], 3, 9),
          make_case({{"cell", "rnn"}}, 529, 1, signatures[3], 3, 9),
          make_case({{"cell", "lstm"}, {"initial-state", "learned"}}, 5, 2, signatures[1], 300, 1),
          make_case({{"cell", "gru"}}, 5, 1, signatures[2], 300, 3),
          make_case({{"cell", "gru-v1"}, {"attention", "dot"}}, 5, 2, signatures[0], 131, 2),
          make_case({{"cell", "rnn"}, {"attention", "additive"}}, 5, 1, signatures[3], 131, 18),
          make_case({{"cell", "janet"}, {"beta", "5"}, {"forget-bias", "5"}}, 17, 2, signatures[2], 17, 3),
          make_case({{"cell", "janet"}, {"beta", "-50"}}, 17, 2, signatures[1], 17, 3),
          make_case({{"cell", "lstm"}}, 17, 1, {88, false, 88, Loss::bernoulli}, 17, 18)};
}

// An ascent in which every block has an equal part and every number a part by its size; returns the slope.
// The derivative along it shows an error of any number of any block: nothing cancels. A block whose gradient is
// 0 but for rounding (attention over steps that are all alike, as there is one symbol only) has no part.
double uphill(const Parameters<double>& gradient, Parameters<double>& direction) {
  Stream stream(2, Purpose::speed, 3, 0);
  double slope = 0, total = 0;
  for (const double g : gradient.data()) total += std::fabs(g);
  for (const Block& block : gradient.layout().blocks()) {
    double sum = 0;
    for (std::size_t i = block.offset; i < block.offset + block.size(); ++i) sum += std::fabs(gradient.data()[i]);
    for (std::size_t i = block.offset; i < block.offset + block.size(); ++i) {
      const double g = gradient.data()[i];
      direction.data()[i] = sum <= 1e-13 * total ? 0 : std::copysign(stream.uniform(0.5f, 1.5f), g) / sum;
      slope += g * direction.data()[i];
    }
  }
  return slope;
}

template <class S>
struct Computation {
  Parameters<S> parameters, gradient;
  std::vector<S> outputs;
  double loss;
};

template <class S>
Computation<S> compute(const Network<S>& network, const Batch& batch) {
  Computation<S> computed{random_parameters(network, 9), Parameters<S>(network.layout()), {}, 0};
  const auto workspace = network.workspace();
  computed.loss = network.gradient(computed.parameters, batch, *workspace, computed.gradient);
  network.predict(computed.parameters, batch, true, *workspace, computed.outputs);
  return computed;
}

void check_case(const Case& c) {
  CAPTURE(describe_model(c.model), describe_signature(c.signature), c.steps, c.size);
  const Batch batch = uneven_batch(c.signature, c.steps, c.size, 6);
  const auto exact_network = make_network<double>(c.model, c.signature);
  const Computation<double> exact = compute(*exact_network, batch);
  if (has_formula(c.model.text("cell"))) {  // a handful of roundings in double
    const NaiveResult<double> naive = naive_network(c.model, c.signature, exact.parameters, batch);
    CHECK(relative_error(exact.outputs, naive.outputs) <= 1e-13);
    CHECK(std::fabs(exact.loss - naive.loss) <= 1e-13 * naive.loss);
    Parameters<double> direction(exact_network->layout());
    const double slope = uphill(exact.gradient, direction);
    CHECK(slope > 0.5);  // dead units have no derivative, the output layer has
    const double derivative = naive_derivative(c.model, c.signature, exact.parameters, direction, batch);
    // Blocks of terms that cancel are among them (with dead units, all but altogether).
    CHECK(std::fabs(derivative - slope) <= (saturates(c.model) ? 1e-11 : 1e-8) * slope);
  }

  const auto network = make_network<float>(c.model, c.signature, supported_isas().front());
  const Computation<float> computed = compute(*network, batch);
  const double bound = float_bound(c.model, c.steps);
  CHECK(relative_error(computed.outputs, exact.outputs) <= bound);
  CHECK(std::fabs(computed.loss - exact.loss) <= bound * std::fabs(exact.loss));
  const Parameters<double> terms = gradient_terms(*exact_network, exact.parameters, batch);
  const double of_gradient = gradient_bound(c.model, *exact_network, exact.parameters, batch, exact.gradient, terms);
  for (const BlockError& error : rounding_errors(computed.gradient, exact.gradient, terms)) {
    CAPTURE(error.name);
    CHECK(error.worst <= of_gradient);
  }

  for (Isa isa : supported_isas()) {
    if (isa == Isa::scalar && c.work() > 1e5) continue;  // slow
    CAPTURE(isa_name(isa));
    const auto other_network = make_network<float>(c.model, c.signature, isa);
    const Computation<float> other = compute(*other_network, batch);
    CHECK(hash_of(other.outputs) == hash_of(computed.outputs));
    CHECK(hash_of(other.gradient) == hash_of(computed.gradient));
    CHECK(other.loss == computed.loss);
  }
}

}  // namespace

TEST_CASE("additive attention computes its formula for small, large and mixed queries and keys",
          "[models][reference][isa]") {
  const FlushDenormals flush;
  const Settings model =
      make_case({{"cell", "gru"}, {"attention", "additive"}}, 5, 1, signature_of_turn(1, 3, 4), 12, 3).model;
  const Signature signature = signature_of_turn(1, 3, 4);
  const Batch batch = uneven_batch(signature, 12, 3, 6);
  const auto exact = make_network<double>(model, signature);
  // The factors of tanh can be used as long as no number is above 20. With the second scale, some are.
  for (const double scale : {1.0, 60.0, 3000.0}) {
    CAPTURE(scale);
    Parameters<double> parameters = random_parameters(*exact, 9);
    for (const char* name : {"attention.query.weight", "attention.key.weight"}) {
      const int block = exact->layout().find(name);
      REQUIRE(block >= 0);
      for (std::size_t i = 0; i < exact->layout().block(block).size(); ++i) parameters.block(block)[i] *= scale;
    }
    const NaiveResult<double> naive = naive_network(model, signature, parameters, batch);
    std::vector<double> outputs;
    exact->predict(parameters, batch, true, *exact->workspace(), outputs);
    CHECK(relative_error(outputs, naive.outputs) <= 1e-12);
    std::vector<float> first;
    for (Isa isa : supported_isas()) {
      const auto network = make_network<float>(model, signature, isa);
      Parameters<float> rounded(network->layout());
      for (std::size_t i = 0; i < parameters.data().size(); ++i)
        rounded.data()[i] = static_cast<float>(parameters.data()[i]);
      std::vector<float> computed;
      network->predict(rounded, batch, true, *network->workspace(), computed);
      CHECK(relative_error(computed, naive.outputs) <= 1e-5 * std::min(scale, 100.0));
      if (first.empty()) first = computed;
      CHECK(hash_of(computed) == hash_of(first));
    }
  }
}

TEST_CASE("random shapes of every cell compute the formulas and their gradient, to the same bits everywhere",
          "[models][reference][bits][isa]") {
  const FlushDenormals flush;
  for (const Case& c : random_cases(3))
    if (optimized || c.work() < 1e4) check_case(c);
}

TEST_CASE("so do shapes at the borders of panels and spans", "[models][reference][bits][isa]") {
  const FlushDenormals flush;
  for (const Case& c : special_cases())
    if (optimized || c.work() < 1e5) check_case(c);
}
