// How often the intervals of docs/statistics.md cover the truth: in simulated samples of known distributions,
// or summed exactly where there are finitely many samples. Prints docs/coverage.md:
//   rnnbench_coverage [samples per entry] [ledgers|independent]
// The second argument prints only the section about ledgers of comparisons, which takes most of the time, or the one
// about independent samples.
// Exit code 1 when an entry breaks a given promise, by more than three standard errors of the simulation.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "analysis/statistics/effect.h"
#include "analysis/statistics/paired.h"
#include "analysis/statistics/performance_profile.h"
#include "analysis/statistics/survival.h"
#include "analysis/statistics/welch.h"
#include "core/text.h"
#include "tests/analysis/statistics/coverage_report.h"
#include "tests/analysis/statistics/distributions.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

void success_rates(Report& report) {
  report.section(
      "Rates of solved runs",
      "Wilson's interval, computed exactly. The last row is the minimum over all rates from 0.001 to 0.999.\n"
      "Coverage is low in narrow ranges near 0 and 1 (at n = 10, from 0.0105 to 0.0179), where the interval\n"
      "for a single solved or unsolved run does not contain the rate.",
      "true rate");
  const auto coverage = [](int n, double rate) {
    double total = 0;
    for (int k = 0; k <= n; ++k) {
      const double chance = std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) +
                                     k * std::log(rate) + (n - k) * std::log1p(-rate));
      if (covers(wilson_interval(k, n), rate)) total += chance;
    }
    return total;
  };
  for (double rate : {0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95}) {
    char name[16];
    std::snprintf(name, sizeof name, "%.2f", rate);
    report.exact(name, at_least_090, [&](int n) { return coverage(n, rate); });
  }
  report.exact("mean over all rates", at_least_090, [&](int n) {
    double total = 0;
    for (int i = 1; i < 1000; ++i) total += coverage(n, i / 1000.0);
    return total / 999;
  });
  report.exact("minimum over all rates", if_given(at_least_090, false), [&](int n) {
    double min = 1;
    for (int i = 1; i < 1000; ++i) min = std::min(min, coverage(n, i / 1000.0));
    return min;
  });
}

void score_intervals(Report& report) {
  report.section("Interquartile mean of scores",
                 "The percentile bootstrap of 10,000 resamples, printed from n = 10 on.", "distribution of scores");
  for (const Distribution& scores : scores()) {
    report.simulated(scores.name, at_least_090, [&](int n, Stream& stream) {
      return covers(bootstrap_interval(sample(scores.draw, n, stream), iqm), scores.truth);
    });
  }
}

void paired_intervals(Report& report) {
  report.section(
      "Mean of paired differences",
      "The interval that corresponds to the sign-flip test, printed from n = 10 on; it is infinite at n = 3\n"
      "and 5. It assumes symmetric differences. In the last row, all runs of one side solve the task: the\n"
      "5 % of the other that do not are seen in only 40 % of samples at n = 10, and no interval that is computed\n"
      "from the differences knows of what did not happen.",
      "distribution of differences");
  for (const Distribution& differences : differences()) {
    if (!differences.printed) continue;
    report.simulated(differences.name, if_given(at_least_090, differences.covered), [&](int n, Stream& stream) {
      return covers(mean_interval(sample(differences.draw, n, stream), 0.95), differences.truth);
    });
  }
}

// `Effect` prints no interval for a mean of losses or seconds.
void unbounded_differences(Report& report) {
  report.section("Not used: mean of paired differences of losses and seconds",
                 "The interval that corresponds to the sign-flip test. One-sided: the loss of one model is near 0.",
                 "distribution of losses");
  const auto two = [](const Draw& draw, double scale) {
    return [draw, scale](Stream& stream) {
      const double first = draw(stream);
      return first - scale * draw(stream);
    };
  };
  const double mean_of_lognormal = std::exp(0.5);
  for (const auto& [name, draw, truth] :
       {std::tuple<std::string, Draw, double>{"lognormal, one-sided", lognormal, mean_of_lognormal},
        {"lognormal, means 1 and 0.1", two(lognormal, 0.1), 0.9 * mean_of_lognormal},
        {"lognormal, equal", two(lognormal, 1), 0}}) {
    report.simulated(name, if_given(at_least_090, false), [&, draw = draw, truth = truth](int n, Stream& stream) {
      return covers(mean_interval(sample(draw, n, stream), 0.95), truth);
    });
  }
}

