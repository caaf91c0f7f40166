// Every instruction set gives the same bits: for outputs, loss, gradient and whole trainings.
#include <catch2/catch.hpp>

#include <cstdlib>

#include "core/error.h"
#include "core/optimiser.h"
#include "tests/model_fixture.h"

using namespace rnnbench;
using namespace rnnbench::test;

namespace {

struct Bits {
  double loss = 0;
  std::uint64_t outputs = 0, gradient = 0, trained = 0;
  bool operator==(const Bits&) const = default;
};

// Of a batch, and of `updates` updates by Adam on that batch with the gradient clipped.
Bits bits_of(const Settings& model, const Signature& signature, const Batch& batch, int updates, Isa isa) {
  const auto network = make_network<float>(model, signature, isa);
  const auto workspace = network->workspace();
  Parameters<float> parameters = random_parameters(*network, 3), gradient(network->layout());
  Bits bits;
  std::vector<float> outputs;
  network->predict(parameters, batch, true, *workspace, outputs);
  bits.outputs = hash_of(outputs);
  bits.loss = network->gradient(parameters, batch, *workspace, gradient);
  bits.gradient = hash_of(gradient);

  Settings training;
  training.set("optimizer", "adam");
  const auto optimiser = make_optimiser(training, network->layout());
  for (int update = 0; update < updates; ++update) {
    network->gradient(parameters, batch, *workspace, gradient);
    clip_by_norm(gradient, 1);
    optimiser->update(parameters, gradient, 0.01);
  }
  CHECK(all_finite(parameters));
  bits.trained = hash_of(parameters);
  return bits;
}

void compare_all(const Settings& model, const Signature& signature, const Batch& batch, int updates) {
  CAPTURE(describe_model(model), describe_signature(signature), batch.steps, batch.size);
  const Bits reference = bits_of(model, signature, batch, updates, Isa::scalar);
  CHECK(reference.trained != reference.gradient);
  for (Isa isa : supported_isas()) {
    CAPTURE(isa_name(isa));
    const Bits bits = bits_of(model, signature, batch, updates, isa);
    CHECK(bits.outputs == reference.outputs);
    CHECK(bits.loss == reference.loss);
    CHECK(bits.gradient == reference.gradient);
    CHECK(bits.trained == reference.trained);
  }
}

}  // namespace

TEST_CASE("every instruction set trains every model to the same bits", "[models][bits][isa]") {
  if (supported_isas().size() == 1) WARN("this CPU has one instruction set only: nothing to compare");
  std::size_t turn = 0;
  for (const Settings& model : all_models(5)) {
    const Signature signature = all_signatures(3, 5)[turn++ % 4];
    compare_all(model, signature, uneven_batch(signature, 4, 17, 3), 50);  // two tiles
  }
}

TEST_CASE("every instruction set gives the same bits for odd shapes", "[models][bits][isa]") {
  struct Shape {
    int hidden, steps, size, inputs, outputs;
  };
  std::size_t turn = 0;
  for (const Shape& shape : {Shape{1, 1, 1, 1, 2}, Shape{5, 2, 3, 17, 33}, Shape{16, 17, 2, 2, 16},
                             Shape{18, 3, 19, 2, 1}, Shape{67, 3, 2, 19, 3}})
    for (const Settings& model : all_models(shape.hidden)) {
      const Signature signature = all_signatures(shape.inputs, shape.outputs)[turn++ % 4];
      compare_all(model, signature, uneven_batch(signature, shape.steps, shape.size, 3), 2);
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
