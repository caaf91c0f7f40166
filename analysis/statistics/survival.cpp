#include "analysis/statistics/survival.h"

#include <algorithm>
#include <cmath>

namespace rnnbench::analysis {

std::vector<SurvivalStep> kaplan_meier(Lifetimes lifetimes) {
  // At equal times, observed events come before censored ones.
  std::sort(lifetimes.begin(), lifetimes.end(), [](const Lifetime& a, const Lifetime& b) {
    return a.time != b.time ? a.time < b.time : a.observed > b.observed;
  });
  std::vector<SurvivalStep> steps;
  double share = 1, greenwood = 0;  // the variance of the share is share^2 * greenwood
  double size = static_cast<double>(lifetimes.size());
  for (std::size_t i = 0; i < lifetimes.size();) {
    const double at_risk = static_cast<double>(lifetimes.size() - i), time = lifetimes[i].time;
    int events = 0;
    for (; i < lifetimes.size() && lifetimes[i].time == time; ++i) events += lifetimes[i].observed;
    if (events == 0) continue;
    if (steps.empty()) size = at_risk;
    if (events < at_risk) {
      share *= 1 - events / at_risk;
      greenwood += events / (at_risk * (at_risk - events));
      size = (1 - share) / (share * greenwood);
    } else {
      share = 0;
    }
    steps.push_back({time, share, share * std::sqrt(greenwood), score_interval(share, size)});
  }
  return steps;
}

SurvivalStep survival_at(const Lifetimes& lifetimes, double time) {
  const std::vector<SurvivalStep> steps = kaplan_meier(lifetimes);
  const auto after =
      std::find_if(steps.begin(), steps.end(), [&](const SurvivalStep& step) { return step.time > time; });
  if (after != steps.begin()) return {time, after[-1].share, after[-1].error, after[-1].interval};
  const auto observed =
      std::count_if(lifetimes.begin(), lifetimes.end(), [&](const Lifetime& life) { return life.time >= time; });
  return {time, 1, 0, observed == 0 ? Interval{0, 1} : score_interval(1, static_cast<double>(observed))};
}

std::optional<double> median_lifetime(const Lifetimes& lifetimes) {
  for (const SurvivalStep& step : kaplan_meier(lifetimes)) {
    // The addend allows for rounding in a product of ratios that is exactly 1/2.
    if (step.share <= 0.5 + 1e-12) return step.time;
  }
  return std::nullopt;
}

double restricted_mean(const Lifetimes& lifetimes, double horizon) {
  double area = 0, time = 0, share = 1;
  for (const SurvivalStep& step : kaplan_meier(lifetimes)) {
    if (step.time >= horizon) break;
    area += share * (step.time - time);
    time = step.time;
    share = step.share;
  }
  return area + share * (horizon - time);
}

LogRank log_rank_test(const Lifetimes& a, const Lifetimes& b) {
  Values times;
  for (const Lifetimes* sample : {&a, &b}) {
    for (const Lifetime& life : *sample) {
      if (life.observed) times.push_back(life.time);
    }
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());

  double difference = 0, variance = 0;  // of the events in a: observed minus expected
  for (double time : times) {
    const auto count = [time](const Lifetimes& sample) {
      std::pair<double, double> at_risk_and_events;
      for (const Lifetime& life : sample) {
        at_risk_and_events.first += life.time >= time;
        at_risk_and_events.second += life.observed && life.time == time;
      }
      return at_risk_and_events;
    };
    const auto [at_risk_a, events_a] = count(a);
    const auto [at_risk_b, events_b] = count(b);
    const double at_risk = at_risk_a + at_risk_b, events = events_a + events_b, share = at_risk_a / at_risk;
    difference += events_a - events * share;
    if (at_risk > 1) variance += events * share * (1 - share) * (at_risk - events) / (at_risk - 1);
  }
  if (variance == 0) return {};
  const double chi_square = difference * difference / variance;
  return {chi_square, std::erfc(std::sqrt(chi_square / 2))};
}

}  // namespace rnnbench::analysis
