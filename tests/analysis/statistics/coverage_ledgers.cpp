// The section of docs/coverage.md about verdicts: ledgers of 40 comparisons, each measured after two searches, from the
// drawn numbers to the verdicts.
#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/statistics/replicated.h"
#include "tests/analysis/statistics/coverage_report.h"
#include "tests/analysis/statistics/distributions.h"

namespace rnnbench::test {

namespace {

constexpr int comparisons = 40, seeds_per_search = 16;

// The numbers that follow one search.
using Search = std::function<PairedNumbers(Stream&)>;

// Differences with standard deviation 1 around the effect.
Search differences_around(double effect, const Draw& noise) {
  return [effect, noise](Stream& stream) {
    PairedNumbers numbers{sample(noise, seeds_per_search, stream), {}};
    for (double& value : numbers.first) value += effect;
    return numbers;
  };
}

// Solved or not, for each side with a rate of its own.
Search outcomes(double first, double second) {
  return [first, second](Stream& stream) {
    const auto solved = [](double rate) { return [rate](Stream& s) { return uniform(s) < rate ? 1.0 : 0.0; }; };
    PairedNumbers numbers;
    numbers.first = sample(solved(first), seeds_per_search, stream);
    numbers.second = sample(solved(second), seeds_per_search, stream);
    return numbers;
  };
}

// Comparisons of one kind. `truth` is nothing on a boundary, where every zone is wrong.
struct Kind {
  Search a, b;
  std::optional<Zone> truth;
};
Kind alike(const Search& search, std::optional<Zone> truth) { return {search, search, truth}; }

struct Ledger {
  std::string name;
  Scale scale;
  double margin;
  std::vector<Kind> kinds;  // of the comparisons, in turn. Those of the first are counted by comparison
  // What the numbers promise: exact tests do for symmetric differences, and nothing does for skewed ones.
  bool exact = true, symmetric = true;
};

struct Counts {
  int p = 0, right = 0, depends = 0;      // of the comparisons of the first kind
  int adjusted_p = 0, wrong_verdict = 0;  // of the ledgers: any
};

PartVerdict verdict_of(Zone zone) {
  return zone == Zone::above ? PartVerdict::above : zone == Zone::within ? PartVerdict::within : PartVerdict::below;
}

Counts simulate(const Ledger& ledger, std::uint64_t row, int repetitions) {
  const Boundaries boundaries{-ledger.margin, ledger.margin};
  const int kinds = static_cast<int>(ledger.kinds.size());
  Counts counts;
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    std::vector<Replicated> parts;
    Values p;
    for (int i = 0; i < comparisons; ++i) {
      const Kind& kind = ledger.kinds[i % kinds];
      Stream stream(1000 + row, Purpose::test, i, repetition);
      const PairedNumbers a = kind.a(stream), b = kind.b(stream);
      parts.push_back(replicated(a, b, boundaries, ledger.scale));
      p.push_back(parts.back().smallest_p());
    }
    const Values adjusted = holm(p);
    bool any_adjusted = false, any_wrong = false;
    for (int i = 0; i < comparisons; ++i) {
      const std::optional<Zone> truth = ledger.kinds[i % kinds].truth;
      const bool wrong_zone = parts[i].zone() != truth;
      const PartVerdict verdict = part_verdict(parts[i], boundaries, adjusted[i]);
      const bool decided = verdict != PartVerdict::depends_on_search && verdict != PartVerdict::undecided;
      any_adjusted |= wrong_zone && adjusted[i] <= 0.05;
      any_wrong |= wrong_zone && decided;
      if (i % kinds != 0) continue;
      counts.p += wrong_zone && p[i] <= 0.05;
      counts.depends += verdict == PartVerdict::depends_on_search;
      counts.right += truth && verdict == verdict_of(*truth);
    }
    counts.adjusted_p += any_adjusted;
    counts.wrong_verdict += any_wrong;
  }
  return counts;
}

// Each row takes some 100 ms per ledger. Power is counted by comparison, so fewer ledgers are enough for it.
int error_ledgers(const Report& report) { return std::max(20, report.samples() / 2); }
int power_ledgers(const Report& report) { return std::max(5, report.samples() / 10); }

class Table {
 public:
  explicit Table(Report& report) : report_(report) {}

