// Every model of the table trains, on real-valued inputs and on symbols. All sizes are awkward for the kernels: none is
// a multiple of the sixteen lanes of a pack, and the second tile of the batch has two sequences.
//
// Under AddressSanitizer (scripts/test-long memory), whatever a kernel reads or writes beyond an array shows here.
#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "core/denormals.h"
#include "core/optimizer.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

// Every cell with each of its own choices, every kind of attention over states and over inputs, and every way of
// putting layers together.
std::vector<Values> trained_models() {
  std::vector<Values> models = cell_variants();
  for (const CellEntry& cell : all_cells())
    if (!cell.attention.empty()) models.push_back({{"cell", cell.name}});
  for (const char* attention : {"additive", "dot", "general", "multi-head"})
    for (const char* attend : {"states", "inputs"}) {
      if (attention == std::string("dot") && attend == std::string("inputs")) continue;  // sizes differ: refused
      models.push_back({{"cell", "gru"}, {"attention", attention}, {"attend", attend}});
      if (attention == std::string("multi-head")) models.back()["heads"] = "1";
    }
  for (const char* positions : {"sinusoidal", "learned", "none"})
    models.push_back({{"cell", "transformer"}, {"heads", "1"}, {"positions", positions}});
  models.back()["heads"] = "5";
  for (Values& model : std::vector<Values>{{{"cell", "lstm"}, {"direction", "bidirectional"}},
                                           {{"cell", "gru"}, {"direction", "bidirectional"}, {"attention", "additive"}},
                                           {{"cell", "lstm"}, {"layers", "3"}, {"dropout", "0.2"}},
                                           {{"cell", "gru"}, {"layers", "2"}, {"residual", "yes"}},
                                           {{"cell", "lstm"}, {"initial-state", "learned"}},
                                           {{"cell", "lstm|gru+rnn"}, {"layers", "2"}}})
    models.push_back(std::move(model));
  for (Values& model : models) model["hidden"] = "5";
  return models;
}

struct Training {
  std::vector<double> losses;  // before each update
  bool finite = true;          // parameters, outputs and activations at the end
};

Training train(const Settings& model, const Signature& signature, Isa isa, int updates,
               const WorkspaceOptions& options) {
  const auto network = make_network<float>(model, signature, isa);
  const auto workspace = network->workspace(options);
  const Batch batch = uneven_batch(signature, saturates(model) ? 7 : 2, 18, 3);
  Parameters<float> parameters = random_parameters(*network, 3), gradient(network->layout());
  Settings settings;
  settings.set("optimizer", "adam");
  const auto optimizer = make_optimizer(settings, network->layout());
  const StreamSource noise{5, Purpose::dropout, 1, 0};  // the same in every update, so that the loss can fall
  Training training;
  for (int update = 0; update < updates; ++update) {
    training.losses.push_back(network->gradient(parameters, batch, *workspace, gradient, &noise));
    clip_by_norm(gradient, 1, &workspace->team());
    optimizer->update(parameters, gradient, 0.01, &workspace->team());
  }
  std::vector<float> numbers;
  network->predict(parameters, batch, true, *workspace, numbers);
  for (const Trace& trace : network->trace(parameters, batch, 17))
    numbers.insert(numbers.end(), trace.values.begin(), trace.values.end());
  training.finite =
      all_finite(parameters) && std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
  return training;
}

}  // namespace

TEST_CASE("every model trains on real-valued inputs and on symbols", "[models][training]") {
  const FlushDenormals flush;
  const std::vector<Values> models = trained_models();
  for (const CellEntry& cell : all_cells())
    CHECK(std::any_of(models.begin(), models.end(), [&](const Values& v) { return v.at("cell") == cell.name; }));
  std::size_t turn = 0;
  for (const Values& values : models) {
    const Settings model = model_settings(values);
    ++turn;
    const std::vector<Signature> signatures = all_signatures(3, 5);
    for (const Signature& signature : {turn % 2 == 0 ? signatures[1] : signatures[4],     // real-valued inputs
                                       turn % 2 == 0 ? signatures[0] : signatures[3]}) {  // symbols
      CAPTURE(describe_model(model), describe_signature(signature));
      const Training training = train(model, signature, best_isa(), 15, {});
      CHECK(training.finite);
      CHECK(training.losses.back() < training.losses.front());
      // Two updates on the other instruction sets, on two threads, in segments of three steps: the same losses.
      for (Isa isa : supported_isas()) {
        CAPTURE(isa_name(isa));
        const Training other = train(model, signature, isa, 2, {.threads = 2, .recompute = 3});
        CHECK(other.losses[0] == training.losses[0]);
        CHECK(other.losses[1] == training.losses[1]);
      }
    }
  }
}
