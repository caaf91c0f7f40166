// Findings and records for the tests of the page and its figures: declared in a file, with results that are made up.
#pragma once

#include <filesystem>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "analysis/figures/gnuplot.h"
#include "experiments/records/files.h"
#include "findings/evaluation.h"
#include "tests/analysis/analysis_records.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++times;
  return times;
}

// A record of a declared run on adding; `change` sets what matters of its result.
inline Record record_of(const RunSpec& spec, const std::function<void(Json&)>& change) {
  Record record = *made_up::run(made_up::tasks()[1], made_up::models()[1], spec.seed).record;
  record.spec = spec.json();
  record.result["lengths"] = Json::array();
  change(record.result);
  record.result.erase("hash");
  record.result["hash"] = result_hash(record.result);
  return record;
}

// With a baseline of 1, `loss` is also the relative loss.
inline void set_loss(Json& result, double loss) {
  result["baseline"] = 1;
  result["final"]["test"] = {{"loss", loss}, {"mse", loss}};
}

inline void diverge(Json& result) {
  result["status"] = "diverged";
  result["final"]["test"] = {{"loss", nullptr}, {"mse", nullptr}};
}

inline const std::string settings = "task = adding\nlength = 10\nupdates = 400\n";

inline Finding declared(const std::filesystem::path& folder, const std::string& name, const std::string& experiment,
                        const std::string& claim) {
  write_atomically(folder / (name + ".ini"), settings + experiment + "\n[finding]\nsource = Somebody 1999\n" + claim);
  return read_finding(folder / (name + ".ini"));
}

// As evaluate_findings gives it, of records that are made up.
inline FindingResult result_of(const Finding& finding, const std::function<void(const RunSpec&, Json&)>& change) {
  FindingResult result;
  result.finding = &finding;
  for (const RunSpec& run : finding.experiment.runs)
    result.runs.push_back({run.json(), record_of(run, [&](Json& json) { change(run, json); })});
  result.declared = result.recorded = result.runs.size();
  result.primary = decide(finding.primary.statement, finding.primary.measurement, finding.margin, result.runs);
  return result;
}

// The rows of a block of a figure's data.
inline std::vector<Values> block(const Figure& figure, const std::string& comment) {
  const std::string head = "# " + comment + "\n";
  INFO(figure.data.substr(0, 3000));
  INFO(comment);
  REQUIRE(count(figure.data, head) == 1);
  const std::size_t begin = figure.data.find(head) + head.size();
  std::istringstream lines(figure.data.substr(begin, figure.data.find("\n\n", begin) - begin));
  std::vector<Values> rows;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    Values row;
    for (double number; numbers >> number;) row.push_back(number);
    if (!row.empty()) rows.push_back(row);
  }
  return rows;
}

inline const std::string gru_better =
    "number = 1\nclaim = A GRU is <b>better</b> & \"faster\"\nmeasure = relative_loss\ncompare = gru < lstm\nmargin = 0.01 (a "
    "guess)\n"
    "also = gru < 0.2; lstm > gru on solved\npublished = lstm 0.5 (from memory), gru 0.25 (read)\n";

}  // namespace rnnbench::test
