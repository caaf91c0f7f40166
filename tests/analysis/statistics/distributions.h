// Distributions with a known mean: those that scores of runs and their differences come close to.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "analysis/statistics/statistics.h"
#include "core/stream.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

using Draw = std::function<double(Stream&)>;

inline double uniform(Stream& stream) { return stream.next() * 0x1p-32; }
inline double normal(Stream& stream) { return stream.normal(); }
inline double exponential(Stream& stream) { return -std::log1p(-uniform(stream)); }
inline double lognormal(Stream& stream) { return std::exp(stream.normal()); }
inline double student_3(Stream& stream) {
  double squares = 0;
  for (int i = 0; i < 3; ++i) squares += std::pow(stream.normal(), 2);
  return stream.normal() / std::sqrt(squares / 3);
}
// The normal distribution function.
inline double phi(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// Scores of runs of which a share solves the task: from 0.95 to 1 then, from 0.05 to 0.15 otherwise.
inline Draw solving(double rate) {
  return [rate](Stream& stream) {
    return uniform(stream) < rate ? 0.95 + 0.05 * uniform(stream) : 0.05 + 0.1 * uniform(stream);
  };
}
inline double solving_mean(double rate) { return 0.975 * rate + 0.1 * (1 - rate); }
// Between the quartiles, for a rate between 1/4 and 3/4: the quantile function is linear on both sides of 1 -
// rate.
inline double solving_iqm(double rate) {
  const double unsolved = 1 - rate, low = 0.05 + 0.1 * (0.25 + unsolved) / 2 / unsolved;
  const double high = 0.95 + 0.05 * (0.75 - unsolved) / 2 / rate;
  return 2 * ((unsolved - 0.25) * low + (0.75 - unsolved) * high);
}

struct Distribution {
  std::string name;
  Draw draw;
  double truth;           // mean, or mean between the quartiles
  bool symmetric = true;  // or nearly: not skewed enough to break what is promised for symmetric ones
  bool covered = true;    // whether the interval of the mean keeps its promise
  bool printed = true;    // whether that interval is printed for measures of this kind
};

inline std::vector<Distribution> scores() {
  const double quartile = 0.6744897501960817;  // of the normal distribution
  return {{"normal", normal, 0},
          {"uniform", uniform, 0.5},
          {"Student's t, 3 degrees of freedom", student_3, 0},
          {"exponential", exponential, 1 - 1.5 * std::log(0.75) + 0.5 * std::log(0.25)},
          {"lognormal", lognormal, 2 * std::exp(0.5) * (phi(quartile - 1) - phi(-quartile - 1))},
          {"70 % of runs solve", solving(0.7), solving_iqm(0.7)},
          {"50 % of runs solve", solving(0.5), solving_iqm(0.5)}};
}

inline std::vector<Distribution> differences() {
  const auto two_models = [](double a, double b) {
    return [a, b](Stream& stream) { return solving(a)(stream) - solving(b)(stream); };
  };
  return {{"normal", normal, 0},
          {"uniform", uniform, 0.5},
          {"Student's t, 3 degrees of freedom", student_3, 0},
          {"80 % of runs solve, 50 % of the other's", two_models(0.8, 0.5), solving_mean(0.8) - solving_mean(0.5)},
          {"exponential (skewed)", exponential, 1, false},
          {"lognormal (strongly skewed)", lognormal, std::exp(0.5), false, false, false},
          {"100 % of runs solve, 95 % of the other's", two_models(1, 0.95), solving_mean(1) - solving_mean(0.95), false,
           false}};
}

inline Values sample(const Draw& draw, int n, Stream& stream) {
  Values values(n);
  for (double& value : values) value = draw(stream);
  return values;
}

}  // namespace rnnbench::test
