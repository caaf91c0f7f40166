// The peak arithmetic throughput of this machine, measured.
#pragma once

#include "core/namespaces.h"

namespace rnnbench::speed {

// GFLOP/s of `threads` threads together when they do nothing but fused multiply-adds (two operations each) in
// registers, with the widest instruction set of this CPU. The best of several rounds of a few milliseconds. Throws
// std::runtime_error when the system does not start so many threads.
double peak_gflops(int threads);

}  // namespace rnnbench::speed
