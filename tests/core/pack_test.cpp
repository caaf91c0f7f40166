// The operations and elementary functions of core/pack-inl.h over the whole range of floats, on every
// instruction set.
//
// The engine computes with denormal numbers flushed to zero, in which mode the functions are measured; the
// bits are compared in both modes.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/core/pack_test.cpp"
#include "hwy/foreach_target.h"

#include "core/choose_isa.h"
#include "core/denormals.h"
#include "core/lanes-inl.h"
#include "core/pack_group-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::test {
namespace HWY_NAMESPACE {
using namespace core::HWY_NAMESPACE;

// out = function(in) for a multiple of 16 numbers.
template <class Function>
HWY_ATTR void map(const float* in, float* out, std::size_t count, Function function) {
  for (std::size_t i = 0; i < count; i += 16) store(function(load(in + i)), out + i);
}
#define RNNBENCH_MAP(name, expression)                               \
  void map_##name(const float* in, float* out, std::size_t count) {  \
    map(in, out, count, [](Pack x) HWY_ATTR { return expression; }); \
  }
RNNBENCH_MAP(exp, exp(x))
RNNBENCH_MAP(log, log(x))
RNNBENCH_MAP(sigmoid, sigmoid(x))
RNNBENCH_MAP(tanh, tanh(x))
RNNBENCH_MAP(sqrt, sqrt(x))
RNNBENCH_MAP(absolute, absolute(x))
RNNBENCH_MAP(minus, -x)
RNNBENCH_MAP(exponent, exponent(x))
RNNBENCH_MAP(mantissa, mantissa(x))
RNNBENCH_MAP(power_of_two, power_of_two(x))
RNNBENCH_MAP(sigmoid_slope, sigmoid_slope(x))
RNNBENCH_MAP(tanh_slope, tanh_slope(x))

