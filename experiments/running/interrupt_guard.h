// Ctrl-C (SIGINT), SIGTERM, SIGHUP and the limit of CPU time (SIGXCPU) while a command works.
#pragma once

#include <string>

namespace rnnbench::experiments {

// While it lives, the first of these signals makes all runs save a checkpoint and stop, and the next record that is
// read outside of training throw Interrupted. The second one ends the program at once, with the same exit code; but not
// SIGXCPU, which the system repeats every second until the hard limit. Signals that are ignored when the guard is made,
// as SIGHUP under nohup, stay ignored. Guards may be nested, on the same thread; the outermost one counts, so that what
// comes between two parts of a command is not lost.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  bool interrupted() const;
};

// Not a std::exception: handlers of those say what is wrong with a file.
struct Interrupted {};

// For what reads or computes many things outside of training, between two of them: throws Interrupted if a signal has
// come while a guard lives.
void stop_if_interrupted();

// While it lives, nothing throws Interrupted: what was trained is stored and read in spite of a signal.
class FinishAnyway {
 public:
  FinishAnyway();
  ~FinishAnyway();
  FinishAnyway(const FinishAnyway&) = delete;
  FinishAnyway& operator=(const FinishAnyway&) = delete;
};

// How the sentence about an interruption begins: "interrupted", or that the limit of CPU time is reached.
std::string interruption_text();

}  // namespace rnnbench::experiments
