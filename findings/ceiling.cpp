#include "findings/ceiling.h"

#include <algorithm>

#include "findings/comparison.h"
#include "findings/verdict.h"

namespace rnnbench::findings {
namespace {

bool applies(const Finding& finding) {
  const Measurement& m = finding.primary.measurement;
  const bool bounded = m.name == "recall" || m.name == "accuracy" || m.name == "skill" || m.name == "solved";
  const bool at_trained_lengths = !m.length && !m.beyond && !m.untrained && !m.seconds;
  const Statement& statement = finding.primary.statement;
  const bool of_scores =
      std::all_of(statement.left.begin(), statement.left.end(), is_share) && is_share(statement.right);
  return bounded && at_trained_lengths && of_scores;
}

// A trial as a run whose test scores are its validation scores, so that it can be measured like one.
Run validation_run(const Json& spec, const TrialRecord& trial) {
  Json scores = Json::object();
  for (const auto& [name, value] : trial.validation) scores[name] = value ? Json(*value) : Json();
  Json result = {{"status", trial.status},
                 {"measure", {{"name", trial.measure}, {"higher_is_better", trial.higher_is_better}}},
                 {"baseline", trial.baseline},
                 {"optimum", trial.optimum ? Json(*trial.optimum) : Json()},
                 {"solved", trial.solved},
                 {"final", {{"validation", scores}, {"test", scores}}},
                 {"lengths", Json::array()}};
  return {spec, Record{spec, std::move(result), Json::object()}};
}

// The trials of the chosen settings in the last rung, under the names of the declaration.
std::vector<Run> last_rung(const StudyRecords& records, std::size_t search) {
  std::vector<Run> runs;
  for (const RunSpec& declared : records.study->experiment.runs) {
    if (declared.seed != records.study->experiment.runs.front().seed) continue;  // one of each group
    const SearchChoice* choice = choice_of(records, search, declared);
    if (choice == nullptr) continue;
    for (const TrialRecord* trial : choice->trials[choice->chosen].records) {
      Json spec = declared.json();
      spec["seed"] = spec_of(*trial).seed;
      runs.push_back(validation_run(spec, *trial));
    }
  }
  return runs;
}

}  // namespace

bool has_floor(const Measurement& measurement) { return measurement.name == "skill" || measurement.name == "solved"; }

std::vector<Ceiling> ceilings(const Finding& finding, const StudyRecords& records) {
  std::vector<Ceiling> parts;
  if (!applies(finding) || !records.searched || !records.study->search) return parts;
  const DeclaredComparison& primary = finding.primary;
  for (std::size_t s = 0; s < searches.size(); ++s) {
    const std::vector<Run> runs = last_rung(records, s);
    const std::vector<PairedValues> pairs = paired_values(primary.statement, primary.measurement, runs);
    parts.resize(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (pairs[i].left.empty()) return {};
      parts[i].left_side = static_cast<std::size_t>(pairs[i].left_side - primary.statement.left.data());
      parts[i].label = pairs[i].label;
      parts[i].task_settings = pairs[i].task_settings;
      parts[i].left[s] = mean(pairs[i].left);
      parts[i].right[s] = mean(pairs[i].right);
    }
  }
  for (Ceiling& part : parts) {
    const auto all = [&](auto&& extreme) {
      return std::all_of(part.left.begin(), part.left.end(), extreme) &&
             std::all_of(part.right.begin(), part.right.end(), extreme);
    };
    const bool perfect = all([&](double score) { return score > 1 - finding.margin; });
    part.testable =
        !perfect && !(has_floor(primary.measurement) && all([&](double score) { return score < finding.margin; }));
  }
  return parts;
}

}  // namespace rnnbench::findings
