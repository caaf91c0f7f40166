// Ctrl-C (SIGINT), SIGTERM and SIGHUP while runs are trained.
#pragma once

namespace rnnbench::experiments {

// While it lives, the first of these signals makes all runs save a checkpoint and stop; the second one ends the program
// at once. Guards may be nested, on the same thread; the outermost one counts, so that what comes between two parts of
// a command is not lost.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  bool interrupted() const;
};

}  // namespace rnnbench::experiments
