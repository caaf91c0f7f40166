// The gradient of every model of the table: in double against the complex step and central differences, in
// float against the complex step of the formulas. (More shapes: shapes_test.cpp.)
#include <algorithm>
#include <cmath>
#include <utility>

#include <catch2/catch.hpp>

#include "core/denormals.h"
#include "models/gradient_check.h"
#include "tests/models/model_fixture.h"
#include "tests/models/naive_cells.h"
#include "tests/models/naive_network.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

struct Shape {
  int hidden, steps, size;
};

double largest_of(const double* x, std::size_t size) {
  double largest = 0;
  for (std::size_t i = 0; i < size; ++i) largest = std::max(largest, std::fabs(x[i]));
  return largest;
}

void check_errors(const std::vector<BlockError>& errors, double bound) {
  for (const BlockError& error : errors) {
    CAPTURE(error.name, error.worst, bound);
    const bool within_bound = error.worst <= bound;
    CHECK(within_bound);
  }
}

void check_complex_step(Settings model, const Signature& signature, const Shape& shape) {
  model.set("hidden", std::to_string(shape.hidden));
  CAPTURE(describe_model(model), describe_signature(signature), shape.steps, shape.size);
  const Batch batch = uneven_batch(signature, shape.steps, shape.size, 3);
  const std::vector<BlockError> errors = check_gradient(model, signature, batch, 5);
  const auto network = make_network<double>(model, signature);
  const auto& blocks = network->layout().blocks();
  REQUIRE(errors.size() == blocks.size());
  for (std::size_t i = 0; i < errors.size(); ++i) CHECK(errors[i].name == blocks[i].name);
  check_errors(errors, 1e-12);
}

}  // namespace

TEST_CASE("the gradient of every model equals the complex step", "[models][gradient]") {
  // Each model meets two signatures (one if not optimized), and the shapes in turn: every cell meets all signatures.
  const std::vector<Shape> shapes{{1, 1, 1}, {1, 7, 3}, {1, 2, 19}, {5, 1, 3}, {5, 2, 1},
                                  {5, 7, 3}, {5, 7, 1}, {5, 2, 19}, {5, 1, 19}};
  std::size_t turn = 0;
  for (const Settings& model : all_models(1))
    for (int i = 0; i < (optimized ? 2 : 1); ++i, ++turn)
      check_complex_step(model, signature_of_turn(turn, 2, 3), shapes[(turn + turn / 6) % shapes.size()]);
}

TEST_CASE("the gradient of every cell equals the complex step beyond one vector of units", "[models][gradient]") {
  std::size_t turn = 0;
  for (Values values : cell_variants()) {
    if (values.contains("gate-activation")) continue;  // is the same in every lane
    values["attention"] = structure_of_turn(turn).at("attention");
    values["initial-state"] = "learned";
    check_complex_step(model_settings(values), signature_of_turn(turn++, 2, 3), {18, 2, 1});
  }
}

TEST_CASE("the gradient of every kind of layer equals the complex step over several spans", "[models][gradient]") {
  std::size_t turn = 0;
  for (const char* attention : {"none", "dot"})
    for (Values values : {Values{{"cell", "gru"}}, Values{{"cell", "lstm"}, {"layers", "2"}, {"residual", "yes"}},
                          Values{{"cell", "lstm|gru"}}, Values{{"cell", "lstm|gru+rnn"}},
                          Values{{"cell", "gru"}, {"layers", "2"}, {"direction", "bidirectional"}}}) {
      values["attention"] = attention;
      // A full tile, with 16 steps in a span, and a narrow one.
      check_complex_step(model_settings(values), signature_of_turn(turn++, 2, 3), {2, 37, 19});
    }
}

