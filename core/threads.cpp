#include "core/threads.h"

#include <algorithm>
#include <exception>
#include <pthread.h>
#include <time.h>
#include <utility>

namespace rnnbench::core {
namespace {

// Returns when value is no longer `old`.
template <class T>
void wait_while(const std::atomic<T>& value, T old) {
  for (int i = 0; i < 2000; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadTeam::ThreadTeam(int threads, const std::function<void()>& start) {
  workers_.reserve(static_cast<std::size_t>(std::max(0, threads - 1)));
  try {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i, start] { serve(i, start); });
  } catch (const std::exception&) {  // too many threads or too little memory: those that were started do the work
  }
}

ThreadTeam::~ThreadTeam() {
  stop_ = true;
  ++round_;
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadTeam::run(int pieces, const std::function<void(int, int)>& work) {
  if (workers_.empty() || pieces < 2) {
    for (int i = 0; i < pieces; ++i) work(0, i);
    return;
  }
  work_ = &work;
  pieces_ = pieces;
  next_ = 0;
  busy_ = static_cast<int>(workers_.size());
  ++round_;
  round_.notify_all();
  take_pieces(0);
  for (int busy; (busy = busy_.load(std::memory_order_acquire)) != 0;) wait_while(busy_, busy);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadTeam::take_pieces(int thread) {
  try {
    for (int i; (i = next_.fetch_add(1)) < pieces_;) (*work_)(thread, i);
  } catch (...) {
    next_ = pieces_;
    const std::lock_guard lock(failing_);
    if (!failure_) failure_ = std::current_exception();
  }
}

void ThreadTeam::serve(int thread, const std::function<void()>& start) {
  start();
  for (std::uint32_t seen = 0;; ++seen) {  // every worker takes part in every call of run()
    wait_while(round_, seen);
    if (stop_) return;
    take_pieces(thread);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

double ThreadTeam::worker_cpu_seconds() const {
  double seconds = 0;
  for (const std::thread& worker : workers_) {
    clockid_t clock;
    timespec time;
    if (pthread_getcpuclockid(const_cast<std::thread&>(worker).native_handle(), &clock) == 0 &&
        clock_gettime(clock, &time) == 0)
      seconds += static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  return seconds;
}

}  // namespace rnnbench::core
