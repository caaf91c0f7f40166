// Neither instruction set nor number of threads moves a bit, in whole trainings. (Random shapes on every
// instruction set: shapes_test.cpp.)
#include <cstdlib>

#include <catch2/catch.hpp>

#include "core/denormals.h"
#include "core/error.h"
#include "core/optimizer.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

struct Bits {
  double loss = 0, norm = 0;
  std::uint64_t outputs = 0, gradient = 0, trained = 0;
  bool operator==(const Bits&) const = default;
};

// Of a batch, and of updates by Adam on that batch with the gradient clipped.
Bits bits_of(const Network<float>& network, const Batch& batch, int updates, int threads) {
  const auto workspace = network.workspace({.threads = threads});
  Parameters<float> parameters = random_parameters(network, 3), gradient(network.layout());
  Bits bits;
  std::vector<float> outputs;
  network.predict(parameters, batch, false, *workspace, outputs);
  bits.outputs = hash_of(outputs);
  bits.loss = network.gradient(parameters, batch, *workspace, gradient);
  bits.gradient = hash_of(gradient);

  Settings training;
  training.set("optimizer", "adam");
  const auto optimizer = make_optimizer(training, network.layout());
  for (int update = 0; update < updates; ++update) {
    network.gradient(parameters, batch, *workspace, gradient);
    bits.norm += clip_by_norm(gradient, 0.1, &workspace->team());
    optimizer->update(parameters, gradient, 0.01, &workspace->team());
  }
  CHECK(all_finite(parameters));
  bits.trained = hash_of(parameters);
  return bits;
}

void check_same(const Bits& bits, const Bits& reference) {
  CHECK(bits.outputs == reference.outputs);
  CHECK(bits.loss == reference.loss);
  CHECK(bits.gradient == reference.gradient);
  CHECK(bits.norm == reference.norm);
  CHECK(bits.trained == reference.trained);
}

}  // namespace

TEST_CASE("every instruction set trains every model to the same bits", "[models][bits][isa]") {
  if (supported_isas().size() == 1) WARN("this CPU has one instruction set only: nothing to compare");
  const FlushDenormals flush;
  const int updates = optimized ? 20 : 2;
  std::size_t turn = 0;
  for (const Settings& model : all_models(17)) {  // two packs of units
    const Signature signature = signature_of_turn(turn++, 3, 5);
    const Batch batch = uneven_batch(signature, saturates(model) ? 9 : 2, 2, 3);
    CAPTURE(describe_model(model), describe_signature(signature));
    const Bits reference = bits_of(*make_network<float>(model, signature, Isa::scalar), batch, updates, 1);
    CHECK(reference.trained != reference.gradient);
    for (Isa isa : supported_isas()) {
      if (isa == Isa::scalar) continue;
      CAPTURE(isa_name(isa));
      check_same(bits_of(*make_network<float>(model, signature, isa), batch, updates, 1), reference);
    }
  }
}

TEST_CASE("any number of threads trains every model to the same bits", "[models][bits][threads]") {
  const FlushDenormals flush;
  const int updates = optimized ? 20 : 2;
  std::size_t turn = 0;
  for (const Settings& model : all_models(10)) {
    if (model.text_or("initial-state", "zero") == "zero") continue;  // the work is the same, less a sum
    const Signature signature = signature_of_turn(turn++, 3, 5);
    const Batch batch = uneven_batch(signature, 4, 65, 3);  // five tiles
    CAPTURE(describe_model(model), describe_signature(signature));
    const auto network = make_network<float>(model, signature);
    const Bits reference = bits_of(*network, batch, updates, 1);
    for (int threads : {2, 3, 5}) {
      CAPTURE(threads);
      check_same(bits_of(*network, batch, updates, threads), reference);
    }
  }
}

TEST_CASE("threads that share the packing of wide layers move no bit", "[models][bits][threads]") {
  // Weights are packed in pieces of four packs of units: here of 1, 2 and 3 pieces; more threads than that
  // get none.
  const FlushDenormals flush;
  const char* const widths[] = {"64", "65", "130"};
  std::size_t turn = 0;
  for (Values values : cell_variants()) {
    if (!optimized && values.size() > 1) continue;
    values["hidden"] = widths[turn++ % std::size(widths)];
    values["layers"] = "2";
    values["initial-state"] = "learned";
    const Settings model = model_settings(values);
    for (const Signature& signature : {all_signatures(19, 5)[0], all_signatures(19, 5)[2]}) {
      CAPTURE(describe_model(model), describe_signature(signature));
      const Batch batch = uneven_batch(signature, 2, 17, 3);
      const auto network = make_network<float>(model, signature);
      const Bits reference = bits_of(*network, batch, 3, 1);
      for (int threads : {2, 3, 5}) {
        CAPTURE(threads);
        check_same(bits_of(*network, batch, 3, threads), reference);
      }
    }
  }
}

TEST_CASE("the environment chooses among the CPU's instruction sets", "[models][isa]") {
  const char* before = std::getenv("RNNBENCH_ISA");
  const std::string kept = before == nullptr ? "" : before;
  for (Isa isa : supported_isas()) {
    ::setenv("RNNBENCH_ISA", isa_name(isa).c_str(), 1);
    CHECK(best_isa() == isa);
  }
  ::setenv("RNNBENCH_ISA", "sse9", 1);
  CHECK_THROWS_AS(best_isa(), UserError);
  CHECK_THROWS_WITH(best_isa(), Catch::Contains("sse9") && Catch::Contains("scalar"));
  ::unsetenv("RNNBENCH_ISA");
  CHECK(best_isa() == supported_isas().front());
  if (!kept.empty()) ::setenv("RNNBENCH_ISA", kept.c_str(), 1);
}
