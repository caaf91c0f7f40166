#include "speed/peers/onednn_loops.h"

#include <algorithm>
#include <cmath>
#include <immintrin.h>

namespace peer {
namespace {
constexpr std::size_t worth_sharing = 16384;
}

double softmax_cross_entropy(const float* scores, const std::int64_t* classes, std::size_t rows, int outputs,
                             float* derivative) {
  const float share = 1.0f / static_cast<float>(rows);
  const std::size_t n = rows * outputs;
  double loss = 0;
#pragma omp parallel if (n > worth_sharing)
  {
    // Row-wise maximum first, then one long vectorized exp: rows of nine are too short for a vector each.
#pragma omp for schedule(static)
    for (std::size_t r = 0; r < rows; ++r) {
      const float* from = scores + r * outputs;
      const float max = *std::max_element(from, from + outputs);
      for (int o = 0; o < outputs; ++o) derivative[r * outputs + o] = from[o] - max;
    }
#pragma omp for schedule(static) reduction(+ : loss)
    for (std::size_t r = 0; r < rows; ++r) loss -= derivative[r * outputs + classes[r]];
#pragma omp for simd schedule(static)
    for (std::size_t i = 0; i < n; ++i) derivative[i] = std::exp(derivative[i]);
#pragma omp for schedule(static) reduction(+ : loss)
    for (std::size_t r = 0; r < rows; ++r) {
      float* to = derivative + r * outputs;
      float sum = 0;
      for (int o = 0; o < outputs; ++o) sum += to[o];
      const float scale = share / sum;
      for (int o = 0; o < outputs; ++o) to[o] *= scale;
      to[classes[r]] -= share;
      loss += std::log(sum);
    }
  }
  return loss / static_cast<double>(rows);
}

double squared_error(const float* numbers, const float* targets, std::size_t n, float* derivative) {
  const float scale = 2.0f / static_cast<float>(n);
  double loss = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const float difference = numbers[i] - targets[i];
    loss += static_cast<double>(difference) * difference;
    derivative[i] = scale * difference;
  }
  return loss / static_cast<double>(n);
}

double clip_by_norm(float* gradient, std::size_t n, double limit) {
  double sum = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : sum) if (parallel : n > worth_sharing)
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(gradient[i]) * gradient[i];
  const double norm = std::sqrt(sum);
  if (norm > limit) {
    const float scale = static_cast<float>(limit / norm);
#pragma omp parallel for simd schedule(static) if (parallel : n > worth_sharing)
    for (std::size_t i = 0; i < n; ++i) gradient[i] *= scale;
  }
  return norm;
}

void adam(float* parameters, float* first, float* second, const float* gradient, std::size_t n, float rate,
          float unbias) {
#pragma omp parallel for simd schedule(static) if (parallel : n > worth_sharing)
  for (std::size_t i = 0; i < n; ++i) {
    first[i] = 0.9f * first[i] + 0.1f * gradient[i];
    second[i] = 0.999f * second[i] + 0.001f * (gradient[i] * gradient[i]);
    parameters[i] -= rate * (first[i] / (std::sqrt(second[i]) * unbias + 1e-8f));
  }
}

void flush_denormals() {
#pragma omp parallel
  _mm_setcsr(_mm_getcsr() | 0x8040);  // flush to zero, denormals are zero
}

}  // namespace peer
