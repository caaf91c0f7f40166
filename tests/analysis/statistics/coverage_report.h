// What the sections of docs/coverage.md share: the table, and the promises that its entries are compared with.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "analysis/statistics/statistics.h"
#include "core/stream.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

inline const std::vector<int> sizes = {3, 5, 9, 10, 20, 30};

inline bool covers(const Interval& interval, double truth) {
  return interval.low <= truth + 1e-12 && truth - 1e-12 <= interval.high;
}

struct Promise {
  double min, max;    // of the share
  bool given = true;  // or only a yardstick, for what is known to break it
};
constexpr Promise at_least_090 = {0.90, 1}, at_most_005 = {0, 0.05};
inline Promise if_given(const Promise& promise, bool given) { return {promise.min, promise.max, given}; }

class Report {
 public:
  // `rows`: the number of the first row, on which its random numbers depend. Another number keeps the streams of rows
  // apart from those of other reports, so that a section can be added without a change of the others.
  explicit Report(int samples, std::uint64_t rows = 0) : samples_(samples), rows_(rows) {}

  void section(const char* title, const char* text, const char* of) {
    std::printf("\n## %s\n\n%s\n\n| %s |", title, text, of);
    for (int n : sizes) std::printf(" n = %d |", n);
    std::printf("\n|---|");
    for (std::size_t i = 0; i < sizes.size(); ++i) std::printf("---|");
    std::printf("\n");
  }

  // share(n): exact.
  void exact(const std::string& name, const Promise& promise, const std::function<double(int)>& share) {
    row(name, promise, share, false);
  }
  // event(n, stream): whether one sample of n covers, or rejects. Every row has streams of its own.
  void simulated(const std::string& name, const Promise& promise, const std::function<bool(int, Stream&)>& event) {
    const auto share = [&](int n) {
      int events = 0;
      for (int s = 0; s < samples_for(n); ++s) {
        Stream stream(rows_, Purpose::test, n, s);
        events += event(n, stream);
      }
      return static_cast<double>(events) / samples_for(n);
    };
    row(name, promise, share, true);
  }
  bool kept() const { return kept_; }
  int samples() const { return samples_; }

  // An entry of a table; in bold, and reported, if a share of so many samples (0: exact) breaks the promise.
  std::string entry(const std::string& name, double share, const Promise& promise, double samples) {
    const double bound = share < promise.min ? promise.min : promise.max;
    const double error = samples > 0 ? 3 * std::sqrt(bound * (1 - bound) / samples) : 0;
    const bool broken = share < promise.min - error || share > promise.max + error;
    if (broken && promise.given) {
      std::fprintf(stderr, "%s: %.3f is not between %g and %g\n", name.c_str(), share, promise.min, promise.max);
      kept_ = false;
    }
    char text[32];
    std::snprintf(text, sizeof text, broken ? " **%.3f** |" : " %.3f |", share);
    return text;
  }

 private:
  // Many pairs cost most and matter least.
  int samples_for(int n) const { return n < 20 ? samples_ : (samples_ + 1) / 2; }

  void row(const std::string& name, const Promise& promise, const std::function<double(int)>& share, bool simulated) {
    ++rows_;
    std::printf("| %s |", name.c_str());
    for (int n : sizes) {
      const Promise applied = n >= min_runs_for_interval ? promise : Promise{0, 1};
      const std::string what = name + ", n = " + std::to_string(n);
      std::printf("%s", entry(what, share(n), applied, simulated ? samples_for(n) : 0).c_str());
    }
    std::printf("\n");
    std::fflush(stdout);
  }

  int samples_;
  std::uint64_t rows_;
  bool kept_ = true;
};

// Sections about binary outcomes (coverage_binary.cpp).
void paired_rates(Report& report);
void errors_of_binary_tests(Report& report);
// The section about families of comparisons after two searches (coverage_ledgers.cpp).
void ledgers(Report& report);

}  // namespace rnnbench::test
