#include "cli/verify.h"

#include <algorithm>
#include <iostream>

#include "cli/arguments.h"
#include "cli/interruptible.h"
#include "cli/verified_runs.h"
#include "experiments/running/verify.h"

namespace rnnbench::cli {
namespace {

bool print_identical(const std::string& label, bool only_different) {
  if (!only_different) std::cout << label << ": identical\n";
  return true;
}

void print_differences(const std::string& label, const std::vector<Difference>& found) {
  std::cout << label << ": different\n  " << difference_text(found[0]);
  if (found.size() > 1) std::cout << ", the first of " << found.size() << " differences";
  std::cout << '\n';
}

bool is_among(const std::vector<Difference>& differences, const std::string& path) {
  return std::any_of(differences.begin(), differences.end(), [&](const Difference& d) { return d.path == path; });
}

// Prints the first difference, if there is one. Returns whether the results are identical.
bool print_comparison(const Record& recorded, const Record& computed, const std::string& label, bool only_different) {
  const std::vector<Difference> found = result_differences(recorded.result, computed.result);
  if (found.empty()) return print_identical(label, only_different);
  print_differences(label, found);
  const std::vector<Difference> environment = environment_differences(recorded.measured, computed.measured);
  if (environment.empty()) std::cout << "  machine and program are the recorded ones\n";
  if (is_among(environment, "version"))
    std::cout << "  the record was made by another build of the program, which is the likely reason: results do not "
                 "depend on the machine\n";
  for (const Difference& difference : environment) std::cout << "  " << difference_text(difference) << '\n';
  return false;
}

// The same for a trial, of which no machine and no program are known.
bool print_comparison(const TrialRecord& recorded, const Record& computed, const std::string& label,
                      bool only_different) {
  const std::vector<Difference> found = trial_differences(recorded, computed);
  if (found.empty()) return print_identical(label, only_different);
  print_differences(label, found);
  return false;
}

int verify_arguments(const Arguments& arguments) {
  const WorkspaceOptions workspace = workspace_options(arguments);
  RunnerOptions options;
  options.jobs = static_cast<int>(arguments.integer("jobs", 0, 1, 4096));
  options.threads = workspace.threads;
  options.recompute = workspace.recompute;
  const std::vector<Recorded> records = runs_to_verify(arguments, workspace);
  std::vector<RunSpec> runs;
  for (const Recorded& recorded : records) runs.push_back(run_of(recorded));
  const Recomputed recomputed = recompute(runs, options);

  const bool only_different = arguments.has("all");
  std::size_t identical = 0, different = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string kind = std::holds_alternative<TrialRecord>(records[i]) ? " trial of " : " ";
    const std::string label = runs[i].id() + kind + describe(runs[i]);
    const auto& computed = recomputed.records[i];
    if (!computed) {
      std::cout << label << (recomputed.interrupted ? ": not verified\n" : ": failed\n");
      continue;
    }
    const bool same = std::visit(
        [&](const auto& recorded) { return print_comparison(recorded, *computed, label, only_different); }, records[i]);
    ++(same ? identical : different);
  }
  std::cout << identical << " of " << records.size() << " runs identical, " << different << " different, "
            << records.size() - identical - different << " not verified\n";
  if (recomputed.interrupted) return interrupted_code;
  return identical == records.size() ? 0 : 1;
}

}  // namespace

int verify_command(const CommandArguments& words) {
  const Arguments arguments("verify", words,
                            {{.name = "all"},
                             {.name = "sample"},
                             {.name = "jobs"},
                             {.name = "threads"},
                             {.name = "recompute"},
                             results_flag()});
  return interruptible("repeat the command", [&] { return verify_arguments(arguments); });
}

}  // namespace rnnbench::cli
