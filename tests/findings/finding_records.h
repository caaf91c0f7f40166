// Made-up runs for the tests of findings: the measure of every run is what the test says.
#pragma once

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

// The comparison of recall, unless the text names another measure, decided by these runs.
inline Outcome decided(const std::string& text, double margin, const std::vector<Run>& runs) {
  const Statement statement = parse_statement(text);
  return decide(statement, parse_measurement(statement.measure.empty() ? "recall" : statement.measure), margin, runs);
}

}  // namespace rnnbench::test::made_up
