// Instruction sets of the float kernels. All of them compute the same bits.
#pragma once

#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

enum class Isa { scalar, avx2, avx512, neon };

std::string isa_name(Isa isa);
std::vector<Isa> supported_isas();  // by this CPU, fastest first

// The fastest supported one, or the one that the environment variable RNNBENCH_ISA (avx512, avx2, neon or scalar)
// names. Throws UserError if this CPU does not have it.
Isa best_isa();
Isa default_isa();  // best_isa() of the first call, for code that needs it often

}  // namespace rnnbench::core
