// The parts of an update that oneDNN does not have: the loss and its derivative, clipping, Adam. Plain loops that the
// compiler vectorizes, divided among OpenMP's threads where they are long enough.
#pragma once

#include <cstddef>
#include <cstdint>

namespace peer {

// The mean softmax cross-entropy of rows of `outputs` scores. Writes the derivative with respect to the scores.
double softmax_cross_entropy(const float* scores, const std::int64_t* classes, std::size_t rows, int outputs,
                             float* derivative);

// The mean squared error of n numbers. Writes the derivative with respect to the numbers.
double squared_error(const float* numbers, const float* targets, std::size_t n, float* derivative);

// Scales the gradient if its L2 norm is above `limit`. Returns the norm.
double clip_by_norm(float* gradient, std::size_t n, double limit);

// One step of Adam. `rate` contains the bias correction of the first moment, `unbias` is the square root of that of the
// second.
void adam(float* parameters, float* first, float* second, const float* gradient, std::size_t n, float rate,
          float unbias);

// Flushes denormal numbers to zero in every thread, as in rnnbench.
void flush_denormals();

}  // namespace peer
