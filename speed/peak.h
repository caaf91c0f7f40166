// The machine's own limit, measured.
#pragma once

#include "core/namespaces.h"

namespace rnnbench::speed {

// GFLOP/s (a fused multiply-add counts two) that `threads` threads reach together on register-only fused multiply-adds
// with the widest instruction set of this CPU: the best of several rounds of some milliseconds.
double peak_gflops(int threads);

}  // namespace rnnbench::speed
