// Clocks of the measurements, in seconds since some fixed point.
#pragma once

#include "core/namespaces.h"

namespace rnnbench::experiments {

double wall_seconds();        // monotonic
double thread_cpu_seconds();  // CPU time of the calling thread: what other runs of the process use does not enter

}  // namespace rnnbench::experiments
