// The points of a search: the sequence itself, its scrambling, and how evenly they fill the space.
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "experiments/search/design.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

// Which of `count` equal strata of [0, 1) the number is in.
int stratum(double u, int count) { return static_cast<int>(u * count); }

}  // namespace

TEST_CASE("unscrambled points are those of SciPy", "[search][design]") {
  // scipy.stats.qmc.Sobol(d=15, scramble=False).random(64) of SciPy 1.10.1; every value has at most six binary places.
  const std::vector<std::pair<std::uint32_t, std::array<double, design_dimensions>>> expected = {
      {0, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {1, {.5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5}},
      {2, {.75, .25, .25, .25, .75, .75, .25, .75, .75, .75, .75, .75, .25, .25, .75}},
      {5, {.875, .875, .125, .375, .875, .625, .875, .375, .375, .125, .375, .875, .875, .125, .875}},
      {11, {.4375, .5625, .1875, .6875, .8125, .0625, .6875, .6875, .6875, .0625, .9375, .3125, .1875, .1875, .5625}},
      {23,
       {.21875, .84375, .09375, .53125, .40625, .59375, .15625, .46875, .84375, .78125, .71875, .28125, .03125, .78125,
        .46875}},
      {40,
       {.234375, .078125, .265625, .984375, .703125, .734375, .734375, .359375, .046875, .359375, .828125, .890625,
        .515625, .046875, .171875}},
      {63,
       {.015625, .796875, .359375, .453125, .859375, .140625, .578125, .140625, .828125, .578125, .421875, .671875,
        .546875, .765625, .328125}}};
  for (const auto& [point, coordinates] : expected)
    for (int d = 0; d < design_dimensions; ++d) {
      CAPTURE(point, d);
      CHECK(sobol(point, d) * 0x1p-32 == coordinates[d]);
    }
}

TEST_CASE("16 points hit each of 16 strata of every dimension once, however they are scrambled", "[search][design]") {
  for (const char* study : {"x", "lstm-equals-gru", "forgetting"})
    for (const char search : {'A', 'B'})
      for (int d = 0; d < design_dimensions; ++d) {
        std::set<int> strata;
        for (int point = 0; point < 16; ++point)
          strata.insert(stratum(design_point(study, search, "option", d, point), 16));
        CHECK(strata.size() == 16);
      }
}

TEST_CASE("two scrambled dimensions fill the cells of a grid evenly", "[search][design]") {
  // First dimension, its strata, second dimension, its strata: 16 points spread evenly over the cells.
  const std::vector<std::array<int, 4>> nets = {{0, 4, 1, 4},  {0, 16, 1, 1}, {0, 8, 1, 2}, {0, 2, 1, 8}, {0, 4, 2, 4},
                                                {1, 4, 2, 4},  {0, 8, 4, 2},  {0, 4, 4, 2}, {1, 4, 4, 2}, {2, 4, 4, 2},
                                                {0, 4, 12, 4}, {1, 4, 12, 2}, {4, 2, 12, 4}};
  for (const auto& [first, rows, second, columns] : nets)
    for (int study = 0; study < 20; ++study) {
      std::map<std::pair<int, int>, int> hits;
      for (int point = 0; point < 16; ++point)
        ++hits[{stratum(design_point(std::to_string(study), 'A', "one", first, point), rows),
                stratum(design_point(std::to_string(study), 'A', "another", second, point), columns)}];
      CAPTURE(first, rows, second, columns);
      CHECK(static_cast<int>(hits.size()) == rows * columns);
      for (const auto& [cell, count] : hits) CHECK(count == 16 / (rows * columns));
    }
}

TEST_CASE("points depend on study, search, option and number, and on nothing else", "[search][design]") {
  const double point = design_point("study", 'A', "learning-rate", 0, 3);
  CHECK(design_point("study", 'A', "learning-rate", 0, 3) == point);
  CHECK(design_point("study", 'B', "learning-rate", 0, 3) != point);
  CHECK(design_point("other", 'A', "learning-rate", 0, 3) != point);
  CHECK(design_point("study", 'A', "clip-norm", 0, 3) != point);
  CHECK(design_point("study", 'A', "learning-rate", 0, 4) != point);
  // So that a frozen study keeps its points.
  CHECK(design_point("study", 'A', "learning-rate", 0, 3) == Approx(0.3759988459).margin(1e-9));
}

TEST_CASE("scrambling is nested: numbers keep exactly as many leading bits in common as they had", "[search][design]") {
  for (std::uint64_t key = 0; key < 200; ++key)
    for (int common = 0; common < 31; ++common) {
      const std::uint32_t one = 0x9e3779b9u * static_cast<std::uint32_t>(key + 1),
                          other = one ^ (0x80000000u >> common);
      CHECK(std::countl_zero(scrambled(one, key) ^ scrambled(other, key)) == common);
    }
  // Below the first different bit, the flips are independent: half of the 31 bits differ, with a standard deviation of
  // sqrt(31) / 2 for one pair.
  int different = 0;
  for (std::uint64_t key = 0; key < 200; ++key)
    different += std::popcount((scrambled(0, key) ^ scrambled(0x80000000u, key)) & 0x7fffffffu);
  CHECK(different / 200.0 == Approx(31 / 2.0).margin(4 * std::sqrt(31 / 200.0) / 2));
}

TEST_CASE("scrambled coordinates are uniform over studies and independent of their neighbours", "[search][design]") {
  constexpr int studies = 4000;
  double sum = 0, squares = 0, product = 0;
  for (int study = 0; study < studies; ++study) {
    const double u = design_point("study " + std::to_string(study), 'A', "x", 0, 0) - 0.5,
                 v = design_point("study " + std::to_string(study), 'B', "x", 0, 0) - 0.5;
    sum += u;
    squares += u * u;
    product += u * v;
  }
  // Standard deviations: sqrt(1 / 12), sqrt(1 / 180) and 1 / 12, divided by the root of the number.
  const double root = std::sqrt(studies);
  CHECK(sum / studies == Approx(0).margin(4 * 0.2887 / root));
  CHECK(squares / studies == Approx(1.0 / 12).margin(4 * 0.0745 / root));
  CHECK(product / studies == Approx(0).margin(4 * 0.0833 / root));
}
