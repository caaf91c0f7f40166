// The kernels of core/product-inl.h, models/linear-inl.h and the softmax against plain loops, on every
// instruction set. Every output of a product is one chain of fused multiply-adds in a fixed order, so that
// the bits are those of the loop; what lies in the padding of an operand (NaN here) touches no output.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/core/product_test.cpp"
#include "hwy/foreach_target.h"

#include "core/choose_isa.h"
#include "core/denormals.h"
#include "models/attention/additive_dot-inl.h"
#include "tests/namespaces.h"

#ifndef RNNBENCH_PRODUCT_TEST_TYPES
#define RNNBENCH_PRODUCT_TEST_TYPES
namespace rnnbench::test {

struct Product {  // arguments of multiply_accumulate
  int rows, columns;
  const float *a, *b;
  std::ptrdiff_t a_step, b_step, b_column;
  int n, segments;
  std::ptrdiff_t a_segment, b_segment;
  float* acc;  // [rows][columns][16]
};

template <class S>
struct LinearArrays {
  int rows, depth, leading, columns, x_stride, y_stride;  // y_stride is also that of dy
  const S *w, *bias, *x, *dy;
  S *y, *y_added, *dx;
  int steps, tile_columns, split, tiles;  // accumulate over [split, steps), then [0, split), for every tile
  S *dw, *d_bias;
};

}  // namespace rnnbench::test
#endif

