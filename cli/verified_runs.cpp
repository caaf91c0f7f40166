#include "cli/verified_runs.h"

#include <filesystem>
#include <iostream>
#include <list>

#include "cli/subject.h"
#include "core/error.h"
#include "experiments/declaration/feasible.h"
#include "experiments/records/find_record.h"
#include "experiments/records/results_folder.h"
#include "experiments/running/other_settings.h"
#include "experiments/running/verify.h"
#include "experiments/search/find_trial.h"
#include "findings/finding.h"

namespace rnnbench::cli {
namespace {

constexpr std::int64_t max_verified = 1'000'000;

[[noreturn]] void refuse_version(const std::filesystem::path& path, const Json& version) {
  throw UserError(path.string() + ": this record has numerics_version " + version.dump() +
                  ", but this program computes " + std::to_string(numerics_version) +
                  "; only a program with the same version can verify it");
}

Recorded named_run(const Arguments& arguments, const std::string& run, const WorkspaceOptions& workspace) {
  if (auto trial = find_trial(arguments.results(), run)) {
    try {
      check_feasible(spec_of(*trial), workspace);
    } catch (const UserError& error) {
      throw UserError("RUN = " + run + ": this trial cannot be trained again: " + error.what());
    }
    return std::move(*trial);
  }
  const std::filesystem::path path = find_record(arguments.results(), run);
  Record record = read_record(path);
  const Json& version = record.spec.at("numerics_version");
  if (version != numerics_version) refuse_version(path, version);
  check_feasible(spec_from_json(record.spec), workspace);
  return record;
}

std::vector<Recorded> sampled(const std::vector<Recorded>& all, std::size_t count) {
  std::vector<SampledRun> runs;
  for (const Recorded& recorded : all) runs.push_back(sampled_run(run_of(recorded).json()));
  std::vector<Recorded> chosen;
  for (const std::size_t index : sample(runs, count)) chosen.push_back(all[index]);
  return chosen;
}

// The trials of a study's searches.
std::vector<Recorded> trials_in(const ResultsFolder& results_folder) {
  std::vector<Recorded> trials;
  for (const std::filesystem::path& path : trial_files(results_folder.path())) {
    const TrialFile file(path);
    for (const auto& [id, trial] : file.trials()) trials.push_back(trial);
  }
  return trials;
}

std::vector<Recorded> sampled_runs(const Arguments& arguments, const WorkspaceOptions& workspace) {
  const std::int64_t count = arguments.integer("sample", 1, 1, max_verified);
  const Experiment experiment = parse_experiment(arguments, workspace);
  const ResultsFolder results_folder(arguments.results(), experiment.name);
  std::vector<Recorded> records;
  // A study also has the trials of its searches and the tuned runs, which its file does not list.
  const bool whole = !experiment.file.empty() && arguments.settings().empty();
  if (whole) records = trials_in(results_folder);
  if (whole && (!records.empty() || is_study(experiment.file)))
    for (Record& record : results_folder.load_all())
      if (record.spec.at("numerics_version") == numerics_version) records.push_back(std::move(record));
  if (!records.empty()) return sampled(records, count);
  for (const RunSpec& run : experiment.runs)
    if (auto record = results_folder.load(run.id())) records.push_back(std::move(*record));
  if (!records.empty()) return sampled(records, count);
  for (const Record& record : results_folder.load_all()) {
    const Json& version = record.spec.at("numerics_version");
    if (version != numerics_version) refuse_version(results_folder.record_path(record.id()), version);
  }
  const std::string others = recorded_with_other_settings(experiment, results_folder);
  throw UserError(results_folder.path().string() + ": there is no record of any of the " +
                  std::to_string(experiment.runs.size()) + " runs of this experiment" +
                  (others.empty() ? "" : "; " + others));
}

// Where a record or the trials of a search are.
struct Source {
  std::filesystem::path record;
  const TrialRecord* trial = nullptr;
};

// The recorded runs of all experiments in a folder that this program can train again here. A record is read twice
// instead of being kept: all of them would take gigabytes.
class AllRuns {
 public:
  explicit AllRuns(const std::filesystem::path& results) {
    for (const std::string& experiment : experiments_in(results)) {
      const ResultsFolder folder(results, experiment);
      folder.for_each([&](const Record& record) {
        const std::filesystem::path path = folder.record_path(record.id());
        if (record.spec.at("numerics_version") != numerics_version) {
          ++other_version_;
          return;
        }
        try {
          add(spec_from_json(record.spec), {.record = path});
        } catch (const UserError& error) {
          throw UserError(path.string() + ": " + error.what());
        }
      });
      for (const std::filesystem::path& path : trial_files(folder.path())) {
        const TrialFile& file = trial_files_.emplace_back(path);
        other_version_ += file.former_trials().size();
        for (const auto& [id, trial] : file.trials()) add(spec_of(trial), {.record = {}, .trial = &trial});
      }
    }
  }

