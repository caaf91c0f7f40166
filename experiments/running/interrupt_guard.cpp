#include "experiments/running/interrupt_guard.h"

#include <atomic>
#include <iterator>
#include <signal.h>
#include <unistd.h>

#include "experiments/running/runner.h"

namespace rnnbench::experiments {
namespace {

constexpr int interrupt_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU};

std::atomic<int> interrupts{0}, finishing{0};
std::atomic<bool> limit_reached{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "a signal handler uses them");
int guards = 0;
struct sigaction handlers_before[std::size(interrupt_signals)];

extern "C" void on_interrupt(int number) {
  if (number == SIGXCPU) {
    limit_reached = true;
    int none = 0;
    interrupts.compare_exchange_strong(none, 1);
  } else if (++interrupts > 1) {
    ::_exit(interrupted_code);
  }
}

}  // namespace

InterruptGuard::InterruptGuard() {
  if (++guards > 1) return;
  interrupts = 0;
  limit_reached = false;
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < std::size(interrupt_signals); ++i) {
    ::sigaction(interrupt_signals[i], &action, &handlers_before[i]);
    if (handlers_before[i].sa_handler == SIG_IGN) ::sigaction(interrupt_signals[i], &handlers_before[i], nullptr);
  }
}

InterruptGuard::~InterruptGuard() {
  if (--guards > 0) return;
  for (std::size_t i = 0; i < std::size(interrupt_signals); ++i)
    ::sigaction(interrupt_signals[i], &handlers_before[i], nullptr);
}

bool InterruptGuard::interrupted() const { return interrupts > 0; }

void stop_if_interrupted() {
  if (finishing == 0 && guards > 0 && interrupts > 0) throw Interrupted();
}

FinishAnyway::FinishAnyway() { ++finishing; }
FinishAnyway::~FinishAnyway() { --finishing; }

std::string interruption_text() {
  return limit_reached ? "interrupted by the limit of CPU time (ulimit -t)" : "interrupted";
}

}  // namespace rnnbench::experiments
