// Findings and records for the tests of the page and its figures: declared in a file, with results that are made up.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "analysis/figures/gnuplot.h"
#include "experiments/records/files.h"
#include "findings/evaluation.h"
#include "tests/analysis/analysis_records.h"
#include "tests/experiments/run_fixture.h"
#include "tests/texts.h"

namespace rnnbench::test {

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

// A study with one claim, [claim]; `search` is the text of a section [search], if there is one.
inline Finding declared(const std::filesystem::path& folder, const std::string& name, const std::string& experiment,
                        const std::string& claim, const std::string& search = "") {
  write_atomically(folder / (name + ".ini"),
                   settings + experiment + "\n" + search + "[claim]\nsource = Somebody 1999\n" + claim);
  return read_study(folder / (name + ".ini")).front();
}

// Reported runs of a study without search, with records that are made up.
inline std::shared_ptr<StudyRecords> study_records(const Finding& finding,
                                                   const std::function<void(const RunSpec&, Json&)>& change) {
  auto records = std::make_shared<StudyRecords>();
  records->study = finding.study;
  records->searched = true;
  for (std::size_t search = 0; search < searches.size(); ++search)
    for (const RunSpec& run : finding.study->runs_after(search)) {
      records->declared.push_back(run);
      records->runs.push_back({run.json(), record_of(run, [&](Json& json) { change(run, json); })});
      records->diverged += records->runs.back().diverged();
    }
  records->recorded = records->runs.size();
  return records;
}

// As evaluate_findings gives it for a finding that is alone in its family.
inline FindingResult result_of(const Finding& finding, const std::shared_ptr<const StudyRecords>& records) {
  FindingResult result;
  result.finding = &finding;
  result.records = records;
  result.heading = measure_heading(finding.primary.measurement, pointers(records->runs));
  const auto compared = [&](const DeclaredComparison& c) {
    return compare(c.statement, c.measurement, finding.margin_of(c), records->runs, finding.study->seeds);
  };
  result.primary = compared(finding.primary);
  for (const DeclaredComparison& also : finding.also) result.also.push_back(compared(also));
  for (ComparisonPart& part : result.primary->parts) part.adjusted_p = part.effect.smallest_p();
  judge(*result.primary);
  result.verdict = result.primary->verdict;
  return result;
}

inline FindingResult result_of(const Finding& finding, const std::function<void(const RunSpec&, Json&)>& change) {
  return result_of(finding, study_records(finding, change));
}

inline std::filesystem::path figures_of(const Finding& finding, const std::filesystem::path& results) {
  return finding.study->results(results) / finding.study->name / "figures";
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