HWY_BEFORE_NAMESPACE();
namespace rnnbench::test {
namespace HWY_NAMESPACE {
using namespace models::HWY_NAMESPACE;

template <int R, int C>
HWY_ATTR void multiply(const Product& p) {
  Pack acc[R][C];
  for (int r = 0; r < R; ++r)
    for (int c = 0; c < C; ++c) acc[r][c] = load(p.acc + (r * C + c) * 16);
  if constexpr (C % 2 == 0)
    multiply_accumulate(acc, p.a, p.a_step, p.b, p.b_step, p.b_column, p.n, p.segments, p.a_segment, p.b_segment);
  else  // what it asks for ahead moves no bit
    multiply_accumulate<2>(acc, p.a, p.a_step, p.b, p.b_step, p.b_column, p.n, p.segments, p.a_segment, p.b_segment,
                           p.a);
  for (int r = 0; r < R; ++r)
    for (int c = 0; c < C; ++c) store(acc[r][c], p.acc + (r * C + c) * 16);
}

void multiply_any(const Product& p) {
  unrolled<4>([&](auto r) {
    unrolled<8>([&](auto c) {
      if (p.rows == r + 1 && p.columns == c + 1) multiply<r + 1, c + 1>(p);
    });
  });
}

template <class V>
void run_linear(const LinearArrays<ScalarOf<V>>& a) {
  using S = ScalarOf<V>;
  const Linear<V> linear(a.rows, a.depth);
  const S poison(std::numeric_limits<float>::quiet_NaN());
  AlignedVector<S> packed(linear.packed_size(), poison);
  linear.pack(a.w, packed.data(), a.leading);
  linear.forward(packed.data(), a.x, a.x_stride, a.y, a.y_stride, a.columns, a.bias);
  linear.forward(packed.data(), a.x, a.x_stride, a.y_added, a.y_stride, a.columns);
  linear.backward(packed.data(), a.dy, a.y_stride, a.dx, a.x_stride, a.columns);

  const std::size_t stride = round_up(linear.gradient_size() + 1, 16), bias_size = linear.row_stride();
  AlignedVector<S> gradient(stride * a.tiles), d_bias(bias_size, S(0));
  for (int tile = 0; tile < a.tiles; ++tile) {
    S* to = gradient.data() + tile * stride;
    const std::size_t first = static_cast<std::size_t>(tile) * a.steps * a.tile_columns;
    const S *x = a.x + first * a.x_stride, *dy = a.dy + first * a.y_stride;
    linear.accumulate(dy, a.y_stride, x, a.x_stride, a.split, a.steps, a.tile_columns, to);
    linear.accumulate(dy, a.y_stride, x, a.x_stride, 0, a.split, a.tile_columns, to);
    accumulate_columns<V>(dy, a.y_stride, static_cast<int>(bias_size), 0, a.steps, a.tile_columns, d_bias.data());
  }
  linear.unpack_gradient(gradient.data(), stride, a.tiles, a.dw, a.leading);
  std::copy_n(d_bias.begin(), a.rows, a.d_bias);
}
void run_float_linear(const LinearArrays<float>& a) { run_linear<Pack>(a); }

void run_softmax(float* a, int n, int padded) { softmax<Pack>(a, n, padded); }

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::test
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "core/aligned.h"
#include "core/stream.h"
#include "tests/models/model_fixture.h"

namespace rnnbench::test {
namespace {

void multiply_on(Isa isa, const Product& p) { RNNBENCH_CHOOSE(isa, multiply_any(p)) }
void linear_on(Isa isa, const LinearArrays<float>& a) { RNNBENCH_CHOOSE(isa, run_float_linear(a)) }
void softmax_on(Isa isa, float* a, int n, int padded) { RNNBENCH_CHOOSE(isa, run_softmax(a, n, padded)) }

// As core/pack-inl.h has it: fused in float, a product and a sum in double.
float chained(float a, float b, float c) { return std::fma(a, b, c); }
double chained(double a, double b, double c) { return a * b + c; }

template <class S>
constexpr S poison = std::numeric_limits<S>::quiet_NaN();

template <class S>
AlignedVector<S> random_numbers(std::size_t count, std::uint32_t number) {
  Stream stream(3, Purpose::speed, 4, number);
  AlignedVector<S> numbers(count);
  for (S& x : numbers) x = S(stream.uniform(-1, 1));
  return numbers;
}

// [count][stride], the first `width` of a row random and the others poison.
template <class S>
AlignedVector<S> random_rows(std::size_t count, int width, int stride, std::uint32_t number) {
  AlignedVector<S> numbers = random_numbers<S>(count * stride, number);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (static_cast<int>(i % stride) >= width) numbers[i] = poison<S>;
  return numbers;
}

struct LinearShape {
  int rows, depth, columns, steps, tile_columns, tiles;
};

// Everything that Linear does, beside plain loops. `run` is its caller on an instruction set.
template <class S, class Run>
void check_linear(const LinearShape& s, int lanes, Run run) {
  CAPTURE(s.rows, s.depth, s.columns, s.steps, s.tile_columns, s.tiles);
  const int leading = s.depth + 3, split = s.steps / 3;
  const int x_stride = static_cast<int>(round_up(s.depth, lanes)) + lanes,
            y_stride = static_cast<int>(round_up(s.rows, lanes)) + lanes;
  const std::size_t sequence = static_cast<std::size_t>(s.steps) * s.tile_columns * s.tiles,
                    columns = std::max<std::size_t>(s.columns, sequence);
  const auto w = random_rows<S>(s.rows, s.depth, leading, 1), x = random_rows<S>(columns, s.depth, x_stride, 2),
             dy = random_rows<S>(columns, s.rows, y_stride, 3), bias = random_rows<S>(1, s.rows, y_stride, 4);
  auto y = random_numbers<S>(columns * y_stride, 5), dx = random_numbers<S>(columns * x_stride, 6);
  auto added = y, expected_y = y, expected_added = y, expected_dx = dx;
  AlignedVector<S> dw(static_cast<std::size_t>(s.rows) * leading, S(7)), d_bias(s.rows);
  auto expected_dw = dw, expected_d_bias = d_bias;

  for (int c = 0; c < s.columns; ++c) {
    const S *at_x = &x[static_cast<std::size_t>(c) * x_stride], *at_dy = &dy[static_cast<std::size_t>(c) * y_stride];
    for (int r = 0; r < s.rows; ++r) {
      S sum = bias[r], &more = expected_added[static_cast<std::size_t>(c) * y_stride + r];
      for (int k = 0; k < s.depth; ++k) {
        sum = chained(w[static_cast<std::size_t>(r) * leading + k], at_x[k], sum);
        more = chained(w[static_cast<std::size_t>(r) * leading + k], at_x[k], more);
      }
      expected_y[static_cast<std::size_t>(c) * y_stride + r] = sum;
    }
    for (int k = 0; k < s.depth; ++k)
      for (int r = 0; r < s.rows; ++r) {
        S& sum = expected_dx[static_cast<std::size_t>(c) * x_stride + k];
        sum = chained(w[static_cast<std::size_t>(r) * leading + k], at_dy[r], sum);
      }
  }
  const auto column = [&](int tile, int step, int c) {
    return (static_cast<std::size_t>(tile) * s.steps + step) * s.tile_columns + c;
  };
  for (int r = 0; r < s.rows; ++r) {
    for (int k = 0; k < s.depth; ++k) {
      S& total = expected_dw[static_cast<std::size_t>(r) * leading + k];
      for (int tile = 0; tile < s.tiles; ++tile) {
        S sum(0);
        for (int step = s.steps - 1; step >= 0; --step)
          for (int c = 0; c < s.tile_columns; ++c)
            sum = chained(x[column(tile, step, c) * x_stride + k], dy[column(tile, step, c) * y_stride + r], sum);
        total = tile == 0 ? sum : total + sum;
      }
    }
    for (int tile = 0; tile < s.tiles; ++tile)
      for (int step = s.steps - 1; step >= 0; --step)
        for (int c = 0; c < s.tile_columns; ++c) expected_d_bias[r] += dy[column(tile, step, c) * y_stride + r];
  }

  run({s.rows, s.depth, leading, s.columns, x_stride, y_stride, w.data(), bias.data(), x.data(), dy.data(), y.data(),
       added.data(), dx.data(), s.steps, s.tile_columns, split, s.tiles, dw.data(), d_bias.data()});

  // What is no number of the result stays as it was from the end of the last pack on.
  const auto same = [lanes](const auto& got, const auto& expected, int width, int stride) {
    for (std::size_t i = 0; i < got.size(); ++i) {
      const int at = static_cast<int>(i % stride);
      if ((at < width || at >= static_cast<int>(round_up(width, lanes))) && !(got[i] == expected[i])) return false;
    }
    return true;
  };
  CHECK(same(y, expected_y, s.rows, y_stride));
  CHECK(same(added, expected_added, s.rows, y_stride));
  CHECK(same(dx, expected_dx, s.depth, x_stride));
  CHECK(dw == expected_dw);
  CHECK(d_bias == expected_d_bias);
}

}  // namespace

TEST_CASE("the inner product is one chain per output, for every tile", "[core][product][bits][isa]") {
  const FlushDenormals flush;
  const AlignedVector<float> a = random_numbers<float>(20'000, 1), b = random_numbers<float>(20'000, 2);
  for (int rows : {1, 2, 3, 4})
    for (int columns : {1, 2, 3, 4, 5, 6, 7, 8})
      for (int n : {0, 1, 2, 17})
        for (int segments : {0, 1, 3})
          for (int direction : {1, -1}) {
            CAPTURE(rows, columns, n, segments, direction);
            Product p{rows, columns, a.data() + 10'000, b.data() + 10'000, rows * 16 + 5,    3,
                      2,    n,       segments,          direction * 2001,  direction * 1003, nullptr};
            const AlignedVector<float> start = random_numbers<float>(rows * columns * 16, 3);
            AlignedVector<float> expected = start;
            for (int r = 0; r < rows; ++r)
              for (int c = 0; c < columns; ++c)
                for (int lane = 0; lane < 16; ++lane) {
                  float& sum = expected[(r * columns + c) * 16 + lane];
                  for (int segment = 0; segment < segments; ++segment)
                    for (int i = 0; i < n; ++i)
                      sum = std::fma(p.a[segment * p.a_segment + i * p.a_step + r * 16 + lane],
                                     p.b[segment * p.b_segment + i * p.b_step + c * p.b_column], sum);
                }
            for (Isa isa : supported_isas()) {
              AlignedVector<float> acc = start;
              p.acc = acc.data();
              multiply_on(isa, p);
              CAPTURE(isa_name(isa));
              CHECK(acc == expected);
            }
          }
}

TEST_CASE("a linear map computes what plain loops do, forward and back", "[core][product][bits][isa]") {
  const FlushDenormals flush;
  constexpr int widths[] = {0, 1, 2, 15, 16, 17, 31, 33, 63, 64, 65, 79, 100, 130},
                columns[] = {0, 1, 2, 7, 13, 15, 16, 17, 33}, steps[] = {0, 1, 2, 17}, tile_columns[] = {1, 2, 15, 16};
  Stream stream(4, Purpose::speed, 5, 0);
  const auto any = [&](const auto& list) { return list[stream.below(static_cast<std::uint32_t>(std::size(list)))]; };
  for (int i = 0; i < 250; ++i) {
    LinearShape s;
    do {
      s = {any(widths), any(widths),       any(columns),
           any(steps),  any(tile_columns), 1 + static_cast<int>(stream.below(3))};
    } while (s.rows * s.depth * (s.columns + s.steps * s.tile_columns * s.tiles) > 150'000);
    for (Isa isa : supported_isas()) {
      CAPTURE(isa_name(isa));
      check_linear<float>(s, 16, [&](const LinearArrays<float>& a) { linear_on(isa, a); });
    }
    check_linear<double>(s, 1, [](const LinearArrays<double>& a) { HWY_NAMESPACE::run_linear<double>(a); });
  }
}

TEST_CASE("groups of columns and blocks cover each exactly once, in order", "[core][product]") {
  for (int most = 1; most <= 8; ++most)
    for (int count = 0; count <= 40; ++count) {
      int next = 0, smallest = most, largest = 0;
      const auto covered = [&](int first, int size) {
        CHECK(first == next);
        next = first + size;
        smallest = std::min(smallest, size), largest = std::max(largest, size);
      };
      HWY_NAMESPACE::in_columns(count, most, covered);
      CHECK(next == count);
      CHECK(largest <= most);
      if (count > 0) CHECK(largest - smallest <= 1);  // balanced
      next = 0, largest = 0;
      HWY_NAMESPACE::in_blocks(count, most, covered);
      CHECK(next == count);
      CHECK(largest <= most);
    }
}

TEST_CASE("softmax of rows of any length, and nothing behind their end", "[core][product][bits][isa]") {
  const FlushDenormals flush;
  for (int n : {1, 2, 15, 16, 17, 40, 64, 65})
    for (float size : {0.0f, 1.0f, 30.0f, 300.0f}) {
      CAPTURE(n, size);
      const int padded = static_cast<int>(round_up(n, 16)) + 16;
      AlignedVector<float> scores = random_numbers<float>(padded, static_cast<std::uint32_t>(n));
      for (int i = 0; i < padded; ++i) scores[i] = i < n ? size * scores[i] : poison<float>;
      long double total = 0;
      const float largest = *std::max_element(scores.begin(), scores.begin() + n);
      for (int i = 0; i < n; ++i) total += std::exp(static_cast<long double>(scores[i]) - largest);
      AlignedVector<float> reference = scores;
      softmax_on(Isa::scalar, reference.data(), n, padded);
      for (int i = 0; i < n; ++i) {
        const long double distance = static_cast<long double>(largest) - scores[i];
        const double exact = static_cast<double>(std::exp(-distance) / total);
        // The difference rounds to u * distance, the exponential to 2.2 u, the sum of up to 9 packs and a
        // tree of four rounds 12 times, the quotient once; below e^-87.3 the exponential stays where it is
        // there.
        const double bound = std::numeric_limits<float>::epsilon() / 2 * (static_cast<double>(distance) + 16) * exact;
        CHECK(std::fabs(reference[i] - exact) <= bound + 1.3e-38);
      }
      CHECK(std::all_of(reference.begin() + n, reference.end(), [](float x) { return x == 0; }));
      for (Isa isa : supported_isas()) {
        AlignedVector<float> other = scores;
        softmax_on(isa, other.data(), n, padded);
        CAPTURE(isa_name(isa));
        CHECK(other == reference);
      }
    }
}

}  // namespace rnnbench::test
#endif
