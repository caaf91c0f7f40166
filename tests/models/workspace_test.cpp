// What a workspace is made for moves no bit: states that are computed twice to save memory, other batches
// that went before, on any number of threads.
#include <algorithm>
#include <limits>

#include <catch2/catch.hpp>

#include "core/denormals.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

struct Bits {
  std::uint64_t gradient = 0, outputs = 0;
  double loss = 0;
  bool operator==(const Bits&) const = default;
};

Bits bits_of(const Network<float>& network, const Parameters<float>& parameters, const Batch& batch,
             Workspace<float>& workspace) {
  Bits bits;
  // What was in the results before must not show either, the padding of the gradient included.
  Parameters<float> gradient(network.layout());
  std::fill(gradient.data().begin(), gradient.data().end(), std::numeric_limits<float>::quiet_NaN());
  std::vector<float> outputs(7, std::numeric_limits<float>::quiet_NaN());
  bits.loss = network.gradient(parameters, batch, workspace, gradient);
  network.predict(parameters, batch, false, workspace, outputs);
  bits.gradient = hash_of(gradient);
  gradient.clear_padding();
  CHECK(hash_of(gradient) == bits.gradient);  // it was clear
  bits.outputs = hash_of(outputs);
  return bits;
}

Settings model_of(Values values, const std::string& layers, const std::string& attention, int hidden) {
  values["layers"] = layers;
  values["attention"] = attention;
  values["hidden"] = std::to_string(hidden);
  values["initial-state"] = "learned";
  return model_settings(values);
}

// A model of each cell and variant with the arrays that it has, and of each kind of layer that takes all steps at once
// or adds to what another one wrote.
std::vector<Settings> models_by_arrays() {
  std::vector<Settings> models;
  std::size_t turn = 0;
  for (const Values& variant : cell_variants()) {
    if (variant.contains("gate-activation") || (!optimized && variant.size() > 1)) continue;  // has those of the cell
    const Values structure = structure_of_turn(turn++);
    models.push_back(model_of(variant, structure.at("layers"), structure.at("attention"), 18));
  }
  for (const char* attention : {"none", "multi-head"}) {
    models.push_back(model_of({{"cell", "gru"}, {"direction", "bidirectional"}}, "2", attention, 20));
    models.push_back(model_of({{"cell", "rnn"}, {"residual", "yes"}}, "2", attention, 20));
    models.push_back(model_of({{"cell", "lstm|gru+rnn"}}, "2", attention, 20));
  }
  for (const char* cell : {"transformer", "feedforward-attention"})
    models.push_back(model_settings({{"cell", cell}, {"layers", "2"}, {"hidden", "16"}}));
  return models;
}

}  // namespace

TEST_CASE("keeping every k-th step only moves no bit of loss and gradient", "[models][bits][recompute]") {
  const FlushDenormals flush;
  std::size_t turn = 0;
  const int lengths[] = {1, 23, 41};  // a tile of 16 sequences takes 16 steps at once, the last tile all
  for (const Values& variant : cell_variants()) {
    if (!optimized && variant.size() > 1) continue;
    const int steps = lengths[turn % 3];
    const Settings model = model_of(variant, turn % 2 == 0 ? "1" : "3", "none", 18);
    const Signature signature = signature_of_turn(turn++, 3, 5);
    CAPTURE(describe_model(model), describe_signature(signature), steps);
    const Batch batch = uneven_batch(signature, steps, 33, 3);
    const auto network = make_network<float>(model, signature);
    const Parameters<float> parameters = random_parameters(*network, 3);
    const Bits reference = bits_of(*network, parameters, batch, *network->workspace());
    for (int k : {1, 2, 3, 7, 20, steps - 1, steps, steps + 5})
      for (int threads : {1, 3}) {
        if (k < 1 || (!optimized && k % 7 != 0)) continue;
        CAPTURE(k, threads);
        const auto workspace = network->workspace({.threads = threads, .recompute = k});
        CHECK(bits_of(*network, parameters, batch, *workspace) == reference);
        if (threads == 1) CHECK(bits_of(*network, parameters, batch, *workspace) == reference);  // once more
      }
  }
}

TEST_CASE("states that are computed twice are so on every instruction set, and in double", "[models][isa][recompute]") {
  const FlushDenormals flush;
  for (const Values& variant : cell_variants()) {
    if (!optimized && variant.size() > 1) continue;
    const Settings model = model_of(variant, "2", "none", 5);
    const Signature signature = all_signatures(3, 5)[1];
    CAPTURE(describe_model(model));
    const Batch batch = uneven_batch(signature, 11, 3, 3);
    for (Isa isa : supported_isas()) {
      CAPTURE(isa_name(isa));
      const auto network = make_network<float>(model, signature, isa);
      const Parameters<float> parameters = random_parameters(*network, 3);
      CHECK(bits_of(*network, parameters, batch, *network->workspace({.recompute = 4})) ==
            bits_of(*network, parameters, batch, *network->workspace()));
    }
    const auto network = make_network<double>(model, signature);
    const Parameters<double> parameters = random_parameters(*network, 3);
    Parameters<double> all(network->layout()), some(network->layout());
    network->gradient(parameters, batch, *network->workspace(), all);
    network->gradient(parameters, batch, *network->workspace({.recompute = 4}), some);
    CHECK(some.data() == all.data());
  }
}