TEST_CASE("central differences are a second opinion on the gradient", "[models][gradient]") {
  std::size_t turn = 0;
  for (Values values : cell_variants()) {
    if (!optimized && values.size() > 1) continue;
    values["hidden"] = "4";
    values["layers"] = "2";
    values["attention"] = structure_of_turn(turn).at("attention");
    values["initial-state"] = "learned";
    const Settings model = model_settings(values);
    const Signature signature = signature_of_turn(turn++, 3, 3);
    CAPTURE(describe_model(model));
    const Batch batch = uneven_batch(signature, 5, 4, 11);
    const auto network = make_network<double>(model, signature);
    Parameters<double> parameters = random_parameters(*network, 2), gradient(network->layout()),
                       differences(network->layout()), unused(network->layout());
    const auto workspace = network->workspace();
    network->gradient(parameters, batch, *workspace, gradient);
    // Five points, error of order h^4. A small h, so that the kinks of ReLU are rarely met: truncation is
    // nothing, rounding (1e-16 / h) near 1e-11.
    constexpr double h = 1e-5;
    const auto loss_at = [&](double& x, double value) {
      const double kept = std::exchange(x, value);
      const double loss = network->gradient(parameters, batch, *workspace, unused);
      x = kept;
      return loss;
    };
    for (const Block& block : network->layout().blocks())
      for (std::size_t i = block.offset; i < block.offset + block.size(); ++i) {
        double& x = parameters.data()[i];
        const double near = loss_at(x, x + h) - loss_at(x, x - h);
        const double far = loss_at(x, x + 2 * h) - loss_at(x, x - 2 * h);
        differences.data()[i] = (8 * near - far) / (12 * h);
      }
    check_errors(block_errors(gradient, differences, cancelled), 1e-6);
  }
}

TEST_CASE("a wrong gradient would be noticed", "[models][gradient]") {
  // Derivatives of the loss that are all zero, or the same whatever the weights, would pass a comparison with
  // themselves.
  for (const Settings& model : all_models(5)) {
    if (!saturates(model)) continue;  // units may be dead
    const Signature signature = all_signatures(3, 4)[2];
    CAPTURE(describe_model(model));
    const Batch batch = uneven_batch(signature, 7, 3, 3);
    const auto network = make_network<double>(model, signature);
    const Parameters<double> parameters = random_parameters(*network, 5);
    Parameters<double> gradient(network->layout());
    network->gradient(parameters, batch, *network->workspace(), gradient);
    for (const Block& block : network->layout().blocks()) {
      CAPTURE(block.name);
      if (model.text("cell") == "feedforward-attention" && block.name.starts_with("initial_state.")) continue;
      CHECK(largest_of(&gradient.data()[block.offset], block.size()) > 1e-9);
    }
  }
}

TEST_CASE("the float gradient of every model is the complex step of the formulas, up to rounding",
          "[models][gradient]") {
  const FlushDenormals flush;
  const int steps = 4;
  std::size_t turn = 0;
  for (const Settings& model : all_models(4)) {
    if (!has_formula(model.text("cell"))) continue;
    const Signature signature = signature_of_turn(turn++, 3, 4);
    CAPTURE(describe_model(model), describe_signature(signature));
    const Batch batch = uneven_batch(signature, steps, 3, 4);
    const auto exact = make_network<double>(model, signature);
    const auto network = make_network<float>(model, signature);
    const Parameters<double> parameters = random_parameters(*exact, 8);
    Parameters<double> derivatives(exact->layout()), direction(exact->layout());
    for (const Block& block : exact->layout().blocks())
      for (std::size_t i = block.offset; i < block.offset + block.size(); ++i) {
        direction.data()[i] = 1;
        derivatives.data()[i] = naive_derivative(model, signature, parameters, direction, batch);
        direction.data()[i] = 0;
      }
    Parameters<float> gradient(network->layout());
    const auto workspace = network->workspace();
    const double loss = network->gradient(random_parameters(*network, 8), batch, *workspace, gradient);
    const Parameters<double> terms = gradient_terms(*exact, parameters, batch);
    const double bound = gradient_bound(model, *exact, parameters, batch, derivatives, terms);
    const auto worst_of = [&](const Parameters<float>& g, int block) {
      return rounding_errors(g, derivatives, terms)[block].worst;
    };
    for (const BlockError& error : rounding_errors(gradient, derivatives, terms)) {
      CAPTURE(error.name);
      CHECK(error.worst <= bound);
    }

    // The bound can fail: for the largest term of any block a little off, and for a step that was left out.
    for (std::size_t b = 0; b < network->layout().blocks().size(); ++b) {
      const int number = static_cast<int>(b);
      const Block& block = network->layout().block(number);
      CAPTURE(block.name);
      const double* first = terms.block(number);
      const std::size_t largest = std::max_element(first, first + block.size()) - first;
      const double scale = std::max(first[largest], 0.01 * largest_of(terms.data().data(), terms.data().size()));
      Parameters<float> wrong = gradient;
      wrong.block(number)[largest] += static_cast<float>(2.1 * bound * scale);
      CHECK(worst_of(wrong, number) > bound);
    }
    Batch shorter = batch;
    shorter.weight[batch.at(steps - 1, 0)] *= 1.001f;
    Parameters<float> wrong(network->layout());
    CHECK(network->gradient(random_parameters(*network, 8), shorter, *workspace, wrong) != loss);
    const int bias = network->layout().find("readout.bias");
    CHECK(worst_of(wrong, bias) > bound);
  }
}

