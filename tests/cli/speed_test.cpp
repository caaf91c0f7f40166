// The numbers of `rnnbench speed` fit together. (How large they are depends on the machine.)
#include <nlohmann/json.hpp>

#include "tests/cli/shell.h"

using namespace rnnbench::test;

TEST_CASE("the bound of an update is the sum of its parts", "[cli][speed]") {
  const Shell shell;
  const Outcome outcome = shell.run(
      "speed --task copy --cell lstm --attention none,dot --hidden 8 --batch 20 --time-steps 25 --repetitions 1 --format "
      "json");
  REQUIRE(outcome.code == 0);
  const auto results = nlohmann::json::parse(outcome.out);
  REQUIRE(results.size() == 2);
  const auto& lstm = results[0];
  const auto& parts = lstm["ms_bound_parts"];
  for (const char* part : {"products", "weights", "cells", "optimizer"}) CHECK(parts[part].get<double>() > 0);
  const double flops = lstm["executed_fraction"].get<double>() * lstm["nominal_flops"].get<double>();
  CHECK(parts["products"] == Approx(flops / lstm["peak_gflops"].get<double>() * 1e-6));
  const double bound = lstm["ms_bound"];
  CHECK(bound == Approx(std::max<double>(parts["products"], parts["weights"]) + parts["cells"].get<double>() +
                        parts["optimizer"].get<double>()));
  CHECK(lstm["fraction_of_bound"] == Approx(bound / lstm["wall_ms_per_update"].get<double>()));
  CHECK(results[1]["ms_bound"].is_null());  // attention has work that the bound does not contain
}
