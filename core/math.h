// Elementary functions that give the same bits with every compiler, C library and instruction set, because they use
// nothing but + - * /. (The results of the C library's functions differ between versions.) Too slow for inner loops.
#pragma once

#include <cstddef>

#include "core/isa.h"

namespace rnnbench::core::math {

// Natural logarithm, within 1 unit in the last place. Numbers below 2^-1022 count as 0, so that results do not depend
// on whether the processor flushes them to zero.
double log(double x);

// e^x, within 1 unit in the last place; 0 where the result is below 2^-1022, infinity where it overflows.
double exp(double x);

// x[i] = log(x[i]) and x[i] = exp(x[i]) for i < count: the same numbers, several at a time.
void log_all(double* x, std::size_t count, Isa isa = default_isa());
void exp_all(double* x, std::size_t count, Isa isa = default_isa());

// Cosine, absolute error below 2^-52 for |x| <= 2^20 (radians); NaN beyond.
double cos(double x);

}  // namespace rnnbench::core::math
