// The progress of an experiment: a progress line on a terminal, and messages.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "experiments/declaration/spec.h"

namespace rnnbench::experiments {

// "adding lstm seed 3", or "adding lstm + dot attention seed 3".
std::string run_label(const RunSpec& spec);

// Estimates how long the runs of an experiment will take from the speed of earlier runs of the same task and model.
// Times are in seconds of a clock that the caller reads.
class Schedule {
 public:
  // `runs` are the ones to train; `recorded` runs of the experiment are finished already.
  Schedule(const std::vector<RunSpec>& runs, std::size_t recorded, int jobs);

  void begin(std::size_t run, double now);
  // After an update. `update` of the first call also says where the run started: a resumed run does not start at 0.
  void advance(std::size_t run, std::int64_t update, double loss, double now);
  void end(std::size_t run, double now);

  // Until all runs are finished, evaluation included. Nothing until the speed of a run is known.
  std::optional<double> seconds_left() const;
  // Whether a run may end before its last update (stop = solved or patience). Then seconds_left is an upper bound.
  bool may_end_early() const;
  // "3/45 runs | at most 5 min left | copy lstm seed 1: 40 %, loss 0.1234"
  std::string line() const;

 private:
  struct Run {
    std::string label, kind;  // runs of one kind have the same speed
    std::int64_t updates = 0, first = -1, update = 0;
    double began_at = 0, now = 0, loss = 0;
    bool may_end_early = false, active = false, ended = false;
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

// Writes to standard error from any thread. The progress line appears only on a terminal, messages always.
class Reporter {
 public:
  Reporter(Schedule schedule, bool show_progress);
  ~Reporter();

  void begin(std::size_t run);
  void advance(std::size_t run, std::int64_t update, double loss);
  void end(std::size_t run);
  void message(const std::string& sentence);

 private:
  void draw_line(double now);
  void erase_line();

  std::mutex mutex_;
  Schedule schedule_;
  bool show_;
  double drawn_ = 0;
};

}  // namespace rnnbench::experiments
