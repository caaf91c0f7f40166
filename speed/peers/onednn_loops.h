// What an update needs that oneDNN leaves to its user: the loss and its derivative, clipping, Adam. Plain loops that
// the compiler vectorizes, shared among OpenMP's threads where they are long enough to pay for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace peer {

// Softmax cross-entropy, mean over rows of `outputs` scores each; writes the derivative by the scores.
double softmax_cross_entropy(const float* scores, const std::int64_t* classes, std::size_t rows, int outputs,
                             float* derivative);

// Mean squared error over n numbers; writes the derivative by the numbers.
double squared_error(const float* numbers, const float* targets, std::size_t n, float* derivative);

// Scales the gradient when its L2 norm is above `limit`; returns the norm.
double clip_by_norm(float* gradient, std::size_t n, double limit);

// `rate` has the first moment's correction in it, `unbias` is the root of the second's.
void adam(float* parameters, float* first, float* second, const float* gradient, std::size_t n, float rate,
          float unbias);

// Denormals become zero in every thread of the team, as in rnnbench.
void flush_denormals();

}  // namespace peer
