// What a user sees of running experiments: one changing line on a terminal, messages on lines of their own.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "experiments/declaration/spec.h"

namespace rnnbench::experiments {

// "adding lstm seed 3", with the attention if there is one.
std::string run_label(const RunSpec& spec);

// Where the runs of an experiment are and how long they will take, judged by the speed of runs of the same
// task and model. Times are in seconds of a clock that the caller reads.
class Schedule {
 public:
  // `runs` are those to do; `recorded` finished ones came before them.
  Schedule(const std::vector<RunSpec>& runs, std::size_t recorded, int jobs);

  void begin(std::size_t run, double now);
  // After an update. The first call of a run says where it starts from: a continued one is not at 0.
  void advance(std::size_t run, std::int64_t update, double loss, double now);
  void end(std::size_t run, double now);

  // Until all are done, evaluation included; nothing as long as no run has shown its speed.
  std::optional<double> seconds_left() const;
  // Whether a run may end before its last update: then seconds_left is an upper bound.
  bool may_end_early() const;
  // "3/45 runs | at most 5 min left | copy lstm seed 1: 40 %, loss 0.1234"
  std::string line() const;

 private:
  struct Run {
    std::string label, kind;
    std::int64_t updates = 0, first = -1, update = 0;
    double since = 0, now = 0, loss = 0;
    bool early = false, active = false, ended = false;
  };
  struct Speed {
    double seconds = 0, updates = 0;
  };
  static void add(const Run& run, Speed& speed);

  std::vector<Run> runs_;
  std::map<std::string, Speed> speeds_;  // of ended runs, by kind
  std::size_t done_, total_;
  int jobs_;
};

// "50 s", "12 min", "3 h 20 min"
std::string duration_text(double seconds);

// Writes to stderr from any thread. The changing line appears only on a terminal, messages always.
class Reporter {
 public:
  Reporter(Schedule schedule, bool show_progress);
  ~Reporter();

  void begin(std::size_t run);
  void advance(std::size_t run, std::int64_t update, double loss);
  void end(std::size_t run);
  void message(const std::string& sentence);

 private:
  void draw(double now);
  void erase();

  std::mutex mutex_;
  Schedule schedule_;
  bool show_;
  double drawn_ = 0;
};

}  // namespace rnnbench::experiments