  void error(const Ledger& ledger) {
    const int repetitions = error_ledgers(report_), parts = repetitions * comparisons;
    const Counts counts = simulate(ledger, rows_++, repetitions);
    const Promise of_test = if_given(at_most_005, ledger.exact), of_verdict = if_given({0, 0.02}, ledger.symmetric);
    line(ledger.name, {entry(ledger.name + ", p", counts.p, parts, of_test),
                       entry(ledger.name + ", Holm p", counts.adjusted_p, repetitions, of_test),
                       entry(ledger.name + ", verdict", counts.wrong_verdict, repetitions, of_verdict),
                       entry(ledger.name + ", depends", counts.depends, parts, at_most_005)});
  }

  // With the promised shares of the right verdict and of `depends on the search`.
  void power(const Ledger& ledger, double right, const Promise& depends) {
    const int repetitions = power_ledgers(report_), parts = repetitions * comparisons / 2;
    const Counts counts = simulate(ledger, rows_++, repetitions);
    line(ledger.name, {entry(ledger.name + ", right", counts.right, parts, {right, 1}),
                       entry(ledger.name + ", depends", counts.depends, parts, depends)});
  }

 private:
  std::string entry(const std::string& what, int count, int samples, const Promise& promise) {
    return report_.entry(what, static_cast<double>(count) / samples, promise, samples);
  }
  static void line(const std::string& name, const std::vector<std::string>& entries) {
    std::printf("| %s |", name.c_str());
    for (const std::string& entry : entries) std::printf("%s", entry.c_str());
    std::printf("\n");
    std::fflush(stdout);
  }

  Report& report_;
  std::uint64_t rows_ = 0;
};

struct Noise {
  std::string name;
  Draw draw;  // mean 0, standard deviation 1
  bool symmetric;
};

double skewed(Stream& stream) { return exponential(stream) - 1; }

const std::vector<Noise>& noises() {
  static const std::vector<Noise> all = {{"normal", normal, true}, {"exponential", skewed, false}};
  return all;
}

std::string with_margin(const std::string& distribution, double margin) {
  char text[64];
  std::snprintf(text, sizeof text, "%s, margin %g, ", distribution.c_str(), margin);
  return text;
}

// Of an effect of 0.
std::optional<Zone> truth_at_0(double margin) { return margin > 0 ? std::optional(Zone::within) : std::nullopt; }

void errors(Table& table) {
  for (const Noise& noise : noises()) {
    const auto row = [&](double margin, const char* effect_text, double effect, std::optional<Zone> truth) {
      table.error({with_margin(noise.name, margin) + "effect " + effect_text,
                   Scale::linear,
                   margin,
                   {alike(differences_around(effect, noise.draw), truth)},
                   noise.symmetric,
                   noise.symmetric});
    };
    row(0, "0", 0, std::nullopt);
    if (noise.symmetric) row(0.5, "0", 0, Zone::within);
    row(0.5, "0.5", 0.5, std::nullopt);
    if (!noise.symmetric) row(0.5, "-0.5", -0.5, std::nullopt);
  }
  // Two equally good models with skewed scores: the order of the sides is arbitrary, so the difference is symmetric.
  const auto both = [](Stream& stream) {
    const double first = exponential(stream);
    return (first - exponential(stream)) / std::sqrt(2.0);
  };
  table.error({"exponential on both sides, margin 0, effect 0",
               Scale::linear,
               0,
               {alike(differences_around(0, both), std::nullopt)}});
  const auto row = [&](double margin, const char* rates, double first, double second, std::optional<Zone> truth) {
    const bool exact = margin == 0;  // McNemar's test; Tango's is nearly
    table.error({with_margin("binary", margin) + "rates " + rates,
                 Scale::share,
                 margin,
                 {alike(outcomes(first, second), truth)},
                 exact});
  };
  row(0, "0.5 and 0.5", 0.5, 0.5, std::nullopt);
  row(0, "0.9 and 0.9", 0.9, 0.9, std::nullopt);
  row(0.25, "0.9 and 0.9", 0.9, 0.9, Zone::within);
  row(0.25, "0.9 and 0.65", 0.9, 0.65, std::nullopt);
  row(0.25, "0.65 and 0.9", 0.65, 0.9, std::nullopt);
}

constexpr Promise at_least_080 = {0.8, 1};

void continuous_powers(Table& table) {
  for (const Noise& noise : noises())
    for (const double margin : {0.0, 0.5}) {
      const auto at = [&](double effect) { return differences_around(effect, noise.draw); };
      const auto row = [&](const std::string& what, double a, double b, double right, const Promise& depends) {
        table.power({with_margin(noise.name, margin) + what,
                     Scale::linear,
                     margin,
                     {{at(margin + a), at(margin + b), Zone::above}, alike(at(0), truth_at_0(margin))}},
                    right, depends);
      };
      row("0.5 beyond", 0.5, 0.5, 0, at_most_005);
      row("1 beyond", 1, 1, 0.85, at_most_005);
      row("1.5 beyond", 1.5, 1.5, 0.98, at_most_005);
      row("A 1.5 beyond, B on the boundary", 1.5, 0, 0, at_least_080);
    }
  table.power({"normal, margin 1.5, effect 0",
               Scale::linear,
               1.5,
               {alike(differences_around(0, normal), Zone::within), alike(differences_around(1.5, normal), {})}},
              0.98, at_most_005);
}

void binary_powers(Table& table) {
  const auto row = [&](const std::string& what, double margin, const Search& a, const Search& b, double right,
                       const Promise& depends) {
    table.power({with_margin("binary", margin) + what,
                 Scale::share,
                 margin,
                 {{a, b, Zone::above}, alike(outcomes(0.9, 0.9), truth_at_0(margin))}},
                right, depends);
  };
  // 1 and 1.5 standard deviations of the difference beyond the boundary.
  const Search one = outcomes(0.9, 0.34), more = outcomes(0.95, 0.235);
  row("rates 0.9 and 0.34 (1 beyond)", 0, one, one, 0.8, at_most_005);
  row("rates 0.95 and 0.235 (1.5 beyond)", 0, more, more, 0.98, at_most_005);
  row("A 0.95 and 0.235, B 0.9 and 0.9", 0, more, outcomes(0.9, 0.9), 0, at_least_080);
  const Search one_beyond = outcomes(0.95, 0.228), more_beyond = outcomes(0.97, 0.14);
  row("rates 0.95 and 0.228 (1 beyond)", 0.25, one_beyond, one_beyond, 0.6, at_most_005);
  row("rates 0.97 and 0.14 (1.5 beyond)", 0.25, more_beyond, more_beyond, 0.9, at_most_005);
  row("A 0.97 and 0.14, B 0.9 and 0.65", 0.25, more_beyond, outcomes(0.9, 0.65), 0, at_least_080);
}

}  // namespace

