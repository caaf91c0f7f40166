// Networks are computed with denormal numbers flushed to zero, because CPUs are many times slower with them.
#pragma once

#include <cfenv>

#include "core/namespaces.h"

namespace rnnbench::core {

// Makes this thread flush denormal operands and results to zero from now on: for threads that only compute networks.
void flush_denormals();

// Flushes them while it lives. All code that computes networks does so, because it changes the bits of results, and in
// a scope, because it would change those of other code.
class FlushDenormals {
 public:
  FlushDenormals() {
    std::fegetenv(&before_);
    flush_denormals();
  }
  ~FlushDenormals() { std::fesetenv(&before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  std::fenv_t before_;
};

}  // namespace rnnbench::core
