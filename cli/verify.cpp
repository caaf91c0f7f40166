#include "cli/verify.h"

#include <algorithm>
#include <iostream>

#include "cli/arguments.h"
#include "core/error.h"
#include "experiments/declaration/feasible.h"
#include "experiments/records/find_record.h"
#include "experiments/running/verify.h"
#include "findings/finding.h"

namespace rnnbench::cli {
namespace {

[[noreturn]] void refuse_version(const std::filesystem::path& path, const Json& version) {
  throw UserError(path.string() + ": this record has numerics_version " + version.dump() +
                  ", but this program computes " + std::to_string(numerics_version) +
                  "; only a program with the same version can verify it");
}

Record named_record(const Arguments& arguments, const std::string& run, const WorkspaceOptions& workspace) {
  const std::filesystem::path path = find_record(arguments.results(), run);
  Record record = read_record(path);
  const Json& version = record.spec.at("numerics_version");
  if (version != numerics_version) refuse_version(path, version);
  check_feasible(spec_from_json(record.spec), workspace);
  return record;
}

std::vector<Record> sampled_records(const Arguments& arguments, const WorkspaceOptions& workspace) {
  const std::int64_t count = arguments.integer("sample", 1, 1, 1'000'000);
  const Experiment experiment = parse_experiment(arguments, workspace);
  const ResultsFolder results_folder(arguments.results(), experiment.name);
  std::vector<Record> records;
  // A finding also has the trials of its search and the tuned runs, which its file does not list.
  if (!experiment.file.empty() && arguments.settings().empty() && is_finding(experiment.file))
    for (Record& record : results_folder.load_all())
      if (record.spec.at("numerics_version") == numerics_version) records.push_back(std::move(record));
  if (!records.empty()) return sample(records, count);
  for (const RunSpec& run : experiment.runs)
    if (auto record = results_folder.load(run.id())) records.push_back(std::move(*record));
  if (!records.empty()) return sample(records, count);
  for (const Record& record : results_folder.load_all()) {
    const Json& version = record.spec.at("numerics_version");
    if (version != numerics_version) refuse_version(results_folder.record_path(record.id()), version);
  }
  throw UserError(results_folder.path().string() + ": there is no record of any of the " +
                  std::to_string(experiment.runs.size()) + " runs of this experiment");
}

std::vector<Record> chosen_records(const Arguments& arguments, const WorkspaceOptions& workspace) {
  if (arguments.has("sample")) return sampled_records(arguments, workspace);
  if (!arguments.settings().empty())
    throw UserError("command line: --" + arguments.settings()[0].key +
                    " cannot change a recorded run; settings are possible with --sample N EXPERIMENT only");
  if (arguments.positional().empty())
    throw UserError("command line: 'rnnbench verify' needs RUN ... or --sample N EXPERIMENT, but none is given");
  std::vector<Record> records;
  for (const std::string& run : arguments.positional()) records.push_back(named_record(arguments, run, workspace));
  return records;
}

bool is_among(const std::vector<Difference>& differences, const std::string& path) {
  return std::any_of(differences.begin(), differences.end(), [&](const Difference& d) { return d.path == path; });
}

// Prints whether the results are identical, and if not, the first difference. Returns whether they are.
bool print_comparison(const Record& recorded, const Record& computed, const std::string& label) {
  const std::vector<Difference> found = result_differences(recorded.result, computed.result);
  std::cout << label << (found.empty() ? ": identical\n" : ": different\n");
  if (found.empty()) return true;
  std::cout << "  " << difference_text(found[0]);
  if (found.size() > 1) std::cout << ", the first of " << found.size() << " differences";
  std::cout << '\n';
  const std::vector<Difference> environment = environment_differences(recorded.measured, computed.measured);
  if (environment.empty()) std::cout << "  machine and program are the recorded ones\n";
  if (is_among(environment, "version"))
    std::cout << "  the record was made by another build of the program, which is the likely reason: results do not "
                 "depend on the machine\n";
  for (const Difference& difference : environment) std::cout << "  " << difference_text(difference) << '\n';
  return false;
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
  const std::vector<Record> records = chosen_records(arguments, workspace);
  const Recomputed recomputed = recompute(records, options);

  std::size_t identical = 0, different = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string label = records[i].id() + " " + describe(spec_from_json(records[i].spec));
    const auto& computed = recomputed.records[i];
    if (!computed)
      std::cout << label << (recomputed.interrupted ? ": not verified\n" : ": failed\n");
    else
      ++(print_comparison(records[i], *computed, label) ? identical : different);
  }
  std::cout << identical << " of " << records.size() << " runs identical, " << different << " different, "
            << records.size() - identical - different << " not verified\n";
  if (recomputed.interrupted) return interrupted_code;
  return identical == records.size() ? 0 : 1;
}

}  // namespace rnnbench::cli
