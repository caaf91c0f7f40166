#include "core/threads.h"

#include <pthread.h>
#include <time.h>

namespace rnnbench {

ThreadTeam::ThreadTeam(int threads, std::function<void()> start) {
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i, start] { serve(i, start); });
}

ThreadTeam::~ThreadTeam() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadTeam::run(int pieces, const std::function<void(int, int)>& work) {
  if (workers_.empty() || pieces < 2) {
    for (int i = 0; i < pieces; ++i) work(0, i);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    work_ = &work;
    pieces_ = pieces;
    next_ = 0;
    busy_ = static_cast<int>(workers_.size());
    ++round_;
  }
  wake_.notify_all();
  for (int i; (i = next_.fetch_add(1)) < pieces;) work(0, i);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
}

void ThreadTeam::serve(int thread, const std::function<void()>& start) {
  start();
  std::uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stop_ || round_ != seen; });
    if (stop_) return;
    seen = round_;
    const auto& work = *work_;
    const int pieces = pieces_;
    lock.unlock();
    for (int i; (i = next_.fetch_add(1)) < pieces;) work(thread, i);
    lock.lock();
    if (--busy_ == 0) done_.notify_one();
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

}  // namespace rnnbench
