// The sections of docs/coverage.md about pairs of binary outcomes. All entries are exact: sums over all tables of n
// pairs.
#include <algorithm>
#include <array>
#include <map>

#include "analysis/statistics/binary.h"
#include "analysis/statistics/effect.h"
#include "tests/analysis/statistics/coverage_report.h"

namespace rnnbench::test {

namespace {

// The probabilities of both, first, second, neither.
using Probabilities = std::array<double, 4>;

Probabilities independent(double first, double second) {
  return {first * second, first * (1 - second), (1 - first) * second, (1 - first) * (1 - second)};
}

// Whatever the second side solves, the first solves too.
Probabilities nested(double first, double second) { return {second, first - second, 0, 1 - first}; }

struct TableOfPairs {
  BinaryPairs pairs;
  double log_arrangements;
  Interval interval, narrow;  // 95 and 90 %

  double probability(const Probabilities& p) const {
    double log_probability = log_arrangements;
    const int counts[] = {pairs.both, pairs.first, pairs.second, pairs.neither};
    for (int i = 0; i < 4; ++i) {
      if (counts[i] > 0 && p[i] <= 0) return 0;
      if (counts[i] > 0) log_probability += counts[i] * std::log(p[i]);
    }
    return std::exp(log_probability);
  }
};

const std::vector<TableOfPairs>& tables(int n) {
  static std::map<int, std::vector<TableOfPairs>> known;
  std::vector<TableOfPairs>& all = known[n];
  if (!all.empty()) return all;
  for (int both = 0; both <= n; ++both)
    for (int first = 0; first <= n - both; ++first)
      for (int second = 0; second <= n - both - first; ++second) {
        const BinaryPairs pairs{both, first, second, n - both - first - second};
        double arrangements = std::lgamma(n + 1);
        for (int count : {pairs.both, pairs.first, pairs.second, pairs.neither}) arrangements -= std::lgamma(count + 1);
        all.push_back({pairs, arrangements, pairs.interval(0.95), pairs.interval(0.90)});
      }
  return all;
}

// The probability of the tables that `event` holds for.
double total(int n, const Probabilities& p, const std::function<bool(const TableOfPairs&)>& event) {
  double sum = 0;
  for (const TableOfPairs& table : tables(n))
    if (event(table)) sum += table.probability(p);
  return sum;
}

double coverage(int n, const Probabilities& p) {
  return total(n, p, [&](const TableOfPairs& table) { return covers(table.interval, p[1] - p[2]); });
}

struct Rates {
  const char* name;
  Probabilities probabilities;
};

}  // namespace

void paired_rates(Report& report) {
  report.section(
      "Difference of paired rates",
      "Newcombe's interval (1998, method 10) for pairs of binary outcomes, such as solved, computed exactly.\n"
      "It is printed from n = 10 on. Nested: the pairs that the second side solves, the first solves too.\n"
      "The last two rows are over independent sides with all rates from 0.02 to 0.98.",
      "rates of both sides");
  for (const Rates& rates : {Rates{"1.00 and 0.95", independent(1, 0.95)},
                             {"0.95 and 0.95", independent(0.95, 0.95)},
                             {"0.9 and 0.5", independent(0.9, 0.5)},
                             {"0.9 and 0.5, nested", nested(0.9, 0.5)},
                             {"0.8 and 0.7", independent(0.8, 0.7)},
                             {"0.5 and 0.5", independent(0.5, 0.5)},
                             {"0.5 and 0.1, nested", nested(0.5, 0.1)}})
    report.exact(rates.name, at_least_090, [&](int n) { return coverage(n, rates.probabilities); });
  const auto over_all = [](int n, double start, const std::function<double(double, double)>& combine) {
    double result = start;
    for (int a = 1; a < 50; a += 2)
      for (int b = 1; b <= a; b += 2) result = combine(result, coverage(n, independent(a / 50.0, b / 50.0)));
    return result;
  };
  report.exact("mean over all rates", at_least_090, [&](int n) {
    return over_all(n, 0, [](double sum, double next) { return sum + next; }) / 325;  // pairs of 25 rates
  });
  report.exact("minimum over all rates", if_given(at_least_090, false),
               [&](int n) { return over_all(n, 1, [](double min, double next) { return std::min(min, next); }); });
}

void errors_of_binary_tests(Report& report) {
  report.exact("superiority of paired rates, 0.9 and 0.9", at_most_005, [](int n) {
    return total(n, independent(0.9, 0.9), [](const TableOfPairs& table) {
      return 2 * std::min(table.pairs.p_above(0), table.pairs.p_below(0)) <= 0.05;
    });
  });
  for (const Rates& rates : {Rates{"1.0 and 0.9", independent(1, 0.9)},
                             {"0.9 and 0.6", independent(0.9, 0.6)},
                             {"0.8 and 0.5, nested", nested(0.8, 0.5)}}) {
    const double margin = rates.probabilities[1] - rates.probabilities[2];
    report.exact(std::string("equivalence of paired rates, ") + rates.name, at_most_005, [&](int n) {
      return total(n, rates.probabilities, [&](const TableOfPairs& table) {  // as in findings/verdict.cpp
        return table.narrow.high < margin && -margin < table.narrow.low && table.pairs.p_below(margin) <= 0.05 &&
               table.pairs.p_above(-margin) <= 0.05;
      });
    });
  }
}

}  // namespace rnnbench::test
