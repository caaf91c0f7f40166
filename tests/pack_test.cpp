// The elementary functions of core/pack-inl.h over the whole range of floats, on every instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/pack_test.cpp"
#include "hwy/foreach_target.h"
#include "core/pack-inl.h"
#include "models/cell_unit-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench {
namespace HWY_NAMESPACE {

// out = function(in) for a multiple of 16 numbers.
template <class Function>
HWY_ATTR void map(const float* in, float* out, std::size_t count, Function function) {
  for (std::size_t i = 0; i < count; i += 16) store(function(load(in + i)), out + i);
}
void map_exp(const float* in, float* out, std::size_t count) {
  map(in, out, count, [](Pack x) HWY_ATTR { return exp(x); });
}
void map_sigmoid(const float* in, float* out, std::size_t count) {
  map(in, out, count, [](Pack x) HWY_ATTR { return sigmoid(x); });
}
void map_tanh(const float* in, float* out, std::size_t count) {
  map(in, out, count, [](Pack x) HWY_ATTR { return tanh(x); });
}
// in: 16 numbers -> {sum of lanes, largest lane}.
void reduce_lanes(const float* in, float* out, std::size_t) {
  out[0] = sum_of_lanes(load(in));
  out[1] = largest_lane(load(in));
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "core/aligned.h"
#include "models/network.h"

namespace rnnbench {
namespace {

using Map = void (*)(const float*, float*, std::size_t);
Map exp_on(Isa isa){RNNBENCH_CHOOSE(isa, map_exp)} Map
    sigmoid_on(Isa isa){RNNBENCH_CHOOSE(isa, map_sigmoid)} Map
    tanh_on(Isa isa){RNNBENCH_CHOOSE(isa, map_tanh)} Map reduce_on(Isa isa) {
  RNNBENCH_CHOOSE(isa, reduce_lanes)
}

struct Function {
  std::string name;
  Map (*on)(Isa);
  double (*exact)(double);
  double ulps;         // documented in pack-inl.h
  double least, most;  // where that holds
};
double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
const std::vector<Function> functions{{"exp", exp_on, std::exp, 1.1, -87.3, 88.3},
                                      {"sigmoid", sigmoid_on, exact_sigmoid, 2.5, -87.3, HUGE_VAL},
                                      {"tanh", tanh_on, std::tanh, 2.5, -HUGE_VAL, HUGE_VAL}};

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float smallest = std::numeric_limits<float>::min();

// Floats of every exponent and both signs in steps of a prime number of units in the last place; then around
// 1 to 100, where the functions bend, ten times as dense.
AlignedVector<float> sweep() {
  AlignedVector<float> values;
  for (std::uint64_t bits = 0; bits < 0x7f800000u; bits += 2003)
    for (std::uint32_t sign : {0u, 0x80000000u})
      values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits) | sign));
  for (std::uint32_t bits = std::bit_cast<std::uint32_t>(0.05f); bits < std::bit_cast<std::uint32_t>(100.0f);
       bits += 211)
    for (std::uint32_t sign : {0u, 0x80000000u}) values.push_back(std::bit_cast<float>(bits | sign));
  values.resize((values.size() + 15) / 16 * 16);
  return values;
}

AlignedVector<float> special_values() {
  AlignedVector<float> values{0.0f,
                              -0.0f,
                              infinity,
                              -infinity,
                              std::numeric_limits<float>::quiet_NaN(),
                              std::numeric_limits<float>::denorm_min(),
                              -std::numeric_limits<float>::denorm_min(),
                              1e-40f,
                              -1e-40f,
                              smallest,
                              -smallest,
                              std::numeric_limits<float>::max(),
                              std::numeric_limits<float>::lowest(),
                              -87.3f,
                              88.3f,
                              9.02f};
  REQUIRE(values.size() == 16);
  return values;
}

AlignedVector<float> apply(Map map, const AlignedVector<float>& in) {
  AlignedVector<float> out(in.size());
  map(in.data(), out.data(), in.size());
  return out;
}

// Distance of two floats, the spacing there as unit; below the smallest normal number the spacing stays as it
// is there.
double ulps_between(float got, double exact) {
  const double magnitude = std::max(std::fabs(exact), static_cast<double>(smallest));
  return std::fabs(static_cast<double>(got) - exact) / std::ldexp(1.0, std::ilogb(magnitude) - 23);
}

}  // namespace