void ratio_intervals(Report& report) {
  report.section(
      "Ratio of losses and seconds",
      "Geometric mean of the ratios of pairs. The interval corresponds to the sign-flip test of their\n"
      "logarithms. Below n = 10 there is none, which counts as covering. One-sided: only one of the two varies.",
      "distribution of losses or seconds");
  const auto ratio = [](const Draw& draw, double scale) {
    return [draw, scale](Stream& stream) {
      const double first = draw(stream);
      return first / (scale * draw(stream));
    };
  };
  const double euler = 0.5772156649015329;  // minus the mean of the logarithm of an exponential time
  for (const auto& [name, draw, truth] : {std::tuple<std::string, Draw, double>{"lognormal, one-sided", lognormal, 1},
                                          {"lognormal, means 1 and 0.1", ratio(lognormal, 0.1), 10},
                                          {"exponential, one-sided", exponential, std::exp(-euler)},
                                          {"exponential, means 1 and 0.1", ratio(exponential, 0.1), 10}}) {
    report.simulated(name, at_least_090, [&, draw = draw, truth = truth](int n, Stream& stream) {
      if (n < min_runs_for_interval) return true;
      return covers(*Effect(sample(draw, n, stream), {}, Scale::logarithmic).interval(0.95), truth);
    });
  }
}

// Imported runs are compared like this.
void independent_samples(Report& report) {
  report.section(
      "Difference of the means of independent samples",
      "Welch's interval, printed from n = 10 on for runs that are not paired, n of each model; of losses for\n"
      "the logarithm of the ratio of the geometric means. If neither sample varies there is none, which counts\n"
      "as not covering. In the last row, all runs of one model solve the task, and the 5 % of the other that do\n"
      "not are seen in only 40 % of samples at n = 10: no interval knows of what did not happen.",
      "distribution of scores");
  struct Samples {
    std::string name;
    Draw a, b;
    double truth;
    int factor = 1;  // runs of the second model for each of the first
    bool covered = true;
  };
  const auto scaled = [](const Draw& draw, double factor) {
    return [=](Stream& stream) { return factor * draw(stream); };
  };
  const auto log_of = [](const Draw& draw) { return [=](Stream& stream) { return std::log(draw(stream)); }; };
  const std::vector<Samples> cases = {
      {"normal", normal, normal, 0},
      {"normal, spread 1 and 10", normal, scaled(normal, 10), 0},
      {"normal, spread 10 and 1, three times as many of the second", scaled(normal, 10), normal, 0, 3},
      {"Student's t, 3 degrees of freedom", student_3, student_3, 0},
      {"70 % and 30 % of runs solve", solving(0.7), solving(0.3), solving_mean(0.7) - solving_mean(0.3)},
      {"80 % and 50 % of runs solve, twice as many of the second", solving(0.8), solving(0.5),
       solving_mean(0.8) - solving_mean(0.5), 2},
      {"90 % and 50 % of runs solve", solving(0.9), solving(0.5), solving_mean(0.9) - solving_mean(0.5)},
      {"lognormal losses, their ratio", log_of(lognormal), log_of(scaled(lognormal, 10)), -std::log(10)},
      {"exponential losses, their ratio", log_of(exponential), log_of(scaled(exponential, 10)), -std::log(10)},
      {"100 % and 95 % of runs solve", solving(1), solving(0.95), solving_mean(1) - solving_mean(0.95), 1, false}};
  for (const Samples& c : cases)
    report.simulated(c.name, if_given(at_least_090, c.covered), [&](int n, Stream& stream) {
      const Values a = sample(c.a, n, stream), b = sample(c.b, c.factor * n, stream);
      const auto interval = welch_interval(a, b, 0.95);
      return interval && covers(*interval, c.truth);
    });
}