// 16 numbers a, 16 b, 16 c -> 16 results of each operation.
constexpr int operations = 9;
HWY_ATTR void operate(const float* in, float* out, std::size_t) {
  const Pack a = load(in), b = load(in + 16), c = load(in + 32);
  const Pack results[operations]{
      a + b, a - b, a * b, a / b, fma(a, b, c), lesser(a, b), greater(a, b), where_positive(a, b), with_sign_of(a, b)};
  for (int i = 0; i < operations; ++i) store(results[i], out + i * 16);
}
// The same functions of three packs together, by turns: 48 numbers of each.
HWY_ATTR void map_groups(const float* in, float* out, std::size_t count) {
  using Group = PackGroup<3>;
  for (std::size_t i = 0; i + 48 <= count; i += 48) {
    const Group x = Group::of([&](int p) HWY_ATTR { return load(in + i + 16 * p); });
    const Group results[]{sigmoid(x), tanh(x), exp(x), -x, sigmoid_slope(x), tanh_slope(x)};
    const Group& result = results[i / 48 % std::size(results)];
    for (int p = 0; p < 3; ++p) store(result.v[p], out + i + 16 * p);
  }
}
// in: 16 packs -> the sum of the lanes of each, then the largest lane of each; first one by one, then together.
HWY_ATTR void reduce_lanes(const float* in, float* out, std::size_t) {
  for (int i = 0; i < 16; ++i) {
    out[i] = sum_of_lanes(load(in + 16 * i));
    out[16 + i] = largest_lane(load(in + 16 * i));
  }
  const auto pack = [=](int i) HWY_ATTR { return load(in + 16 * i); };
  store(sums_of_lanes<Pack>(pack), out + 32);
  store(largest_lanes<Pack>(pack), out + 48);
}
// 16 packs -> the same, transposed.
HWY_ATTR void transpose_packs(const float* in, float* out, std::size_t) {
  Pack packs[16];
  for (int i = 0; i < 16; ++i) packs[i] = load(in + 16 * i);
  transpose(packs);
  for (int i = 0; i < 16; ++i) store(packs[i], out + 16 * i);
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::test
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <bit>
#include <cfenv>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "core/aligned.h"
#include "core/stream.h"
#include "models/layer.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

namespace rnnbench::test {
namespace {

using Map = void (*)(const float*, float*, std::size_t);
#define RNNBENCH_ON(name) [](Isa chosen) -> Map { RNNBENCH_CHOOSE(chosen, name) }

using Numbers = AlignedVector<float>;

constexpr float infinity = std::numeric_limits<float>::infinity(), smallest = std::numeric_limits<float>::min(),
                largest = std::numeric_limits<float>::max(), denormal = std::numeric_limits<float>::denorm_min(),
                not_a_number = std::numeric_limits<float>::quiet_NaN();

struct Function {
  std::string name;
  Map (*on)(Isa);
  long double (*exact)(long double);
  double ulps;     // documented in pack-inl.h
  float min, max;  // where that holds
  float worst_at;  // of all floats there
};
const std::vector<Function>& functions() {
  using Real = long double;
  static const std::vector<Function> all{
      {"exp", RNNBENCH_ON(map_exp), [](Real x) { return std::exp(x); }, 1.1, -87.3f, 88.3f, -59.9218788f},
      {"log", RNNBENCH_ON(map_log), [](Real x) { return std::log(x); }, 1, smallest, largest, 0.702951491f},
      {"sigmoid", RNNBENCH_ON(map_sigmoid), [](Real x) { return 1 / (1 + std::exp(-x)); }, 2.5, -87.3f, infinity,
       -16.6425343f},
      {"tanh", RNNBENCH_ON(map_tanh), [](Real x) { return std::tanh(x); }, 2.7, -infinity, infinity, 0.0624158792f}};
  return all;
}
const Function& function(const std::string& name) {
  return *std::find_if(functions().begin(), functions().end(), [&](const Function& f) { return f.name == name; });
}

std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

// About two million floats (a tenth if not optimized): of every exponent and both signs in steps of a prime number of
// units in the last place, then between 0.05 and 100, where the functions bend, ten times as dense. A prime, so that
// every lane meets every exponent.
const Numbers& sweep() {
  static const Numbers values = [] {
    constexpr std::uint32_t wide = optimized ? 2503 : 25'031, dense = optimized ? 251 : 2503;
    Numbers all;
    for (const Function& f : functions()) all.push_back(f.worst_at);
    for (std::uint32_t sign : {0u, 0x80000000u}) {
      for (std::uint32_t bits = 0; bits <= bits_of(infinity); bits += wide)
        all.push_back(std::bit_cast<float>(bits | sign));
      for (std::uint32_t bits = bits_of(0.05f); bits < bits_of(100.0f); bits += dense)
        all.push_back(std::bit_cast<float>(bits | sign));
    }
    all.resize(round_up(all.size(), 16));
    return all;
  }();
  return values;
}

// The ends of the range and of the functions' pieces, and what is no number.
Numbers special_values() {
  Numbers values;
  for (float x : {0.0f, denormal, 1e-40f, smallest, std::nextafter(smallest, 0.0f), 1e-30f, 0.5f, std::sqrt(0.5f), 1.0f,
                  9.02f, 87.3f, 88.3f, 127.0f, largest, infinity, not_a_number, std::bit_cast<float>(0x7f800001u)})
    for (float near : {x, std::nextafter(x, infinity)}) values.insert(values.end(), {near, -near});
  values.resize(round_up(values.size(), 16));
  return values;
}

Numbers mapped(Map map, const Numbers& in) {
  Numbers out(in.size());
  map(in.data(), out.data(), in.size());
  return out;
}

// Equal bits; one NaN is as good as another.
bool same(float a, float b) { return bits_of(a) == bits_of(b) || (std::isnan(a) && std::isnan(b)); }
bool same(const Numbers& a, const Numbers& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) { return same(x, y); });
}

// Distance of two floats, the spacing there as unit; below the smallest normal number the spacing stays as it
// is there.
double ulps_between(float got, long double exact) {
  const long double magnitude = std::max(std::fabs(exact), static_cast<long double>(smallest));
  return static_cast<double>(std::fabs(got - exact) / std::ldexp(1.0L, std::ilogb(magnitude) - 23));
}

bool is_denormal(float x) { return bits_of(std::fabs(x)) != 0 && bits_of(std::fabs(x)) < bits_of(smallest); }

}  // namespace

