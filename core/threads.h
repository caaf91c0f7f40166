// A fixed team of threads that share numbered pieces of work. Results must not depend on which thread takes a piece.
//
// For small networks there is new work every few microseconds, so threads spin for a moment before they sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

class ThreadTeam {
 public:
  // A team of `threads` threads, including the caller, or as many as the system starts; each runs `start` first.
  ThreadTeam(int threads, const std::function<void()>& start);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }
  // Calls work(thread, piece) for every piece in [0, pieces), in any order; returns when all pieces are done. If one
  // throws an exception, no more pieces are begun, and when those that were begun have ended, it is thrown here.
  void run(int pieces, const std::function<void(int thread, int piece)>& work);
  double worker_cpu_seconds() const;  // CPU time of all threads but the caller

 private:
  void take_pieces(int thread);
  void serve(int thread, const std::function<void()>& start);

  std::vector<std::thread> workers_;
  const std::function<void(int, int)>* work_ = nullptr;
  int pieces_ = 0;
  std::atomic<int> next_{0}, busy_{0};
  std::mutex failing_;  // protects failure_
  std::exception_ptr failure_;
  std::atomic<std::uint32_t> round_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace rnnbench::core
