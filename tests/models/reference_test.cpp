// What predictions and traces mean. (That they are those of the formulas: shapes_test.cpp.)
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <catch2/catch.hpp>

#include "tests/models/model_fixture.h"
#include "tests/models/naive_cells.h"
#include "tests/models/naive_network.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

TEST_CASE("every cell of the table is written out in naive_cells.cpp", "[models][reference]") {
  for (const CellEntry& cell : all_cells())
    if (!has_formula(cell.name) && cell.name != "transformer")  // which is held against PyTorch
      WARN(cell.name
           << " has no formula in tests/models/naive_cells.cpp: nothing but itself says that it is what was meant");
  CHECK(has_formula("lstm"));
}

TEST_CASE("predictions for the steps that count are those for all steps, the others are 0", "[models][reference]") {
  std::size_t turn = 0;
  for (const Settings& model : all_models(18)) {
    const Signature signature = signature_of_turn(turn++, 3, 5);
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
    for (std::size_t i = batch.at(changed, 0) * signature.inputs; i < batch.values.size(); ++i) batch.values[i] += 0.5f;
    network->predict(parameters, batch, true, *workspace, after);
    const std::size_t past = batch.at(changed, 0) * signature.outputs;
    CHECK(std::equal(before.begin(), before.begin() + past, after.begin()));
    CHECK(!std::equal(before.begin() + past, before.end(), after.begin() + past));
  }
}

TEST_CASE("a trace shows the states and attention weights of its sequence", "[models][reference]") {
  const Signature signature = all_signatures(3, 2)[1];
  const int steps = 6, column = 17, hidden = 5;
  for (const Settings& model : all_models(hidden)) {
    if (!has_formula(model.text("cell"))) continue;
    CAPTURE(describe_model(model));
    const Batch batch = uneven_batch(signature, steps, 19, 6);
    const auto network = make_network<float>(model, signature);
    const auto exact = make_network<double>(model, signature);
    const auto traces = network->trace(random_parameters(*network, 9), batch, column);
    const NaiveResult<double> naive = naive_network(model, signature, random_parameters(*exact, 9), batch);

    std::set<std::string> names;
    const Trace* hidden_state = nullptr;
    const std::string top = model.text("layers") == "1" ? "" : "layer 1 ";
    const bool hard = model.has("gate-activation") && model.text("gate-activation") == "hard-sigmoid";
    for (const Trace& trace : traces) {
      CAPTURE(trace.name);
      CHECK(names.insert(trace.name).second);
      CHECK(trace.values.size() == static_cast<std::size_t>(steps) * trace.width);
      if (trace.name == top + "hidden state") hidden_state = &trace;
      if (trace.name.ends_with(" gate"))
        for (float x : trace.values) CHECK((hard ? x >= 0 && x <= 1 : saturates(model) ? x > 0 && x < 1 : x >= 0));
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
    const bool attends =
        model.text_or("attention", "none") != "none" || !find_cell(model.text("cell")).attention.empty();
    CHECK(names.count("attention") == (attends ? 1 : 0));
    REQUIRE(hidden_state != nullptr);
    REQUIRE(hidden_state->width == hidden);
    for (int t = 0; t < steps; ++t)
      for (int u = 0; u < hidden; ++u)
        CHECK(std::fabs(hidden_state->values[t * hidden + u] - naive.states[column](u, t)) <= 1e-5);
  }
}