void ledgers(Report& report) {
  std::printf(R"(
## Verdicts of a ledger

The procedure for claims ([Statistics](statistics.md#two-searches)) from drawn numbers to verdicts. A ledger has %d
comparisons. Each is measured with %d seeds after search A and %d other seeds after search B, and Holm's correction is
over all of them. The numbers of A and B are independent given the effect, because the searches share nothing but the
task. Effects, margins and distances beyond the boundary are in standard deviations of one paired difference; rates are
those of the two sides of a comparison, which are independent.

**Errors**, in %d ledgers of %d comparisons of one kind. An effect on the boundary makes every verdict wrong, so it stands
for a false "greater" as well as for a false "the same". Sign flips assume symmetric differences, so they promise nothing
for exponential ones, and small p-values, which a correction for 40 comparisons needs, suffer most. Two equally good models
have symmetric differences even if their scores are exponential ("on both sides"). Tango's test is not exact.

- *p*: comparisons with p <= 0.05 for a zone in which the effect does not lie; at most 0.05.
- *Holm p*: ledgers with any such p after the correction; at most 0.05.
- *verdict*: ledgers with any wrong verdict; at most 0.02. It also takes both intervals, of A and of B, to lie in the zone.
- *depends*: comparisons with the verdict "depends on the search" although nothing does.

| ledger | p | Holm p | verdict | depends |
|---|---|---|---|---|
)",
              comparisons, seeds_per_search, seeds_per_search, error_ledgers(report), comparisons);
  Table table(report);
  errors(table);
  std::printf(R"(
**Power**, in %d ledgers. %d comparisons have the effect that the row names, beyond the upper boundary; the effect of the
others is 0 (rates 0.9 and 0.9). For margin 1.5 the former are at 0 and the others on the boundary. The columns are shares
of the former. In rows that name A and B, the settings found by A are better and those found by B are not, so the right
answer is that the result depends on the search.

| ledger | verdict is the zone of the effect (of A) | depends on the search |
|---|---|---|
)",
              power_ledgers(report), comparisons / 2);
  continuous_powers(table);
  binary_powers(table);
}

}  // namespace rnnbench::test