TEST_CASE("with attention every state is kept", "[models][bits][recompute]") {
  const FlushDenormals flush;
  for (const Values& variant : cell_variants())
    for (const char* attention : {"additive", "dot"})
      for (const char* layers : {"1", "3"}) {
        const Settings model = model_of(variant, layers, attention, 18);
        const Signature signature = all_signatures(3, 5)[2];
        CAPTURE(describe_model(model));
        const Batch batch = uneven_batch(signature, 19, 17, 3);
        const auto network = make_network<float>(model, signature);
        const Parameters<float> parameters = random_parameters(*network, 3);
        const auto plain = network->workspace();
        const Bits reference = bits_of(*network, parameters, batch, *plain);
        for (int k : {7, 1, 24}) {
          if (!optimized && k != 7) break;
          CAPTURE(k);
          const auto workspace = network->workspace({.recompute = k});
          CHECK(bits_of(*network, parameters, batch, *workspace) == reference);
          CHECK(workspace->bytes() == plain->bytes());
        }
      }
}

TEST_CASE("keeping every 32nd of 2000 steps takes less than a tenth of the memory", "[models][recompute]") {
  const FlushDenormals flush;
  std::size_t turn = 0;
  for (const Values& variant : cell_variants()) {
    if (variant.contains("gate-activation") || (!optimized && variant.size() > 1))
      continue;  // takes what the cell takes
    const Settings model = model_of(variant, turn++ % 2 == 0 ? "1" : "3", "none", 50);
    const Signature signature = all_signatures(2, 2)[0];
    CAPTURE(describe_model(model));
    const int steps = 2000, size = 4;
    const Batch batch = uneven_batch(signature, steps, size, 3);
    const auto network = make_network<float>(model, signature);
    const Parameters<float> parameters = random_parameters(*network, 3);
    const auto bytes = [&](int recompute) {
      const auto workspace = network->workspace({.recompute = recompute});
      Parameters<float> gradient(network->layout());
      network->gradient(parameters, batch, *workspace, gradient);
      const std::size_t used = workspace->bytes();
      // The estimate by which a dry run refuses what cannot fit knows of it.
      const double estimate = training_bytes(model, signature, steps, size, {.threads = 1, .recompute = recompute});
      CHECK(estimate >= 0.9 * static_cast<double>(used));
      CHECK(estimate <= 1.5 * static_cast<double>(used) + 16.0 * static_cast<double>(network->layout().extent()));
      return used;
    };
    CHECK(bytes(32) * 10 <= bytes(0));
  }
}

TEST_CASE("batches that went before leave no trace in a workspace", "[models][bits][workspace]") {
  const FlushDenormals flush;
  struct Shape {
    int steps, size;
  };
  // Bigger then smaller, longer then shorter, narrower then wider, and back.
  const std::vector<Shape> shapes{{9, 33}, {2, 3}, {40, 1}, {1, 17}, {40, 33}, {3, 16}, {17, 2}, {40, 33}};
  std::size_t turn = 0;
  for (const Settings& model : models_by_arrays()) {
    const Signature signature = signature_of_turn(turn++, 3, 5);
    CAPTURE(describe_model(model), describe_signature(signature));
    const auto network = make_network<float>(model, signature);
    const Parameters<float> parameters = random_parameters(*network, 3);
    // Parameters of a training that went astray: everything that a batch writes is no number.
    Parameters<float> lost = parameters;
    for (float& x : lost.data()) x = std::numeric_limits<float>::quiet_NaN();

    std::vector<Batch> batches;
    std::vector<Bits> references;
    for (const Shape& shape : shapes) {
      batches.push_back(uneven_batch(signature, shape.steps, shape.size, 3 + batches.size()));
      references.push_back(bits_of(*network, parameters, batches.back(), *network->workspace()));
    }
    for (int threads : {1, 3})
      for (int recompute : {0, 5}) {
        const auto workspace = network->workspace({.threads = threads, .recompute = recompute});
        for (std::size_t i = 0; i < shapes.size(); ++i) {
          CAPTURE(threads, recompute, shapes[i].steps, shapes[i].size);
          CHECK(bits_of(*network, parameters, batches[i], *workspace) == references[i]);
          if (i % 2 == 0) CHECK(bits_of(*network, lost, batches[i], *workspace) != references[i]);
        }
      }
  }
}