void improvement_intervals(Report& report, bool bootstrap) {
  const auto shifted = [](double shift, double spread) {
    return [shift, spread](Stream& stream) { return shift + spread * stream.normal(); };
  };
  const auto either = [](double rate) { return [rate](Stream& stream) { return uniform(stream) < rate ? 1.0 : 0.0; }; };
  struct Case {
    std::string name;
    Draw a, b;
    double truth;
  };
  const std::vector<Case> cases = {
      {"normal, equal", normal, normal, 0.5},
      {"normal, 1 apart", shifted(1, 1), normal, phi(1 / std::sqrt(2.0))},
      {"normal, 2.5 apart", shifted(2.5, 1), normal, phi(2.5 / std::sqrt(2.0))},
      {"normal, spread 1 and 10", normal, shifted(0, 10), 0.5},
      {"exponential, means 3 and 1", [](Stream& s) { return 3 * exponential(s); }, exponential, 0.75},
      {"1 for 90 % and 50 % of runs, else 0", either(0.9), either(0.5), 0.7},
      {"1 for 95 % and 5 % of runs, else 0", either(0.95), either(0.05), 0.95}};
  for (const Case& c : cases) {
    report.simulated(c.name, if_given(at_least_090, !bootstrap), [&](int n, Stream& stream) {
      const Values a = sample(c.a, n, stream), b = sample(c.b, n, stream);
      if (!bootstrap) return covers(improvement_interval(a, b), c.truth);
      return covers(bootstrap_interval(
                        {a, b}, [](const Strata& s) { return probability_of_improvement(s[0], s[1]); }, 1000),
                    c.truth);
    });
  }
  if (bootstrap) return;
  report.simulated("normal, 1 apart, pairs correlated by 0.8", at_least_090, [&](int n, Stream& stream) {
    const Values common = sample(normal, n, stream);
    Values a = sample(normal, n, stream), b = sample(normal, n, stream);
    for (int i = 0; i < n; ++i) {
      a[i] = 1 + std::sqrt(0.8) * common[i] + std::sqrt(0.2) * a[i];
      b[i] = std::sqrt(0.8) * common[i] + std::sqrt(0.2) * b[i];
    }
    return covers(improvement_interval(a, b), phi(1 / std::sqrt(2.0)));
  });
  report.simulated("mean over 3 tasks: equal, 1 and 2.5 apart", at_least_090, [&](int n, Stream& stream) {
    Strata a, b;
    for (int task = 0; task < 3; ++task) {
      a.push_back(sample(cases[task].a, n, stream));
      b.push_back(sample(cases[task].b, n, stream));
    }
    return covers(mean_improvement(a, b).interval, (cases[0].truth + cases[1].truth + cases[2].truth) / 3);
  });
}

void profiles(Report& report, bool bootstrap) {
  const auto share_above = [](const Strata& tasks) { return performance_profile(tasks, {0.5})[0].share; };
  for (const Values& rates :
       {Values{0.9}, {0.5, 0.9}, {0.9, 0.9, 0.9}, {0.1, 0.3, 0.5, 0.7, 0.9}, {0, 0.2, 0.9, 1, 1}}) {
    std::string name;
    for (double rate : rates) name += (name.empty() ? "" : ", ") + std::to_string(std::lround(100 * rate)) + " %";
    report.simulated(name, if_given(at_least_090, !bootstrap), [&](int n, Stream& stream) {
      Strata tasks;
      for (double rate : rates) tasks.push_back(sample(solving(rate), n, stream));
      if (!bootstrap) return covers(share_above(tasks).interval, mean(rates));
      return covers(bootstrap_interval(
                        tasks, [&](const Strata& drawn) { return share_above(drawn).value; }, 1000),
                    mean(rates));
    });
  }
}

// Exponential times; a budget for all that 10 % of runs outlast, or ends of observation at random times
// beside it.
Lifetimes draw_lifetimes(int n, bool random_ends, Stream& stream) {
  Lifetimes lifetimes(n);
  for (Lifetime& life : lifetimes) {
    const double time = exponential(stream), budget = -std::log(0.1);
    const double end = random_ends ? std::min(budget, 3 * exponential(stream)) : budget;
    life = {std::min(time, end), time <= end};
  }
  return lifetimes;
}

// What survival software prints by default or on demand; at shares of 1 it has no width, at 0 it does not
// exist.
Interval log_log_interval(const SurvivalStep& step) {
  if (step.share == 1) return {1, 1};
  if (step.share == 0) return {0, 1};
  const double width = 1.959963984540054 * step.error / (step.share * std::abs(std::log(step.share)));
  return {std::pow(step.share, std::exp(width)), std::pow(step.share, std::exp(-width))};
}

void survival_intervals(Report& report, bool log_log) {
  for (bool random_ends : {false, true}) {
    for (double share : {0.9, 0.5, 0.2}) {
      const std::string name = std::to_string(std::lround(100 * share)) + " %, " +
                               (random_ends ? "a quarter ends earlier, at random" : "one budget for all");
      report.simulated(name, if_given(at_least_090, !log_log), [&](int n, Stream& stream) {
        const SurvivalStep step = survival_at(draw_lifetimes(n, random_ends, stream), -std::log(share));
        return covers(log_log ? log_log_interval(step) : step.interval, share);
      });
    }
  }
}

