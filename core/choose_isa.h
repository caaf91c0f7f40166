// Dispatch at run time, for files that are compiled once per instruction set.
#pragma once

#include "core/isa.h"

// Returns the value of `call`, evaluated in the namespace of instruction set `isa`.
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
#if HWY_TARGETS & HWY_NEON
#define RNNBENCH_CHOOSE_NEON(call) \
  case Isa::neon:                  \
    return N_NEON::call;
#else
#define RNNBENCH_CHOOSE_NEON(call)
#endif
#define RNNBENCH_CHOOSE(isa, call) \
  switch (isa) {                   \
    RNNBENCH_CHOOSE_AVX3(call)     \
    RNNBENCH_CHOOSE_AVX2(call)     \
    RNNBENCH_CHOOSE_NEON(call)     \
    default:                       \
      return HWY_NAMESPACE::call;  \
  }
