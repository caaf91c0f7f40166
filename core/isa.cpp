#include "core/isa.h"

#include <cstdlib>

#include "core/error.h"

namespace rnnbench::core {

std::string isa_name(Isa isa) {
  switch (isa) {
    case Isa::avx512:
      return "avx512";
    case Isa::avx2:
      return "avx2";
    case Isa::neon:
      return "neon";
    default:
      return "scalar";
  }
}

std::vector<Isa> supported_isas() {
  std::vector<Isa> isas;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
      isas.push_back(Isa::avx512);
    isas.push_back(Isa::avx2);
  }
#elif defined(__aarch64__)
  isas.push_back(Isa::neon);
#endif
  isas.push_back(Isa::scalar);
  return isas;
}

Isa best_isa() {
  const std::vector<Isa> isas = supported_isas();
  const char* wanted = std::getenv("RNNBENCH_ISA");
  if (wanted == nullptr || *wanted == '\0') return isas.front();
  std::string names;
  for (Isa isa : isas) {
    if (isa_name(isa) == wanted) return isa;
    names += (names.empty() ? "" : ", ") + isa_name(isa);
  }
  throw UserError("RNNBENCH_ISA = '" + std::string(wanted) + "' is not an instruction set of this CPU: allowed are " +
                  names);
}

Isa default_isa() {
  static const Isa isa = best_isa();
  return isa;
}

}  // namespace rnnbench::core
