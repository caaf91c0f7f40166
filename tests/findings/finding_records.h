// Made-up runs for the tests of findings: the measure of every run is what the test says.
#pragma once

#include <array>
#include <iterator>
#include <set>
#include <vector>

#include "findings/verdict.h"
#include "tests/analysis/analysis_records.h"
#include "tests/namespaces.h"

namespace rnnbench::test::made_up {

// A run of `cell` on copy whose test recall is `value`. `settings` ("length", "hidden", "init", ...) go to the
// part of the spec that has such a key, to the model otherwise.
inline Run scored(const std::string& cell, std::uint64_t seed, double value, const Json& settings = Json::object()) {
  Run run = made_up::run(tasks()[0], models()[0], seed);
  Json& spec = run.spec;
  spec["model"]["cell"] = cell;
  for (const auto& [key, setting] : settings.items()) {
    const char* part = spec["task"].contains(key) ? "task" : spec["training"].contains(key) ? "training" : "model";
    spec[part][key] = setting;
  }
  spec["canonical"] = spec["task"].dump() + spec["model"].dump() + spec["training"].dump() + std::to_string(seed);
  spec["id"] = hex16(fnv1a(spec["canonical"].get<std::string>()));
  run.record->spec = spec;
  run.record->result["final"]["test"]["recall"] = value;
  return run;
}

// Seeds 1 .. values.size(), appended.
inline void add(std::vector<Run>& runs, const std::string& cell, const Values& values,
                const Json& settings = Json::object()) {
  for (std::size_t i = 0; i < values.size(); ++i) runs.push_back(scored(cell, i + 1, values[i], settings));
}

// n numbers around `center` with standard deviation `spread`, a pure function of `which`.
inline Values around(double center, double spread, int n, std::uint64_t which) {
  Values values;
  Stream stream(which, Purpose::test, 7, 7);
  for (int i = 0; i < n; ++i) values.push_back(center + spread * stream.normal());
  return values;
}

inline Values sum(const Values& a, const Values& b, double sign = 1) {
  Values values;
  for (std::size_t i = 0; i < a.size(); ++i) values.push_back(a[i] + sign * b[i]);
  return values;
}

// Seeds differ by 0.2, and the LSTM from the GRU by `effect`, give or take 0.03.
inline std::vector<Run> pair_of_models(double effect, int n, double spread = 0.03) {
  const Values gru = around(0.5, 0.2, n, 1), lstm = sum(gru, around(effect, spread, n, 2));
  std::vector<Run> runs;
  add(runs, "lstm", lstm);
  add(runs, "gru", gru);
  return runs;
}

// Both halves of the seeds of these runs, as after searches A and B.
inline std::array<std::vector<std::uint64_t>, 2> halves(const std::vector<Run>& runs) {
  std::set<std::uint64_t> seeds;
  for (const Run& run : runs) seeds.insert(run.seed());
  const auto middle = std::next(seeds.begin(), static_cast<std::ptrdiff_t>(seeds.size() / 2));
  return {std::vector(seeds.begin(), middle), std::vector(middle, seeds.end())};
}

// The comparison of recall, unless the text names another measure, without a verdict.
inline Outcome compared(const std::string& text, double margin, const std::vector<Run>& runs) {
  const Statement statement = parse_statement(text);
  return compare(statement, parse_measurement(statement.measure.empty() ? "recall" : statement.measure), margin, runs,
                 halves(runs));
}

// The same, decided by these runs, each part as if it were the only one of its family.
inline Outcome decided(const std::string& text, double margin, const std::vector<Run>& runs) {
  Outcome outcome = compared(text, margin, runs);
  for (ComparisonPart& part : outcome.parts) part.adjusted_p = part.effect.smallest_p();
  judge(outcome);
  return outcome;
}

// The values of a part after both searches, by seed.
inline Values all_values(const ComparisonPart& part) {
  Values values = part.values[0];
  values.insert(values.end(), part.values[1].begin(), part.values[1].end());
  return values;
}

inline Values shifted(const Values& values, double by, double sign = 1) {
  Values result;
  for (const double value : values) result.push_back(sign * (value - by));
  return result;
}

}  // namespace rnnbench::test::made_up
