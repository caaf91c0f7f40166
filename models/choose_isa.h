// The choice of the instruction set, for units that are compiled once per set.
#pragma once

#include "models/layer.h"

// Returns `call` of the instruction set's namespace.
#if HWY_TARGETS & HWY_AVX3
#define RNNBENCH_CHOOSE_AVX3(call) \
  case Isa::avx512:                \
    return N_AVX3::call;
#else
#define RNNBENCH_CHOOSE_AVX3(call)
#endif
#if HWY_TARGETS & HWY_AVX2
#define RNNBENCH_CHOOSE_AVX2(call) \
  case Isa::avx2:                  \
    return N_AVX2::call;
#else
#define RNNBENCH_CHOOSE_AVX2(call)
#endif
#define RNNBENCH_CHOOSE(isa, call) \
  switch (isa) {                   \
    RNNBENCH_CHOOSE_AVX3(call)     \
    RNNBENCH_CHOOSE_AVX2(call)     \
    default:                       \
      return HWY_NAMESPACE::call;  \
  }