TEST_CASE("a batch is the sum of its tiles, and a step without weight counts for nothing", "[models][gradient]") {
  std::size_t turn = 0;
  for (Values values : cell_variants()) {
    values["hidden"] = "5";
    values["attention"] = structure_of_turn(turn++).at("attention");
    const Settings model = model_settings(values);
    const Signature signature = all_signatures(3, 4)[2];
    CAPTURE(describe_model(model));
    const auto network = make_network<double>(model, signature);
    const Parameters<double> parameters = random_parameters(*network, 8);
    const auto workspace = network->workspace();
    Parameters<double> gradient(network->layout()), part(network->layout()), sum(network->layout());
    const Batch batch = uneven_batch(signature, 5, 37, 4);
    const double loss = network->gradient(parameters, batch, *workspace, gradient);

    // Sequence by sequence, weighted by their share.
    double total = 0, loss_sum = 0;
    for (float w : batch.weight) total += w;
    for (int b = 0; b < batch.size; ++b) {
      const Batch one = batch.sequences(b);
      double weight = 0;
      for (float w : one.weight) weight += w;
      const double share = weight / total;
      loss_sum += share * network->gradient(parameters, one, *workspace, part);
      for (std::size_t i = 0; i < sum.data().size(); ++i) sum.data()[i] += share * part.data()[i];
    }
    CHECK(std::fabs(loss - loss_sum) <= 1e-12 * loss);
    check_errors(block_errors(sum, gradient, cancelled), 1e-12);

    // Targets of steps without weight do not matter.
    Batch changed = batch;
    for (std::size_t i = 0; i < changed.weight.size(); ++i)
      if (changed.weight[i] == 0) changed.classes[i] = (changed.classes[i] + 1) % signature.outputs;
    CHECK(network->gradient(parameters, changed, *workspace, part) == loss);
    CHECK(part.data() == gradient.data());
  }
}

TEST_CASE("a batch without weight has neither loss nor gradient, and a tile without weight no part in them",
          "[models][gradient]") {
  const FlushDenormals flush;
  for (const Settings& model : all_models(5)) {
    const Signature signature = all_signatures(3, 4)[2];
    CAPTURE(describe_model(model));
    const auto network = make_network<float>(model, signature);
    const Parameters<float> parameters = random_parameters(*network, 8);
    const auto workspace = network->workspace();
    Batch batch = uneven_batch(signature, 5, 17, 4);  // the second tile is the last sequence
    for (int t = 0; t < batch.steps; ++t) batch.weight[batch.at(t, 16)] = 0;
    Parameters<float> gradient(network->layout()), first_tile(network->layout());
    const double loss = network->gradient(parameters, batch, *workspace, gradient);
    const Batch shorter = batch.sequences(0, 16);
    CHECK(network->gradient(parameters, shorter, *workspace, first_tile) == loss);
    CHECK(first_tile.data() == gradient.data());

    std::fill(batch.weight.begin(), batch.weight.end(), 0.0f);
    CHECK(network->gradient(parameters, batch, *workspace, gradient) == 0);
    CHECK(std::all_of(gradient.data().begin(), gradient.data().end(), [](float g) { return g == 0; }));
  }
}
