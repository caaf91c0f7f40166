#include "cli/verify.h"

#include <algorithm>
#include <iostream>
#include <variant>

#include "cli/arguments.h"
#include "cli/subject.h"
#include "core/error.h"
#include "experiments/declaration/feasible.h"
#include "experiments/records/find_record.h"
#include "experiments/running/verify.h"
#include "experiments/search/find_trial.h"
#include "findings/finding.h"

namespace rnnbench::cli {
namespace {

// What is verified: a record, or a trial of a search.
using Recorded = std::variant<Record, TrialRecord>;

RunSpec run_of(const Recorded& recorded) {
  if (const auto* trial = std::get_if<TrialRecord>(&recorded)) return spec_of(*trial);
  return spec_from_json(std::get<Record>(recorded).spec);
}

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

// Of the runs and trials that this program can compute.
std::vector<Recorded> sampled(const std::vector<Recorded>& all, std::size_t count) {
  std::vector<Json> specs;
  for (const Recorded& recorded : all) specs.push_back(run_of(recorded).json());
  std::vector<Recorded> chosen;
  for (const std::size_t index : sample_specs(specs, count)) chosen.push_back(all[index]);
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
  const std::int64_t count = arguments.integer("sample", 1, 1, 1'000'000);
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
  throw UserError(results_folder.path().string() + ": there is no record of any of the " +
                  std::to_string(experiment.runs.size()) + " runs of this experiment");
}

std::vector<Recorded> chosen_runs(const Arguments& arguments, const WorkspaceOptions& workspace) {
  if (const std::string name = name_of_imports(arguments); !name.empty())
    throw UserError("command line: '" + name +
                    "' is the name of imported results, which cannot be verified: rnnbench did not train these runs");
  if (arguments.has("sample")) return sampled_runs(arguments, workspace);
  if (!arguments.settings().empty())
    throw UserError("command line: --" + arguments.settings()[0].key +
                    " cannot change a recorded run; settings are possible with --sample N EXPERIMENT only");
  if (arguments.positional().empty())
    throw UserError("command line: 'rnnbench verify' needs RUN ... or --sample N EXPERIMENT, but none is given");
  std::vector<Recorded> chosen;
  for (const std::string& run : arguments.positional()) chosen.push_back(named_run(arguments, run, workspace));
  return chosen;
}

void print_differences(const std::vector<Difference>& found) {
  if (found.empty()) return;
  std::cout << "  " << difference_text(found[0]);
  if (found.size() > 1) std::cout << ", the first of " << found.size() << " differences";
  std::cout << '\n';
}

bool is_among(const std::vector<Difference>& differences, const std::string& path) {
  return std::any_of(differences.begin(), differences.end(), [&](const Difference& d) { return d.path == path; });
}

// Prints whether the results are identical, and if not, the first difference. Returns whether they are.
bool print_comparison(const Record& recorded, const Record& computed, const std::string& label) {
  const std::vector<Difference> found = result_differences(recorded.result, computed.result);
  std::cout << label << (found.empty() ? ": identical\n" : ": different\n");
  print_differences(found);
  if (found.empty()) return true;
  const std::vector<Difference> environment = environment_differences(recorded.measured, computed.measured);
  if (environment.empty()) std::cout << "  machine and program are the recorded ones\n";
  if (is_among(environment, "version"))
    std::cout << "  the record was made by another build of the program, which is the likely reason: results do not "
                 "depend on the machine\n";
  for (const Difference& difference : environment) std::cout << "  " << difference_text(difference) << '\n';
  return false;
}

// The same for a trial, of which no machine and no program are known.
bool print_comparison(const TrialRecord& recorded, const Record& computed, const std::string& label) {
  const std::vector<Difference> found = trial_differences(recorded, computed);
  std::cout << label << (found.empty() ? ": identical\n" : ": different\n");
  print_differences(found);
  return found.empty();
}

}  // namespace

int verify_command(const CommandArguments& words) {
  const Arguments arguments(
      "verify", words,
      {{.name = "sample"}, {.name = "jobs"}, {.name = "threads"}, {.name = "recompute"}, results_flag()});
  const WorkspaceOptions workspace = workspace_options(arguments);
  RunnerOptions options;
  options.jobs = static_cast<int>(arguments.integer("jobs", 0, 1, 4096));
  options.threads = workspace.threads;
  options.recompute = workspace.recompute;
  const std::vector<Recorded> records = chosen_runs(arguments, workspace);
  std::vector<RunSpec> runs;
  for (const Recorded& recorded : records) runs.push_back(run_of(recorded));
  const Recomputed recomputed = recompute(runs, options);

  std::size_t identical = 0, different = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string kind = std::holds_alternative<TrialRecord>(records[i]) ? " trial of " : " ";
    const std::string label = runs[i].id() + kind + describe(runs[i]);
    const auto& computed = recomputed.records[i];
    if (!computed) {
      std::cout << label << (recomputed.interrupted ? ": not verified\n" : ": failed\n");
      continue;
    }
    const bool same =
        std::visit([&](const auto& recorded) { return print_comparison(recorded, *computed, label); }, records[i]);
    ++(same ? identical : different);
  }
  std::cout << identical << " of " << records.size() << " runs identical, " << different << " different, "
            << records.size() - identical - different << " not verified\n";
  if (recomputed.interrupted) return interrupted_code;
  return identical == records.size() ? 0 : 1;
}

}  // namespace rnnbench::cli
