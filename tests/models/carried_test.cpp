// States that sequences carry from batch to batch.
#include <catch2/catch.hpp>

#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

TEST_CASE("sequences that continue go on from the states before, and others begin anew", "[models][carried]") {
  constexpr int steps = 9, cut = 4, size = 19;  // two tiles
  std::size_t turn = 0;
  for (const Settings& model : all_models(5)) {
    const Signature signature = signature_of_turn(turn++, 3, 4);
    const auto network = make_network<float>(model, signature);
    if (!network->carries_states()) continue;
    CAPTURE(describe_model(model));
    const Batch whole = uneven_batch(signature, steps, size, turn);
    const Batch first = whole.segment(0, cut);
    Batch second = whole.segment(cut, steps);
    REQUIRE(second.continues == std::vector<std::uint8_t>(size, 1));
    for (int b = 0; b < size; b += 3) second.continues[b] = 0;
    const Parameters<float> parameters = random_parameters(*network, turn);
    const auto workspace = network->workspace();
    std::vector<float> expected, fresh, outputs;
    network->predict(parameters, whole, true, *workspace, expected);
    network->predict(parameters, whole.segment(cut, steps), true, *workspace, fresh);
    Carried<float> carried;
    network->predict(parameters, first, true, *workspace, outputs, &carried);
    CHECK(std::equal(outputs.begin(), outputs.end(), expected.begin()));
    REQUIRE(carried.size() == network->carried_size(size));
    network->predict(parameters, second, true, *workspace, outputs, &carried);
    const int width = signature.outputs;
    bool same = true;
    for (int t = 0; t < second.steps; ++t)
      for (int b = 0; b < size; ++b) {
        const float* from = b % 3 == 0 ? &fresh[second.at(t, b) * width] : &expected[whole.at(cut + t, b) * width];
        same &= std::equal(from, from + width, &outputs[second.at(t, b) * width]);
      }
    CHECK(same);
  }
}
