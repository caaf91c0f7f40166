// The program and the machine of a run.
#pragma once

#include <string>

#include "experiments/records/record.h"

namespace rnnbench::experiments {

std::string host_name();
// The CPU time that other processes, interrupts and the hypervisor have used on the cores of this process since
// construction, in seconds. The kernel counts in hundredths of a second.
class OtherLoad {
 public:
  OtherLoad();
  double cpu_seconds() const;

 private:
  double start_;
};

int available_cores();     // cores that this process may use
double peak_memory_mib();  // the highest memory of this process so far

// The entries of a record's `measured` that describe machine and program: isa, flush_to_zero, host, cpu, cores,
// compiler, flags, libraries, version, date.
Json environment();

}  // namespace rnnbench::experiments