void tests_at_5_percent(Report& report) {
  report.section(
      "Errors of tests",
      "How often a test at 5 % is wrong: two one-sided tests declare equivalence although the mean lies on\n"
      "the margin, or the log-rank test declares times different although they come from one distribution.\n"
      "The limit is 0.05, for symmetric differences. Tests are printed from n = 9 on. The errors of the tests\n"
      "of rates are exact; equivalence is declared if both the 90 % interval and the score test say so.",
      "test");
  errors_of_binary_tests(report);
  const double margin = 1000;  // so wide that the other margin does not matter
  for (const Distribution& differences : differences()) {
    if (!differences.covered && differences.printed) continue;
    for (int side : {1, -1}) {
      if (side == -1 && differences.symmetric) continue;  // skewed ones lean towards the margin or away from it
      const char* lean = differences.symmetric ? "" : side == 1 ? ", tail beyond the margin" : ", tail away from it";
      report.simulated("equivalence, " + differences.name + lean, if_given(at_most_005, differences.symmetric),
                       [&](int n, Stream& stream) {
                         Values values = sample(differences.draw, n, stream);
                         for (double& value : values) value = margin + side * (value - differences.truth);
                         const Interval interval = mean_interval(values, 0.90);  // dual to equivalence_test
                         return -margin < interval.low && interval.high < margin;
                       });
    }
  }
  report.simulated("log-rank, equal times, one budget", at_most_005, [](int n, Stream& stream) {
    const Lifetimes a = draw_lifetimes(n, false, stream), b = draw_lifetimes(n, false, stream);
    return log_rank_test(a, b).p <= 0.05;
  });
}

void not_used(Report& report) {
  unbounded_differences(report);
  report.section("Not used: bootstrap of the mean difference", "Percentiles of 1,000 resamples.",
                 "distribution of differences");
  for (const Distribution& differences : differences()) {
    report.simulated(differences.name, if_given(at_least_090, false), [&](int n, Stream& stream) {
      const Strata values = {sample(differences.draw, n, stream)};
      return covers(bootstrap_interval(
                        values, [](const Strata& s) { return mean(s[0]); }, 1000),
                    differences.truth);
    });
  }
  report.section("Not used: bootstrap of the probability of improvement", "Percentiles of 1,000 stratified resamples.",
                 "distribution of scores");
  improvement_intervals(report, true);
  report.section("Not used: bootstrap of performance profiles", "Percentiles of 1,000 stratified resamples.",
                 "true fractions of the tasks");
  profiles(report, true);
  report.section("Not used: log-log interval of the Kaplan-Meier curve",
                 "With the standard error of Greenwood. It has zero width before the first event.",
                 "true fraction, end of observation");
  survival_intervals(report, true);
}

}  // namespace

int main(int argc, char** argv) {
  const int samples = argc > 1 ? parse_number<int>(argv[1]).value_or(0) : 2000;
  const std::string only = argc == 3 ? argv[2] : "";
  if (samples < 1 || argc > 3 || (argc == 3 && only != "ledgers" && only != "independent")) {
    std::fprintf(stderr, "usage: rnnbench_coverage [samples per entry] [ledgers|independent]\n");
    return 2;
  }
  Report report(samples), independent(samples, 1000);
  if (only == "ledgers") ledgers(report);
  if (only == "independent") independent_samples(independent);
  if (!only.empty()) return report.kept() && independent.kept() ? 0 : 1;
  std::printf(
      "# Coverage\n\n"
      "How often the 95 %% intervals that rnnbench prints contain the true value, by simulation. Each entry\n"
      "is a fraction of %d samples, or of half as many from n = 20 on. At 0.95 its standard error is %.3f,\n"
      "or %.3f. The coverage should be at least 0.90 from n = 10 on; entries that are lower by more than\n"
      "three standard errors are in bold. [Statistics](statistics.md) explains the intervals. The command\n\n"
      "    build/release/rnnbench_coverage %d > docs/coverage.md\n\n"
      "writes this page. Its random numbers are fixed, so the result is always the same.\n",
      samples, std::sqrt(0.95 * 0.05 / samples), std::sqrt(2 * 0.95 * 0.05 / samples), samples);
  success_rates(report);
  score_intervals(report);
  paired_intervals(report);
  paired_rates(report);
  ratio_intervals(report);
  independent_samples(independent);
  report.section("Probability of improvement",
                 "Wilson's interval with the number of seeds as the number of trials, printed from n = 10 on.",
                 "distribution of scores");
  improvement_intervals(report, false);
  report.section("Performance profiles",
                 "Wilson's intervals of the tasks, combined, at a threshold that these fractions of runs reach.",
                 "true fractions of the tasks");
  profiles(report, false);
  report.section("Kaplan-Meier curve", "Wilson's interval with the effective number of runs.",
                 "true fraction, end of observation");
  survival_intervals(report, false);
  tests_at_5_percent(report);
  ledgers(report);
  not_used(report);
  return report.kept() && independent.kept() ? 0 : 1;
}
