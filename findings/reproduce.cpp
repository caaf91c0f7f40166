#include "findings/reproduce.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "analysis/csv.h"
#include "core/read_file.h"
#include "experiments/records/temporary_results.h"
#include "experiments/running/estimate.h"
#include "experiments/running/interrupt_guard.h"
#include "experiments/running/pool.h"
#include "experiments/search/run_search.h"
#include "findings/ceiling.h"
#include "findings/evaluation.h"
#include "findings/protocol.h"
#include "findings/study_records.h"

namespace rnnbench::findings {
namespace {

// The planned trials without as many as are recorded, which have the same number of updates.
std::vector<RunSpec> missing_trials(std::vector<RunSpec> planned, const TrialFile& file) {
  std::map<std::int64_t, std::size_t> recorded;  // by the number of updates
  for (const auto& [id, trial] : file.trials()) ++recorded[spec_of(trial).training.integer("updates")];
  std::erase_if(planned, [&](const RunSpec& run) {
    std::size_t& left = recorded[run.training.integer("updates")];
    if (left == 0) return false;
    --left;
    return true;
  });
  return planned;
}

// Whether a claim of the study could be decided by the reported runs. The smoke profile, which decides nothing, trains
// them in any case.
bool reports_runs(const std::vector<const Finding*>& claims, const std::filesystem::path& results) {
  if (claims.front()->study->profile == Profile::smoke) return true;
  const auto records = read_study_records(claims.front()->study, results);
  return std::any_of(claims.begin(), claims.end(), [&](const Finding* finding) {
    const std::vector<Ceiling> parts = ceilings(*finding, *records);
    return parts.empty() || std::any_of(parts.begin(), parts.end(), [](const Ceiling& part) { return part.testable; });
  });
}

}  // namespace

RemainingWork remaining_work(const std::vector<const Finding*>& claims, const std::filesystem::path& results) {
  const DeclaredStudy& study = *claims.front()->study;
  const std::filesystem::path own_results = study.results(results);
  const ResultsFolder folder(own_results, study.name);
  RemainingWork work;
  std::vector<RunSpec> missing;
  if (study.search)
    for (const char letter : searches) {
      std::vector<RunSpec> planned = study.search->planned_trials(study.experiment.runs, letter);
      work.trials += planned.size();
      const TrialFile file(TrialFile::path_in(folder.path(), letter));
      // Fewer than planned are trained where points have equal settings.
      const bool finished = search_state(*study.search, study.experiment.runs, letter, file).due.empty();
      planned = finished ? std::vector<RunSpec>{} : missing_trials(std::move(planned), file);
      missing.insert(missing.end(), planned.begin(), planned.end());
    }
  // Until the settings are chosen, the declared ones, which cost about as much.
  const auto reported = runs_to_report(study, results);
  if (!reported || reports_runs(claims, results))
    for (const RunSpec& run : reported.value_or(study.experiment.runs)) {
      ++work.runs;
      if (!reported || !folder.has(run.id())) missing.push_back(run);
    }
  work.missing = missing.size();
  const std::vector<double> seconds = estimated_seconds(missing);
  work.core_seconds = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  return work;
}

int freeze_tested(const std::vector<const Finding*>& claims, const std::filesystem::path& results,
                  const RunnerOptions& options) {
  const DeclaredStudy& study = *claims.front()->study;
  if (!path_exists(protocol_path(study, results))) {
    const TemporaryResults temporary;
    const std::vector<Finding> smoke = read_study(study.file, Profile::smoke);
    RunnerOptions quiet = options;
    quiet.weights = quiet.summary = quiet.progress = false;
    quiet.oversubscribe = true;  // its times are not kept
    quiet.shard = {};
    const InterruptGuard guard;
    int code = interrupted_code;
    try {
      code = run_study(claims_of(smoke, *smoke.front().study), temporary.path(), quiet);
      if (code == 0) evaluate_findings(smoke, temporary.path());
    } catch (const Interrupted&) {
    }
    if (guard.interrupted()) {
      say(interruption_text() +
          ": the study was tried in its smoke profile, and its protocol is not frozen yet; to continue: " +
          (options.command.empty() ? "repeat the command" : options.command));
      return interrupted_code;
    }
    if (code != 0) return code;
  }
  freeze(claims, results);
  return 0;
}

int run_study(const std::vector<const Finding*>& claims, const std::filesystem::path& results,
              const RunnerOptions& options) {
  const InterruptGuard guard;
  const DeclaredStudy& study = *claims.front()->study;
  const std::filesystem::path own_results = study.results(results);
  int code = study.profile == Profile::smoke ? 0 : freeze_tested(claims, results, options);
  if (code != 0) return code;
  if (study.search) {
    code = run_search(*study.search, study.experiment, own_results, options);
    if (code == interrupted_code) return code;
  }
  auto reported = runs_to_report(study, results);
  if (!reported) return code;
  if (!reports_runs(claims, results)) return code;
  Experiment experiment = study.experiment;
  experiment.runs = std::move(*reported);
  code = std::max(code, run_experiment(experiment, own_results, options));
  if (!options.shard.is_whole()) return code;
  return after_runs(code, [&] { write_csv(ResultsFolder(own_results, study.name)); });
}

}  // namespace rnnbench::findings
