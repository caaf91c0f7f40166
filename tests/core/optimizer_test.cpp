// Optimizers by their published formulas, clipping, learning-rate schedules, and what happens to numbers that
// are none.
#include "core/optimizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <catch2/catch.hpp>

#include "core/options.h"
#include "core/schedule.h"
#include "core/stream.h"
#include "experiments/declaration/spec.h"
#include "experiments/declaration/training_options.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN(),
                infinite = std::numeric_limits<float>::infinity();

// Two blocks of odd sizes: padding lies between and behind them.
Layout odd_layout() {
  Layout layout;
  layout.add("matrix", 7, 5);
  layout.add("vector", 3);
  return layout;
}

Parameters<float> random_numbers(const Layout& layout, std::uint32_t number, float bound) {
  Parameters<float> parameters(layout);
  Stream stream(5, Purpose::speed, number, 0);
  for (int block : {0, 1})
    for (std::size_t i = 0; i < layout.block(block).size(); ++i)
      parameters.block(block)[i] = stream.uniform(-bound, bound);
  return parameters;
}

Settings training(const Values& values) {
  Settings settings = default_settings(training_options());
  for (const auto& [name, value] : values) settings.set(name, value);
  return settings;
}

double norm_of(const Parameters<float>& parameters) {
  long double sum = 0;
  for (float x : parameters.data()) sum += static_cast<long double>(x) * x;
  return static_cast<double>(std::sqrt(sum));
}

double largest_of(const Parameters<float>& parameters) {
  double largest = 0;
  for (float x : parameters.data()) largest = std::max(largest, std::fabs(static_cast<double>(x)));
  return largest;
}

}  // namespace

TEST_CASE("clipping by norm returns the norm, and scales only what is longer", "[core][optimizer]") {
  const Layout layout = odd_layout();
  for (float size : {1e-15f, 1.0f, 1e15f}) {  // squares beyond the range of float
    const Parameters<float> original = random_numbers(layout, 1, size);
    const double norm = norm_of(original);
    CAPTURE(size);

    Parameters<float> measured = original;
    CHECK(std::fabs(clip_by_norm(measured, 0) - norm) <= 1e-14 * norm);
    CHECK(measured.data() == original.data());
    CHECK(std::fabs(clip_by_norm(measured, 1.01 * norm) - norm) <= 1e-14 * norm);
    CHECK(measured.data() == original.data());

    Parameters<float> clipped = original;
    CHECK(std::fabs(clip_by_norm(clipped, norm / 3) - norm) <= 1e-14 * norm);
    // The factor and each product round once.
    CHECK(std::fabs(norm_of(clipped) - norm / 3) <= std::numeric_limits<float>::epsilon() * norm / 3);
    for (std::size_t i = 0; i < layout.extent(); ++i)
      CHECK(std::fabs(3.0 * clipped.data()[i] - original.data()[i]) <=
            std::numeric_limits<float>::epsilon() * std::fabs(original.data()[i]));
  }
  Parameters<float> none(layout);
  CHECK(clip_by_norm(none, 1) == 0);
}

TEST_CASE("clipping by value limits every element", "[core][optimizer]") {
  const Layout layout = odd_layout();
  const Parameters<float> original = random_numbers(layout, 1, 1);
  Parameters<float> clipped = original;
  clip_by_value(clipped, 0.25);
  for (std::size_t i = 0; i < layout.extent(); ++i)
    CHECK(clipped.data()[i] == std::clamp(original.data()[i], -0.25f, 0.25f));
  CHECK(largest_of(original) > 0.25);
}

TEST_CASE("a NaN or an infinity is found at every position", "[core][optimizer]") {
  const Layout layout = odd_layout();
  for (float bad : {not_a_number, infinite, -infinite})
    for (int block : {0, 1})
      for (std::size_t i = 0; i < layout.block(block).size(); ++i) {
        Parameters<float> numbers = random_numbers(layout, 1, 1);
        CHECK(all_finite(numbers));
        numbers.block(block)[i] = bad;
        CHECK(!all_finite(numbers));
        CHECK(!std::isfinite(clip_by_norm(numbers, 0)));
        // Neither way of clipping hides it.
        clip_by_norm(numbers, 1);
        CHECK(!all_finite(numbers));
        Parameters<float> by_value = random_numbers(layout, 1, 1);
        by_value.block(block)[i] = not_a_number;
        clip_by_value(by_value, 1);
        CHECK(!all_finite(by_value));
      }
}

