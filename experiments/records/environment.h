// What a run was built with and ran on.
#pragma once

#include <string>

#include "experiments/records/record.h"

namespace rnnbench::experiments {

std::string host_name();
int available_cores();     // that this process may use
double peak_memory_mib();  // of this process so far

// The part of a record's `measured` that describes machine and program: host, cpu, cores, isa, flush_to_zero,
// compiler, flags, libraries, version, date.
Json environment();

}  // namespace rnnbench::experiments
