// The numbers of `rnnbench speed` fit together. (How large they are depends on the machine.)
#include <algorithm>

#include <nlohmann/json.hpp>

#include "models/catalogue.h"
#include "tests/cli/shell.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

TEST_CASE("the bound of an update is the sum of its parts", "[cli][speed]") {
  const Shell shell;
  const Printed outcome = shell.run(
      "speed --task copy --cell lstm --attention none,dot --hidden 8 --batch 20 --time-steps 25 --repetitions 1 --format "
      "json");
  REQUIRE(outcome.code == 0);
  const auto results = nlohmann::json::parse(outcome.out);
  REQUIRE(results.size() == 2);
  const auto number = [&](const char* key) { return results[0][key].get<double>(); };
  const auto part = [&](const char* key) { return results[0]["ms_bound_parts"][key].get<double>(); };
  for (const char* key : {"products", "weights", "cells", "optimizer"}) CHECK(part(key) > 0);
  const double flops = number("executed_fraction") * number("nominal_flops");
  CHECK(part("products") == Approx(flops / number("peak_gflops") * 1e-6));
  CHECK(number("ms_bound") == Approx(std::max(part("products"), part("weights")) + part("cells") + part("optimizer")));
  CHECK(number("fraction_of_bound") == Approx(number("ms_bound") / number("wall_ms_per_update")));
  CHECK(results[1]["ms_bound"].is_null());  // attention has work that the bound does not contain
}

TEST_CASE("every cell has a speed, and a bound unless it attends", "[cli][speed]") {
  const Shell shell;
  const Printed outcome = shell.run("speed --hidden 4 --batch 4 --time-steps 21 --repetitions 1 --format json");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const auto results = nlohmann::json::parse(outcome.out);
  CHECK(results.size() == all_cells().size());
  for (const auto& result : results) {
    INFO(result);
    CHECK(result["wall_ms_per_update"] > 0);
    const std::string cell = result["model"]["cell"];
    CHECK(result["ms_bound"].is_null() == (cell == "transformer" || cell == "feedforward-attention"));
  }
}
