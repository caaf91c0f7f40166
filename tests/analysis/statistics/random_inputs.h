// The inputs of tests/analysis/statistics/make_random_outputs.py, drawn from the same generator in the same order.
#pragma once

#include <array>
#include <cstdint>

#include "analysis/statistics/binary.h"
#include "analysis/statistics/survival.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

class Draws {  // splitmix64 (Steele, Lea & Flood 2014)
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  int below(int n) { return static_cast<int>(next() % static_cast<std::uint64_t>(n)); }
  int between(int low, int high) { return low + below(high - low + 1); }
  double share() { return between(1, 9999) / 10000.0; }  // above 0 and below 1

  // n multiples of 0.001: skewed, or for every third sample of a few values with many ties.
  Values values(int n) {
    const bool ties = below(3) == 0;
    Values result(n);
    for (double& value : result) value = (ties ? 500 * between(-3, 3) : square() - 700) / 1000.0;
    return result;
  }
  double boundary() { return between(-500, 500) / 1000.0; }

  BinaryPairs pairs(int n) {
    std::array<int, 3> weights{};
    for (int& weight : weights) weight = below(10);
    std::array<int, 4> counts{};
    for (int i = 0; i < n; ++i) {
      int draw = below(30);
      std::size_t cell = 0;
      for (; cell < weights.size() && draw >= weights[cell]; ++cell) draw -= weights[cell];
      ++counts[cell];
    }
    return {counts[0], counts[1], counts[2], counts[3]};
  }

  Lifetimes lifetimes(int n, int budget) {
    Lifetimes result(n);
    for (Lifetime& life : result) life.time = between(1, 20);
    for (Lifetime& life : result) {
      life.observed = life.time <= budget && below(4) > 0;
      if (life.time > budget) life.time = budget;
    }
    return result;
  }

 private:
  int square() {
    const int k = below(3000);
    return k * k / 3000;
  }

  std::uint64_t state_;
};

}  // namespace rnnbench::test
