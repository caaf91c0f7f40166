#include "findings/study_records.h"

#include <algorithm>

#include "experiments/records/results_folder.h"
#include "experiments/search/choose.h"

namespace rnnbench::findings {
namespace {

std::unique_ptr<const TrialFile> trial_file(const DeclaredStudy& study, const std::filesystem::path& results,
                                            char search) {
  return std::make_unique<const TrialFile>(TrialFile::path_in(study.results(results) / study.name, search));
}

// Appends `more`.
template <class T>
void append(std::vector<T>& to, std::vector<T> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

}  // namespace

std::shared_ptr<StudyRecords> read_study_records(const std::shared_ptr<const DeclaredStudy>& study,
                                                 const std::filesystem::path& results) {
  auto records = std::make_shared<StudyRecords>();
  records->study = study;
  records->searched = true;
  std::vector<RunSpec> reported;
  for (std::size_t s = 0; s < searches.size(); ++s) {
    std::vector<RunSpec> declared = study->runs_after(s);
    if (study->search) {
      records->trials.push_back(trial_file(*study, results, searches[s]));
      const TrialFile& file = *records->trials.back();
      for (const auto& [id, trial] : file.trials()) records->cpu_seconds += trial.cpu_seconds;
      SearchState state = search_state(*study->search, study->experiment.runs, searches[s], file);
      records->searched = records->searched && state.due.empty();
      records->choices[s] = std::move(state.choices);
      if (state.due.empty()) append(reported, reported_runs(*study->search, declared, records->choices[s]));
    } else {
      append(reported, declared);
    }
    append(records->declared, std::move(declared));
  }
  if (!records->searched) return records;
  const ResultsFolder folder(study->results(results), study->name);
  for (const RunSpec& spec : reported) {
    records->runs.push_back({spec.json(), folder.load(spec.id())});
    const Run& run = records->runs.back();
    records->recorded += run.recorded();
    records->diverged += run.recorded() && run.diverged();
    if (!run.recorded()) continue;
    for (const char* key : {"train_cpu_seconds", "evaluate_cpu_seconds"})
      records->cpu_seconds += run.record->measured.value(key, 0.0);
  }
  return records;
}

bool StudyRecords::any() const {
  return recorded > 0 || std::any_of(trials.begin(), trials.end(), [](const auto& file) { return file->size() > 0; });
}

std::optional<std::vector<RunSpec>> runs_to_report(const DeclaredStudy& study, const std::filesystem::path& results) {
  std::vector<RunSpec> runs;
  for (std::size_t s = 0; s < searches.size(); ++s) {
    const std::vector<RunSpec> declared = study.runs_after(s);
    if (!study.search) {
      append(runs, declared);
      continue;
    }
    const auto file = trial_file(study, results, searches[s]);
    const SearchState state = search_state(*study.search, study.experiment.runs, searches[s], *file);
    if (!state.due.empty()) return std::nullopt;
    append(runs, reported_runs(*study.search, declared, state.choices));
  }
  return runs;
}

const SearchChoice* choice_of(const StudyRecords& records, std::size_t search, const RunSpec& declared) {
  const std::string group = group_of(declared);
  for (const SearchChoice& choice : records.choices[search])
    if (choice.group == group) return &choice;
  return nullptr;
}

}  // namespace rnnbench::findings
