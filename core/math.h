// Elementary functions made of + - * / alone: the same bits with every compiler, C library and instruction
// set. (The C library's differ between versions.) Not for inner loops.
#pragma once

#include "core/namespaces.h"

namespace rnnbench::core::math {

// Natural logarithm, within 1 unit in the last place; numbers below 2^-1022 count as 0 (flush-to-zero must
// not matter).
double log(double x);

// e^x, within 1 unit in the last place; 0 where the result is below 2^-1022, infinity where it overflows.
double exp(double x);

// Cosine, absolute error below 2^-52 for |x| <= 2^20 (radians); NaN beyond.
double cos(double x);

}  // namespace rnnbench::core::math
