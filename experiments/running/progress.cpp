#include "experiments/running/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/plain_text.h"
#include "experiments/training/clock.h"

namespace rnnbench::experiments {

namespace {

constexpr double seconds_between_draws = 0.2;
// A run that has trained for less time has no reliable speed.
constexpr double min_seconds_for_speed = 2;

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
  return size.ws_col;
}

std::string model_name(const RunSpec& spec) {
  std::string name = spec.model.text("cell");
  if (spec.model.has("attention") && spec.model.text("attention") != "none")
    name += " + " + spec.model.text("attention") + " attention";
  return name;
}

}  // namespace

std::string run_label(const RunSpec& spec) {
  return spec.task.text("task") + " " + model_name(spec) + " seed " + std::to_string(spec.seed);
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  if (whole < 100) return std::to_string(whole) + " s";
  const std::int64_t minutes = (whole + 59) / 60;
  if (minutes < 100) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

Schedule::Schedule(const std::vector<RunSpec>& runs, std::size_t recorded, int jobs)
    : done_(recorded), total_(recorded + runs.size()), jobs_(std::max(1, jobs)) {
  for (const RunSpec& spec : runs) {
    Run run;
    run.label = run_label(spec);
    // Everything that the time of an update depends on.
    for (const Settings* part : {&spec.task, &spec.model})
      for (const auto& [key, value] : part->values()) run.kind += key + "=" + value + "\n";
    run.kind += spec.training.text("batch");
    run.updates = spec.training.integer("updates");
    run.may_end_early = spec.training.text("stop") != "never";
    runs_.push_back(std::move(run));
  }
}

void Schedule::begin(std::size_t run, double now) {
  runs_[run].active = true;
  runs_[run].began_at = runs_[run].now = now;
}

void Schedule::advance(std::size_t run, std::int64_t update, double loss, double now) {
  Run& r = runs_[run];
  if (r.first < 0) r.first = update - 1;
  r.update = update;
  r.loss = loss;
  r.now = now;
}

void Schedule::end(std::size_t run, double now) {
  Run& r = runs_[run];
  r.now = now;  // includes the time of the final evaluation
  add(r, speeds_[r.kind]);
  r.active = false;
  r.ended = true;
  ++done_;
}

void Schedule::add(const Run& run, Speed& speed) {
  if (run.first < 0) return;
  speed.seconds += run.now - run.began_at;
  speed.updates += static_cast<double>(run.update - run.first);
}

std::optional<double> Schedule::seconds_left() const {
  std::map<std::string, Speed> speeds = speeds_;
  for (const Run& run : runs_)
    if (run.active && run.now - run.began_at >= min_seconds_for_speed) add(run, speeds[run.kind]);
  Speed all;
  for (const auto& [kind, speed] : speeds) {
    all.seconds += speed.seconds;
    all.updates += speed.updates;
  }
  if (all.updates <= 0) return std::nullopt;

  double total = 0, longest = 0;
  for (const Run& run : runs_) {
    if (run.ended) continue;
    const auto known = speeds.find(run.kind);
    const Speed& speed = known != speeds.end() && known->second.updates > 0 ? known->second : all;
    const double left = static_cast<double>(run.updates - run.update) * speed.seconds / speed.updates;
    total += left;
    longest = std::max(longest, left);
  }
  return std::max(longest, total / jobs_);
}

bool Schedule::may_end_early() const {
  return std::any_of(runs_.begin(), runs_.end(), [](const Run& run) { return !run.ended && run.may_end_early; });
}

std::string Schedule::line() const {
  std::string text = std::to_string(done_) + "/" + std::to_string(total_) + " runs";
  if (const auto left = seconds_left())
    text += std::string(" | ") + (may_end_early() ? "at most " : "") + duration_text(*left) + " left";
  for (const Run& run : runs_) {
    if (!run.active) continue;
    text += " | " + run.label;
    if (run.first < 0) continue;
    char state[64];
    std::snprintf(state, sizeof state, ": %d %%, loss %.4g",
                  static_cast<int>(100.0 * static_cast<double>(run.update) / static_cast<double>(run.updates)),
                  run.loss);
    text += state;
  }
  return text;
}

Reporter::Reporter(Schedule schedule, bool show_progress)
    : schedule_(std::move(schedule)), show_(show_progress && ::isatty(STDERR_FILENO)) {}

Reporter::~Reporter() { erase_line(); }

void Reporter::begin(std::size_t run) {
  const std::lock_guard lock(mutex_);
  schedule_.begin(run, wall_seconds());
  draw_line(wall_seconds());
}

void Reporter::advance(std::size_t run, std::int64_t update, double loss) {
  if (!show_) return;
  const double now = wall_seconds();
  const std::lock_guard lock(mutex_);
  schedule_.advance(run, update, loss, now);
  if (now - drawn_ >= seconds_between_draws) draw_line(now);
}

void Reporter::end(std::size_t run) {
  const std::lock_guard lock(mutex_);
  schedule_.end(run, wall_seconds());
  draw_line(wall_seconds());
}

void Reporter::message(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  erase_line();
  std::fputs((plain_text(sentence) + "\n").c_str(), stderr);
}

void Reporter::draw_line(double now) {
  if (!show_) return;
  drawn_ = now;
  std::fputs(("\r\033[K" + schedule_.line().substr(0, terminal_width() - 1)).c_str(), stderr);
}

void Reporter::erase_line() {
  if (show_) std::fputs("\r\033[K", stderr);
}

}  // namespace rnnbench::experiments
