#include "findings/reproduce.h"

#include <algorithm>
#include <numeric>

#include "analysis/csv.h"
#include "experiments/running/estimate.h"

namespace rnnbench::findings {

RemainingWork remaining_work(const Finding& finding, const std::filesystem::path& results) {
  const ResultsFolder folder(finding.results(results), finding.name);
  const std::vector<RunSpec>& declared = finding.experiment.runs;
  std::vector<RunSpec> runs = finding.first_runs().runs;
  RemainingWork work;
  work.runs = declared.size() * (finding.tuning ? 2 : 1);
  work.trials = runs.size() - declared.size();
  const auto choice = finding.tuning ? tuned(*finding.tuning, declared, folder) : std::nullopt;
  if (choice) runs.insert(runs.end(), choice->runs.begin(), choice->runs.end());
  std::erase_if(runs, [&](const RunSpec& run) { return folder.has(run.id()); });
  if (finding.tuning && !choice)  // the tuned runs are not known yet, but cost about as much as the untuned ones
    runs.insert(runs.end(), declared.begin(), declared.end());
  work.missing = runs.size();
  const std::vector<double> seconds = estimated_seconds(runs);
  work.core_seconds = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  return work;
}

int run_finding(const Finding& finding, const std::filesystem::path& results, const RunnerOptions& options) {
  const std::filesystem::path own_results = finding.results(results);
  int code = run_experiment(finding.first_runs(), own_results, options);
  const ResultsFolder folder(own_results, finding.name);
  if (code != interrupted_code && finding.tuning) {
    if (auto chosen = tuned(*finding.tuning, finding.experiment.runs, folder)) {
      Experiment second = finding.experiment;
      second.runs = std::move(chosen->runs);
      code = std::max(code, run_experiment(second, own_results, options));
    }
  }
  write_csv(folder, folder.load_all());
  return code;
}

}  // namespace rnnbench::findings
