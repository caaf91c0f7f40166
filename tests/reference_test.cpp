// The networks against the formulas of the papers, written out plainly in naive_network.cpp.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "tests/model_fixture.h"
#include "tests/naive_network.h"

using namespace rnnbench;
using namespace rnnbench::test;

namespace {

// Models whose formulas naive_network.cpp holds.
std::vector<Settings> known_models(int hidden) {
  const std::set<std::string> known{"rnn", "lstm", "gru", "gru-v1"};
  std::vector<Settings> models;
  for (Settings& model : all_models(hidden))
    if (known.count(model.text("cell"))) models.push_back(std::move(model));
  REQUIRE(models.size() == 5 * 3 * 2 * 2);
  return models;
}

template <class S>
struct Computed {
  std::vector<S> outputs;
  double loss;
};

template <class S>
Computed<S> compute(const Settings& model, const Signature& signature, const Batch& batch,
                    std::uint64_t seed) {
  const auto network = make_network<S>(model, signature);
  const Parameters<S> parameters = random_parameters(*network, seed);
  Parameters<S> unused(network->layout());
  const auto workspace = network->workspace();
  Computed<S> computed;
  computed.loss = network->gradient(parameters, batch, *workspace, unused);
  network->predict(parameters, batch, true, *workspace, computed.outputs);
  return computed;
}

}  // namespace

TEST_CASE("outputs and loss of every model are those of the formulas", "[models][reference]") {
  struct Shape {
    int hidden, steps, size, inputs, outputs;
  };
  for (const Shape& shape : {Shape{1, 1, 1, 1, 2}, Shape{5, 2, 3, 3, 4}, Shape{18, 7, 19, 17, 18}}) {
    // In double a handful of roundings; in float the first-order bound that gradient_test.cpp explains.
    const double float_bound =
        std::numeric_limits<float>::epsilon() / 2 * shape.steps * (4 * shape.hidden + 12);
    std::size_t turn = 0;
    for (const Settings& model : known_models(shape.hidden)) {
      const Signature signature = all_signatures(shape.inputs, shape.outputs)[turn++ % 4];
      CAPTURE(describe_model(model), describe_signature(signature), shape.steps, shape.size);
      const Batch batch = uneven_batch(signature, shape.steps, shape.size, 6);
      const auto network = make_network<double>(model, signature);
      const NaiveResult naive = naive_network(model, signature, random_parameters(*network, 9), batch);

      const auto in_double = compute<double>(model, signature, batch, 9);
      CHECK(relative_error(in_double.outputs, naive.outputs) <= 1e-12);
      CHECK(std::fabs(in_double.loss - naive.loss) <= 1e-12 * naive.loss);

      const auto in_float = compute<float>(model, signature, batch, 9);
      CHECK(relative_error(in_float.outputs, naive.outputs) <= float_bound);
      CHECK(std::fabs(in_float.loss - naive.loss) <= float_bound * naive.loss);
    }
  }
}

TEST_CASE("predictions for the steps that count are those for all steps, the others are 0",
          "[models][reference]") {
  std::size_t turn = 0;
  for (const Settings& model : all_models(18)) {
    const Signature signature = all_signatures(3, 5)[turn++ % 4];
    CAPTURE(describe_model(model), describe_signature(signature));
    Batch batch = uneven_batch(signature, 9, 4, 6);
    for (int step : {0, 3, 4, 7})
      for (int b = 0; b < batch.size; ++b) batch.weight[batch.at(step, b)] = 0;
    batch.answer[batch.at(4, 2)] = 1;  // an answer without weight counts too
    const auto network = make_network<float>(model, signature);
    const Parameters<float> parameters = random_parameters(*network, 9);
    const auto workspace = network->workspace();
    std::vector<float> all, some;
    network->predict(parameters, batch, true, *workspace, all);
    network->predict(parameters, batch, false, *workspace, some);
    for (int step = 0; step < batch.steps; ++step) {
      bool counts = step == 4;
      for (int b = 0; b < batch.size; ++b) counts = counts || batch.weight[batch.at(step, b)] > 0;
      const std::size_t begin = batch.at(step, 0) * signature.outputs, row = batch.size * signature.outputs;
      CAPTURE(step, counts);
      for (std::size_t i = begin; i < begin + row; ++i) CHECK(some[i] == (counts ? all[i] : 0.0f));
    }
  }
}

TEST_CASE("no output depends on a later input", "[models][reference]") {
  for (const Settings& model : all_models(5)) {
    const Signature signature = all_signatures(3, 2)[1];
    CAPTURE(describe_model(model));
    Batch batch = uneven_batch(signature, 8, 3, 6);
    const auto network = make_network<float>(model, signature);
    const Parameters<float> parameters = random_parameters(*network, 9);
    const auto workspace = network->workspace();
    std::vector<float> before, after;
    network->predict(parameters, batch, true, *workspace, before);
    const int changed = 5;
    for (std::size_t i = batch.at(changed, 0) * signature.inputs; i < batch.values.size(); ++i)
      batch.values[i] += 0.5f;
    network->predict(parameters, batch, true, *workspace, after);
    const std::size_t past = batch.at(changed, 0) * signature.outputs;
    CHECK(std::equal(before.begin(), before.begin() + past, after.begin()));
    CHECK(!std::equal(before.begin() + past, before.end(), after.begin() + past));
  }
}

TEST_CASE("a trace shows the states and attention weights of its sequence", "[models][reference]") {
  const Signature signature = all_signatures(3, 2)[1];
  const int steps = 6, column = 17, hidden = 5;
  for (const Settings& model : known_models(hidden)) {
    CAPTURE(describe_model(model));
    const Batch batch = uneven_batch(signature, steps, 19, 6);
    const auto network = make_network<float>(model, signature);
    const auto exact = make_network<double>(model, signature);
    const auto traces = network->trace(random_parameters(*network, 9), batch, column);
    const NaiveResult naive = naive_network(model, signature, random_parameters(*exact, 9), batch);

    std::set<std::string> names;
    const Trace* hidden_state = nullptr;
    for (const Trace& trace : traces) {
      CAPTURE(trace.name);
      CHECK(names.insert(trace.name).second);
      CHECK(trace.values.size() == static_cast<std::size_t>(steps) * trace.width);
      if (trace.name.ends_with("hidden state")) hidden_state = &trace;  // the last is the top layer's
      if (trace.name.ends_with(" gate"))
        for (float x : trace.values) CHECK((x > 0 && x < 1));
      if (trace.name == "attention")
        for (int t = 0; t < steps; ++t) {
          double sum = 0;
          for (int s = 0; s < steps; ++s) {
            const float weight = trace.values[t * steps + s];
            CHECK((s <= t ? weight > 0 : weight == 0));
            sum += weight;
          }
          CHECK(std::fabs(sum - 1) <= steps * std::numeric_limits<float>::epsilon());
        }
    }
    CHECK(names.count("attention") == (model.text("attention") == "none" ? 0 : 1));
    REQUIRE(hidden_state != nullptr);
    REQUIRE(hidden_state->width == hidden);
    for (int t = 0; t < steps; ++t)
      for (int u = 0; u < hidden; ++u)
        CHECK(std::fabs(hidden_state->values[t * hidden + u] - naive.states[column](u, t)) <= 1e-5);
  }
}
