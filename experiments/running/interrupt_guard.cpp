#include "experiments/running/interrupt_guard.h"

#include <atomic>
#include <iterator>
#include <signal.h>
#include <unistd.h>

#include "experiments/running/runner.h"

namespace rnnbench::experiments {
namespace {

constexpr int interrupt_signals[] = {SIGINT, SIGTERM, SIGHUP};

std::atomic<int> interrupts{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler uses it");
int guards = 0;
struct sigaction handlers_before[std::size(interrupt_signals)];

extern "C" void on_interrupt(int) {
  if (++interrupts > 1) ::_exit(interrupted_code);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  if (++guards > 1) return;
  interrupts = 0;
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < std::size(interrupt_signals); ++i) {
    ::sigaction(interrupt_signals[i], &action, &handlers_before[i]);
    if (interrupt_signals[i] == SIGHUP && handlers_before[i].sa_handler == SIG_IGN)
      ::sigaction(SIGHUP, &handlers_before[i], nullptr);  // nohup
  }
}

InterruptGuard::~InterruptGuard() {
  if (--guards > 0) return;
  for (std::size_t i = 0; i < std::size(interrupt_signals); ++i)
    ::sigaction(interrupt_signals[i], &handlers_before[i], nullptr);
}

bool InterruptGuard::interrupted() const { return interrupts > 0; }

}  // namespace rnnbench::experiments
