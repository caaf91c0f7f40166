// The gradient of every model of the table, in double against the complex step and central differences, in
// float against double; and that its bits depend on nothing but its arguments.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "models/gradient_check.h"
#include "tests/model_fixture.h"

using namespace rnnbench;
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
  // Each model meets every signature, and the shapes in turn: every model meets most, every cell meets all.
  const std::vector<Shape> shapes{{1, 1, 1}, {1, 7, 3}, {1, 2, 19}, {5, 1, 3}, {5, 2, 1},
                                  {5, 7, 3}, {5, 7, 1}, {5, 2, 19}, {5, 1, 19}};
  std::size_t turn = 0;
  for (const Settings& model : all_models(1))
    for (const Signature& signature : all_signatures(2, 3))
      check_complex_step(model, signature, shapes[turn++ % shapes.size()]);
}

TEST_CASE("the gradient of every cell equals the complex step beyond one vector of units",
          "[models][gradient]") {
  for (Values values : cell_variants()) {
    std::size_t turn = 0;
    for (const char* attention : {"none", "additive", "dot"}) {
      values["attention"] = attention;
      values["initial-state"] = "learned";
      check_complex_step(model_settings(values), all_signatures(2, 3)[turn++], {18, 2, 1});
    }
  }
}

TEST_CASE("central differences are a second opinion on the gradient", "[models][gradient]") {
  for (const Values& variant : cell_variants())
    for (const char* attention : {"none", "additive", "dot"}) {
      Values values = variant;
      values["hidden"] = "4";
      values["layers"] = "2";
      values["attention"] = attention;
      values["initial-state"] = "learned";
      const Settings model = model_settings(values);
      const Signature signature = all_signatures(3, 3)[attention == std::string("dot") ? 1 : 0];
      CAPTURE(describe_model(model));
      const Batch batch = uneven_batch(signature, 5, 4, 11);
      const auto network = make_network<double>(model, signature);
      Parameters<double> parameters = random_parameters(*network, 2), gradient(network->layout()),
                         differences(network->layout()), unused(network->layout());
      const auto workspace = network->workspace();
      network->gradient(parameters, batch, *workspace, gradient);
      // Five points, error of order h^4: with h = 1e-3 truncation and rounding (1e-16 / h) are both near
      // 1e-12.
      constexpr double h = 1e-3;
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
    const Signature signature = all_signatures(3, 4)[2];
    CAPTURE(describe_model(model));
    const Batch batch = uneven_batch(signature, 7, 3, 3);
    const auto network = make_network<double>(model, signature);
    const Parameters<double> parameters = random_parameters(*network, 5);
    Parameters<double> gradient(network->layout());
    network->gradient(parameters, batch, *network->workspace(), gradient);
    for (const Block& block : network->layout().blocks()) {
      CAPTURE(block.name);
      CHECK(largest_of(&gradient.data()[block.offset], block.size()) > 1e-9);
    }
  }
}

TEST_CASE("float and double agree on loss, outputs and gradient", "[models][gradient]") {
  // A first-order bound on what rounding does to the largest numbers: a derivative is a sum over at most
  // `steps` paths, and a step back along a path is a dot product of four gates times `hidden` numbers and a
  // dozen operations of the cell, each of which rounds once. Smaller blocks are differences of such numbers
  // (the scores of a softmax take no common shift), so the bound is on the scale of the whole gradient; but
  // of each block's largest derivative three digits stand.
  const int hidden = 18, steps = 7;
  const double bound = std::numeric_limits<float>::epsilon() / 2 * steps * (4 * hidden + 12);
  std::size_t turn = 0;
  for (const Settings& model : all_models(hidden)) {
    const Signature signature = all_signatures(17, 18)[turn++ % 4];
    CAPTURE(describe_model(model), describe_signature(signature));
    const Batch batch = uneven_batch(signature, steps, 19, 4);
    const auto exact = make_network<double>(model, signature);
    const auto network = make_network<float>(model, signature);
    const Parameters<double> exact_parameters = random_parameters(*exact, 8);
    const Parameters<float> parameters = random_parameters(*network, 8);
    Parameters<double> exact_gradient(exact->layout());
    Parameters<float> gradient(network->layout());
    const auto exact_workspace = exact->workspace();
    const auto workspace = network->workspace();

    const double exact_loss = exact->gradient(exact_parameters, batch, *exact_workspace, exact_gradient);
    const double loss = network->gradient(parameters, batch, *workspace, gradient);
    CHECK(std::fabs(loss - exact_loss) <= bound * std::fabs(exact_loss));

    std::vector<double> exact_outputs;
    std::vector<float> outputs;
    exact->predict(exact_parameters, batch, true, *exact_workspace, exact_outputs);
    network->predict(parameters, batch, true, *workspace, outputs);
    CHECK(relative_error(outputs, exact_outputs) <= bound);
    check_errors(block_errors(gradient, exact_gradient, 1), bound);
    check_errors(block_errors(gradient, exact_gradient, 0), 1e-3);
  }
}

TEST_CASE("the same arguments give the same bits, on any number of threads", "[models][gradient][bits]") {
  std::size_t turn = 0;
  for (const Settings& model : all_models(18)) {
    const Signature signature = all_signatures(17, 18)[turn++ % 4];
    CAPTURE(describe_model(model), describe_signature(signature));
    const Batch batch = uneven_batch(signature, 7, 51, 4),
                other = uneven_batch(signature, 9, 70, 5);  // four tiles
    const auto network = make_network<float>(model, signature);
    const Parameters<float> parameters = random_parameters(*network, 8);
    Parameters<float> gradient(network->layout());
    std::vector<float> outputs;
    const auto one = network->workspace();
    const double loss = network->gradient(parameters, batch, *one, gradient);
    const std::uint64_t gradient_bits = hash_of(gradient);
    network->predict(parameters, batch, false, *one, outputs);
    const std::uint64_t output_bits = hash_of(outputs);

    for (int threads : {1, 2, 3}) {
      CAPTURE(threads);
      const auto workspace = network->workspace({.threads = threads});
      // What another batch left in the workspace and in the gradient must not show.
      for (float& g : gradient.data()) g = 7;
      network->gradient(parameters, other, *workspace, gradient);
      CHECK(hash_of(gradient) != gradient_bits);
      CHECK(network->gradient(parameters, batch, *workspace, gradient) == loss);
      CHECK(hash_of(gradient) == gradient_bits);
      network->predict(parameters, batch, false, *workspace, outputs);
      CHECK(hash_of(outputs) == output_bits);
    }
  }
}

TEST_CASE("a batch is the sum of its tiles, and a step without weight counts for nothing",
          "[models][gradient]") {
  for (const Values& variant : cell_variants())
    for (const char* attention : {"none", "additive", "dot"}) {
      Values values = variant;
      values["hidden"] = "5";
      values["attention"] = attention;
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
        Batch one;
        one.reset(signature, batch.steps, 1);
        double weight = 0;
        for (int t = 0; t < batch.steps; ++t) {
          std::copy_n(&batch.values[batch.at(t, b) * signature.inputs], signature.inputs,
                      &one.values[one.at(t, 0) * signature.inputs]);
          one.classes[one.at(t, 0)] = batch.classes[batch.at(t, b)];
          weight += one.weight[one.at(t, 0)] = batch.weight[batch.at(t, b)];
        }
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