TEST_CASE("exp, sigmoid and tanh keep their bounds over the whole range", "[core][pack]") {
  const AlignedVector<float> in = sweep();
  for (const Function& function : functions) {
    const AlignedVector<float> out = apply(function.on(supported_isas().front()), in);
    double worst = 0;
    float worst_at = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (!(in[i] >= function.least && in[i] <= function.most)) continue;
      const double error = ulps_between(out[i], function.exact(static_cast<double>(in[i])));
      if (!(error <= worst)) worst = error, worst_at = in[i];
    }
    CAPTURE(function.name, worst_at);
    CHECK(worst <= function.ulps);
    CHECK(worst > 0.5);  // the sweep found where it rounds
  }
}

TEST_CASE("exp, sigmoid and tanh are sane at the ends and for special values", "[core][pack]") {
  const AlignedVector<float> in = special_values();
  for (Isa isa : supported_isas()) {
    CAPTURE(isa_name(isa));
    const AlignedVector<float> e = apply(exp_on(isa), in), s = apply(sigmoid_on(isa), in),
                               t = apply(tanh_on(isa), in);
    for (std::size_t i = 0; i < in.size(); ++i) {
      CAPTURE(in[i]);
      if (std::isnan(in[i])) {
        CHECK((std::isnan(e[i]) && std::isnan(s[i]) && std::isnan(t[i])));
        continue;
      }
      CHECK(e[i] == (in[i] > 88.3f    ? e[14]
                     : in[i] < -87.3f ? e[13]
                                      : e[i]));  // the value at the end of the interval
      CHECK((e[i] >= smallest && e[i] < infinity));
      CHECK((s[i] >= 0 && s[i] <= 1 && t[i] >= -1 && t[i] <= 1));
      if (std::fabs(in[i]) < 1e-30f) {
        CHECK(e[i] == 1.0f);
        CHECK(s[i] == 0.5f);
        CHECK(std::bit_cast<std::uint32_t>(t[i]) == std::bit_cast<std::uint32_t>(in[i]));  // tanh(-0) is -0
      }
      if (std::fabs(in[i]) >= 9.02f) CHECK(t[i] == std::copysign(1.0f, in[i]));
      if (in[i] >= 88.3f) CHECK(s[i] == 1.0f);
      if (in[i] < -87.3f) CHECK(s[i] <= 2 * smallest);
    }
  }
}

TEST_CASE("every instruction set computes the same bits", "[core][pack][bits][isa]") {
  const AlignedVector<float> values = sweep(), special = special_values();
  const auto same = [](const AlignedVector<float>& a, const AlignedVector<float>& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
      if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i]) &&
          !(std::isnan(a[i]) && std::isnan(b[i])))
        return false;
    return true;
  };
  for (const Function& function : functions) {
    const AlignedVector<float> reference = apply(function.on(Isa::scalar), values),
                               special_reference = apply(function.on(Isa::scalar), special);
    AlignedVector<float> flushed_reference;
    std::thread([&] {  // the mode in which training computes
      flush_denormals();
      flushed_reference = apply(function.on(Isa::scalar), special);
    })
        .join();
    for (Isa isa : supported_isas()) {
      CAPTURE(function.name, isa_name(isa));
      CHECK(same(apply(function.on(isa), values), reference));
      CHECK(same(apply(function.on(isa), special), special_reference));
      AlignedVector<float> flushed;
      std::thread([&] {
        flush_denormals();
        flushed = apply(function.on(isa), special);
      }).join();
      CHECK(same(flushed, flushed_reference));
    }
  }
  for (std::size_t i = 0; i + 16 <= 16'000; i += 16) {
    float reference[2], got[2];
    AlignedVector<float> pack(16);
    for (int lane = 0; lane < 16; ++lane)
      pack[lane] = std::ldexp(values[(i + lane) * 97 % values.size()], -20);
    reduce_on(Isa::scalar)(pack.data(), reference, 16);
    for (Isa isa : supported_isas()) {
      reduce_on(isa)(pack.data(), got, 16);
      CHECK((got[0] == reference[0] && got[1] == reference[1]));
    }
  }
}

}  // namespace rnnbench
#endif
