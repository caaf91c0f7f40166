// Values stored by tests/analysis/statistics/make_reference.py.
#pragma once

#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/namespaces.h"

namespace rnnbench::test {

inline const nlohmann::json& reference() {
  static const auto json =
      nlohmann::json::parse(std::ifstream(RNNBENCH_SOURCE_DIR "/tests/analysis/statistics/reference.json"));
  return json;
}

// Sums in another order: a few units in the last place.
inline Approx near(double value) { return Approx(value).epsilon(1e-13).margin(1e-14); }

}  // namespace rnnbench::test