TEST_CASE("exp, log, sigmoid and tanh keep their bounds over the whole range", "[core][pack]") {
  const FlushDenormals flush;
  const Numbers& in = sweep();
  REQUIRE(in.size() > (optimized ? 2'000'000 : 200'000));
  for (const Function& f : functions()) {
    const Numbers out = mapped(f.on(supported_isas().front()), in);
    double worst = 0;
    float worst_at = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (is_denormal(in[i]) || !(in[i] >= f.min && in[i] <= f.max)) continue;
      const double error = std::isinf(in[i]) && out[i] == f.exact(in[i]) ? 0 : ulps_between(out[i], f.exact(in[i]));
      if (!(error <= worst)) worst = error, worst_at = in[i];
    }
    CAPTURE(f.name, worst_at);
    CHECK(worst <= f.ulps);
    CHECK(worst > 0.5);  // the sweep found where it rounds
  }
}

TEST_CASE("exp, sigmoid and tanh have the right limits, and pass NaN on", "[core][pack]") {
  const FlushDenormals flush;
  const Numbers in = special_values();
  for (Isa isa : supported_isas()) {
    CAPTURE(isa_name(isa));
    const Numbers e = mapped(function("exp").on(isa), in), s = mapped(function("sigmoid").on(isa), in),
                  t = mapped(function("tanh").on(isa), in);
    const Numbers ends = mapped(function("exp").on(isa), Numbers(16, -87.3f)),
                  other_ends = mapped(function("exp").on(isa), Numbers(16, 88.3f));
    for (std::size_t i = 0; i < in.size(); ++i) {
      const float x = in[i], size = std::fabs(x);
      CAPTURE(x, bits_of(x));
      if (std::isnan(x)) {
        CHECK((std::isnan(e[i]) && std::isnan(s[i]) && std::isnan(t[i])));
        continue;
      }
      CHECK((e[i] >= smallest && e[i] < infinity));
      CHECK((s[i] >= 0 && s[i] <= 1 && t[i] >= -1 && t[i] <= 1));
      CHECK(std::signbit(t[i]) == std::signbit(x));  // tanh(-0) is -0
      if (x > 88.3f) CHECK(e[i] == other_ends[0]);
      if (x < -87.3f) CHECK(e[i] == ends[0]);
      if (size <= 1e-30f) CHECK((e[i] == 1 && s[i] == 0.5f));
      if (is_denormal(x)) CHECK(bits_of(std::fabs(t[i])) == 0);
      if (size >= smallest && size <= 1e-30f) CHECK(t[i] == x);
      if (size >= 9.02f) CHECK(std::fabs(t[i]) == 1);
      if (x >= 88.3f) CHECK(s[i] == 1);
      if (x < -87.34f) CHECK(bits_of(s[i]) == 0);  // denormal numbers, flushed
    }
  }
}

TEST_CASE("every instruction set computes the same bits in every lane", "[core][pack][bits][isa]") {
  for (bool flushed : {false, true}) {
    std::optional<FlushDenormals> flush;
    if (flushed) flush.emplace();
    for (const Function& f : functions()) {
      const Numbers reference = mapped(f.on(Isa::scalar), sweep()),
                    special = mapped(f.on(Isa::scalar), special_values());
      for (Isa isa : supported_isas()) {
        CAPTURE(f.name, isa_name(isa), flushed);
        if (isa != Isa::scalar) CHECK(same(mapped(f.on(isa), sweep()), reference));
        // Every special value in every lane, the others being whatever comes next.
        Numbers shifted = special_values(), expected = special;
        for (int lane = 0; lane < 16; ++lane) {
          CHECK(same(mapped(f.on(isa), shifted), expected));
          std::rotate(shifted.begin(), shifted.begin() + 1, shifted.end());
          std::rotate(expected.begin(), expected.begin() + 1, expected.end());
        }
      }
    }
  }
}

TEST_CASE("packs in a group are computed as if each were alone", "[core][pack][bits][isa]") {
  const Numbers& in = sweep();
  for (Isa isa : supported_isas()) {
    CAPTURE(isa_name(isa));
    const Map alone[]{RNNBENCH_ON(map_sigmoid)(isa),       RNNBENCH_ON(map_tanh)(isa),
                      RNNBENCH_ON(map_exp)(isa),           RNNBENCH_ON(map_minus)(isa),
                      RNNBENCH_ON(map_sigmoid_slope)(isa), RNNBENCH_ON(map_tanh_slope)(isa)};
    Numbers expected(in.size()), computed = in, one(48);
    for (std::size_t i = 0; i + 48 <= in.size(); i += 48) {
      std::copy_n(in.begin() + i, 48, one.begin());
      alone[i / 48 % std::size(alone)](one.data(), expected.data() + i, 48);
    }
    RNNBENCH_ON(map_groups)(isa)(in.data(), computed.data(), in.size());
    const std::size_t end = in.size() / 48 * 48;
    bool right = true;
    for (std::size_t i = 0; i < end; ++i) right = right && same(computed[i], expected[i]);
    CHECK(right);
  }
}

TEST_CASE("the operations of a pack are those of C++ in every lane", "[core][pack][bits][isa]") {
  std::fesetenv(FE_DFL_ENV);  // C++ does not flush denormal numbers, which a test before this one may have left on
  const auto check = [](Isa isa, Map map, float (*exact)(float), const Numbers& in) {
    CAPTURE(isa_name(isa));
    Numbers expected(in.size());
    std::transform(in.begin(), in.end(), expected.begin(), exact);
    CHECK(same(mapped(map, in), expected));
  };
  Numbers normal, whole, all = special_values();
  for (std::size_t i = 0; i < sweep().size(); i += 97) all.push_back(sweep()[i]);
  all.resize(round_up(all.size(), 16));
  for (float x : all)
    if (!is_denormal(x) && x > 0 && x < infinity) normal.push_back(x);
  normal.resize(round_up(normal.size(), 16), 1.0f);
  for (int k = -126; k <= 127; ++k) whole.push_back(12582912.0f + static_cast<float>(k));
  whole.resize(256, 12582912.0f);
  for (Isa isa : supported_isas()) {
    check(
        isa, RNNBENCH_ON(map_sqrt)(isa), [](float x) { return std::sqrt(x); }, all);
    check(
        isa, RNNBENCH_ON(map_absolute)(isa), [](float x) { return std::fabs(x); }, all);
    check(
        isa, RNNBENCH_ON(map_minus)(isa), [](float x) { return -0.0f - x; }, all);
    check(
        isa, RNNBENCH_ON(map_sigmoid_slope)(isa), [](float x) { return x * (1 - x); }, all);
    check(
        isa, RNNBENCH_ON(map_tanh_slope)(isa), [](float x) { return 1 - x * x; }, all);
    check(
        isa, RNNBENCH_ON(map_power_of_two)(isa), [](float t) { return std::exp2(t - 12582912.0f); }, whole);
    check(
        isa, RNNBENCH_ON(map_exponent)(isa),
        [](float x) {
          int k;
          return static_cast<float>(std::frexp(x, &k) < std::sqrt(0.5f) ? k - 1 : k);
        },
        normal);
    check(
        isa, RNNBENCH_ON(map_mantissa)(isa),
        [](float x) {
          int k;
          const float m = std::frexp(x, &k);
          return m < std::sqrt(0.5f) ? 2 * m : m;
        },
        normal);

    Stream stream(6, Purpose::speed, 6, 0);
    const Numbers special = special_values();
    for (int i = 0; i < 3000; ++i) {
      Numbers in(48), out(16 * 9);
      for (float& x : in)
        x = stream.below(2) == 0 ? special[stream.below(static_cast<std::uint32_t>(special.size()))]
                                 : std::bit_cast<float>(stream.next());
      RNNBENCH_ON(operate)(isa)(in.data(), out.data(), 48);
      bool right = true;
      for (int lane = 0; lane < 16; ++lane) {
        const float a = in[lane], b = in[16 + lane], c = in[32 + lane];
        const float expected[]{a + b,
                               a - b,
                               a * b,
                               a / b,
                               std::fma(a, b, c),
                               a < b ? a : b,
                               a > b ? a : b,
                               a > 0 ? b : 0.0f,
                               std::copysign(a, b)};
        for (int operation = 0; operation < 9; ++operation)
          right = right && same(out[operation * 16 + lane], expected[operation]);
      }
      CAPTURE(isa_name(isa), i);
      CHECK(right);
    }
  }
}

TEST_CASE("lanes are summed and compared by one tree", "[core][pack][bits][isa]") {
  const FlushDenormals flush;
  for (std::size_t i = 0; i < 100; ++i) {
    Numbers packs(256), expected(64), got(64);
    for (std::size_t k = 0; k < 256; ++k) packs[k] = std::ldexp(sweep()[(i * 256 + k) * 9973 % sweep().size()], -20);
    for (int p = 0; p < 16; ++p) {
      Numbers sum(packs.begin() + 16 * p, packs.begin() + 16 * (p + 1)), max = sum;
      for (int half = 8; half >= 1; half /= 2)
        for (int lane = 0; lane < half; ++lane) {
          sum[lane] += sum[lane + half];
          max[lane] = max[lane] > max[lane + half] ? max[lane] : max[lane + half];
        }
      expected[p] = expected[32 + p] = sum[0];
      expected[16 + p] = expected[48 + p] = max[0];
    }
    for (Isa isa : supported_isas()) {
      RNNBENCH_ON(reduce_lanes)(isa)(packs.data(), got.data(), packs.size());
      CAPTURE(isa_name(isa), i);
      CHECK(same(got, expected));
    }
  }
}

// A product just below the smallest normal number, which rounding brings up to it. x86-64 flushes what is denormal
// after rounding, aarch64 what is denormal before. This is why records are not promised to be the same on both.
TEST_CASE("what rounds up to the smallest normal number is not flushed on x86-64", "[core][pack][isa]") {
  const FlushDenormals flush;
  Numbers operands(48), results(16 * 9);
  for (int lane = 0; lane < 16; ++lane) {
    operands[lane] = 0x1.fffffcp-1f;
    operands[16 + lane] = 0x1.000002p-126f;
  }
#if defined(__aarch64__)
  const float expected = 0;
#else
  const float expected = 0x1p-126f;
#endif
  for (Isa isa : supported_isas()) {
    CAPTURE(isa_name(isa));
    RNNBENCH_ON(operate)(isa)(operands.data(), results.data(), 48);
    for (int lane = 0; lane < 16; ++lane) CHECK(results[16 * 2 + lane] == expected);  // the third operation: a * b
  }
}

TEST_CASE("sixteen packs are transposed", "[core][pack][isa]") {
  Numbers packs(256), expected(256), got(256);
  for (int i = 0; i < 256; ++i) packs[i] = expected[i % 16 * 16 + i / 16] = static_cast<float>(i);
  for (Isa isa : supported_isas()) {
    CAPTURE(isa_name(isa));
    RNNBENCH_ON(transpose_packs)(isa)(packs.data(), got.data(), packs.size());
    CHECK(same(got, expected));
  }
}

}  // namespace rnnbench::test
#endif