TEST_CASE("optimizers leave the padding at 0 and can be continued from their moments", "[core][optimizer]") {
  const Layout layout = odd_layout();
  for (const char* name : {"adam", "rmsprop", "sgd"}) {
    CAPTURE(name);
    const Settings settings = training({{"optimizer", name}});
    const auto whole = make_optimizer(settings, layout);
    Parameters<float> parameters = random_numbers(layout, 0, 1);
    Parameters<float> continued = parameters;
    const auto update = [&](Optimizer& optimizer, Parameters<float>& p, std::uint32_t number) {
      optimizer.update(p, random_numbers(layout, number, 1), 0.01);
    };
    auto first_half = make_optimizer(settings, layout);
    for (std::uint32_t u = 1; u <= 3; ++u) {
      update(*whole, parameters, u);
      update(*first_half, continued, u);
    }
    const auto second_half = make_optimizer(settings, layout);
    const auto from = first_half->moments(), to = second_half->moments();
    REQUIRE(from.size() == to.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      CHECK(from[i].first == to[i].first);
      CHECK(from[i].first.starts_with(std::string(name) + "."));
      *to[i].second = *from[i].second;
    }
    const auto scalars = first_half->scalars(), into = second_half->scalars();
    REQUIRE(scalars.size() == into.size());
    for (std::size_t i = 0; i < scalars.size(); ++i) *into[i].second = *scalars[i].second;
    first_half.reset();
    for (std::uint32_t u = 4; u <= 6; ++u) {
      update(*whole, parameters, u);
      update(*second_half, continued, u);
    }
    CHECK(hash_of(continued) == hash_of(parameters));
    for (const Block& block : layout.blocks())
      for (std::size_t i = block.offset + block.size(); i < block.offset + (block.size() + 15) / 16 * 16; ++i)
        CHECK(parameters.data()[i] == 0);
  }
}

TEST_CASE("optimizers give the same parameters on every instruction set", "[core][optimizer][isa]") {
  const Layout layout = odd_layout();
  for (const char* name : {"adam", "rmsprop", "sgd"}) {
    std::set<std::uint64_t> hashes;
    for (Isa isa : supported_isas()) {
      const auto optimizer = make_optimizer(training({{"optimizer", name}, {"momentum", "0.9"}}), layout, isa);
      Parameters<float> parameters = random_numbers(layout, 0, 1);
      for (std::uint32_t u = 1; u <= 5; ++u) optimizer->update(parameters, random_numbers(layout, u, 1), 0.01);
      hashes.insert(hash_of(parameters));
    }
    CAPTURE(name);
    CHECK(hashes.size() == 1);
  }
}

TEST_CASE("Adam's first step is the learning rate against the sign of the gradient", "[core][optimizer]") {
  const Layout layout = odd_layout();
  const auto adam = make_optimizer(training({}), layout);
  Parameters<float> parameters(layout);
  const Parameters<float> gradient = random_numbers(layout, 1, 1);
  adam->update(parameters, gradient, 0.125);
  for (int block : {0, 1})
    for (std::size_t i = 0; i < layout.block(block).size(); ++i) {
      const float g = gradient.block(block)[i];
      // 0.1 g / (1 - 0.9) over sqrt(0.001 g^2 / (1 - 0.999)) is 1 but for epsilon = 1e-8 and some roundings.
      CHECK(std::fabs(parameters.block(block)[i] + std::copysign(0.125, g)) <= 0.125 * (1e-6 + 1e-8 / std::fabs(g)));
    }
}

TEST_CASE("learning-rate schedules", "[core][optimizer]") {
  const auto rate = [](const Settings& settings, std::int64_t update) { return learning_rate(settings, update); };
  SECTION("constant") {
    const Settings s = training({{"learning-rate", "0.02"}, {"updates", "1000"}});
    for (std::int64_t update : {1, 500, 1000}) CHECK(rate(s, update) == 0.02);
  }
  SECTION("warm-up is linear to the full rate, then constant") {
    const Settings s =
        training({{"learning-rate", "0.02"}, {"updates", "1000"}, {"schedule", "warmup"}, {"warmup-updates", "100"}});
    CHECK(rate(s, 1) == Approx(0.0002).epsilon(1e-14));
    CHECK(rate(s, 50) == Approx(0.01).epsilon(1e-14));
    for (std::int64_t update : {100, 101, 1000}) CHECK(rate(s, update) == 0.02);
  }
  // PyTorch: after s steps of CosineAnnealingLR(T_max) the rate is lr (1 + cos(pi s / T_max)) / 2, and update u is made
  // after u - 1 steps.
  SECTION("cosine falls from the full rate, and no update has rate 0") {
    for (const char* warm : {"0", "1", "100"}) {
      const Settings s =
          training({{"learning-rate", "0.02"}, {"updates", "1000"}, {"schedule", "cosine"}, {"warmup-updates", warm}});
      const double w = std::stod(warm);
      CAPTURE(warm);
      for (std::int64_t update : {101, 325, 550, 775, 1000}) {
        const double expected =
            0.01 * (1 + std::cos(std::acos(-1.0) * (static_cast<double>(update) - 1 - w) / (1000 - w)));
        CHECK(rate(s, update) == Approx(expected).epsilon(1e-12));
      }
      CHECK(rate(s, static_cast<std::int64_t>(w) + 1) == 0.02);
      CHECK(rate(s, 1000) > 0);
      if (w > 1) {
        CHECK(rate(s, 50) == Approx(0.01).epsilon(1e-14));
        CHECK(rate(s, 100) == 0.02);
      }
      for (std::int64_t update = 102; update <= 1000; ++update) CHECK(rate(s, update) < rate(s, update - 1));
    }
  }
}
