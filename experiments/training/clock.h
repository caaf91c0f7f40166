// The clocks of all measurements, in seconds. Only differences have a meaning.
#pragma once

#include "core/namespaces.h"

namespace rnnbench::experiments {

double wall_seconds();        // monotonic
double thread_cpu_seconds();  // CPU time of the calling thread

}  // namespace rnnbench::experiments
