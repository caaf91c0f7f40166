// Commands that a signal may end at any time with exit code 130 and one sentence.
#pragma once

#include <string>

#include "experiments/running/interrupt_guard.h"
#include "experiments/running/pool.h"
#include "experiments/running/runner.h"

namespace rnnbench::cli {

// Does the work of a command that trains runs. A signal that comes while runs are trained is answered where they are
// trained; one that comes before or after that, while records are read or tables are written, is answered here.
// `again`: the command that continues.
template <class Work>
int interruptible(const std::string& again, Work work) {
  const experiments::InterruptGuard guard;
  try {
    return work();
  } catch (const experiments::Interrupted&) {
    experiments::say(experiments::interruption_text() +
                     ": no run was being trained, and what was recorded stays; to continue: " + again);
    return experiments::interrupted_code;
  }
}

}  // namespace rnnbench::cli