  std::vector<Recorded> sampled(std::size_t count) const {
    std::vector<Recorded> chosen;
    for (const std::size_t index : sample(runs_, count)) {
      const Source& source = sources_[index];
      chosen.push_back(source.trial ? Recorded(*source.trial) : Recorded(read_record(source.record)));
    }
    return chosen;
  }

  // What is left out is said, so that nobody takes it for verified.
  void note_what_is_left_out() const {
    const auto note = [](std::size_t count, const std::string& why) {
      if (count > 0)
        std::cerr << "note: " << count << (count == 1 ? " run " : " runs ") << why << (count == 1 ? " is" : " are")
                  << " left out\n";
    };
    note(other_version_, "of another numerics_version than " + std::to_string(numerics_version));
    note(without_input_, "whose input file does not exist (" + missing_file_ + ")");
  }

 private:
  void add(const RunSpec& run, const Source& source) {
    if (const std::string missing = input_paths(run).empty() ? "" : missing_input({run}); !missing.empty()) {
      ++without_input_;
      missing_file_ = input_paths(run)[0].second;
      return;
    }
    runs_.push_back(sampled_run(run.json()));
    sources_.push_back(source);
  }

  std::list<TrialFile> trial_files_;  // not a vector: sources_ points into them
  std::vector<SampledRun> runs_;
  std::vector<Source> sources_;
  std::size_t other_version_ = 0, without_input_ = 0;
  std::string missing_file_;  // one of them
};

std::vector<Recorded> runs_in_folder(const Arguments& arguments, const WorkspaceOptions& workspace) {
  if (!arguments.positional().empty() || !arguments.settings().empty() || arguments.has("results"))
    throw UserError("command line: --all DIR verifies all runs in a folder, so " +
                    (!arguments.positional().empty() ? "'" + arguments.positional()[0] + "'"
                     : arguments.has("results")      ? "--results"
                                                     : "--" + arguments.settings()[0].key) +
                    " is not possible with it");
  const std::filesystem::path results = arguments.text("all", "");
  const AllRuns all(results);
  all.note_what_is_left_out();
  const std::vector<Recorded> chosen =
      all.sampled(static_cast<std::size_t>(arguments.integer("sample", max_verified, 1, max_verified)));
  if (chosen.empty()) throw UserError("all = " + results.string() + ": there is no run that can be verified");
  for (const Recorded& recorded : chosen) check_feasible(run_of(recorded), workspace);
  return chosen;
}

}  // namespace

RunSpec run_of(const Recorded& recorded) {
  if (const auto* trial = std::get_if<TrialRecord>(&recorded)) return spec_of(*trial);
  return spec_from_json(std::get<Record>(recorded).spec);
}

std::vector<Recorded> runs_to_verify(const Arguments& arguments, const WorkspaceOptions& workspace) {
  if (arguments.has("all")) return runs_in_folder(arguments, workspace);
  if (const std::string name = name_of_imports(arguments); !name.empty())
    throw UserError("command line: '" + name +
                    "' is the name of imported results, which cannot be verified: rnnbench did not train these runs");
  if (arguments.has("sample")) return sampled_runs(arguments, workspace);
  if (!arguments.settings().empty())
    throw UserError("command line: --" + arguments.settings()[0].key +
                    " cannot change a recorded run; settings are possible with --sample N EXPERIMENT only");
  if (arguments.positional().empty())
    throw UserError(
        "command line: 'rnnbench verify' needs RUN ..., --sample N EXPERIMENT or --all DIR, but none is given");
  std::vector<Recorded> chosen;
  for (const std::string& run : arguments.positional()) chosen.push_back(named_run(arguments, run, workspace));
  return chosen;
}

}  // namespace rnnbench::cli
