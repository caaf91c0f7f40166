#include "cli/reproduce.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <numeric>

#include "analysis/csv.h"
#include "cli/arguments.h"
#include "cli/columns.h"
#include "cli/findings.h"
#include "core/error.h"
#include "experiments/running/estimate.h"
#include "experiments/running/runner.h"
#include "findings/evaluation.h"

namespace rnnbench::cli {
namespace {

std::string minutes(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", seconds / 60);
  return text;
}

// What is left to do and what it will cost at most.
void print_plan(const std::vector<Finding>& findings, const Arguments& arguments) {
  std::vector<std::vector<std::string>> rows = {{"", "finding", "runs", "trials", "to run", "core-minutes"}};
  double total = 0;
  for (const Finding& finding : findings) {
    if (!is_named(finding, arguments.positional())) continue;
    const ResultsFolder results_folder(finding.results(arguments.results()), finding.name);
    std::vector<RunSpec> runs = finding.first_runs().runs;
    const std::size_t declared = finding.experiment.runs.size(), trials = runs.size() - declared;
    const auto choice = finding.tuning ? tuned(*finding.tuning, finding.experiment.runs, results_folder) : std::nullopt;
    if (choice) runs.insert(runs.end(), choice->runs.begin(), choice->runs.end());
    std::erase_if(runs, [&](const RunSpec& run) { return results_folder.has(run.id()); });
    std::vector<RunSpec> missing = std::move(runs);
    if (finding.tuning && !choice)  // the tuned runs are not known yet, but cost about what the untuned ones do
      missing.insert(missing.end(), finding.experiment.runs.begin(), finding.experiment.runs.end());
    const std::vector<double> seconds = estimated_seconds(missing);
    const double sum = std::accumulate(seconds.begin(), seconds.end(), 0.0);
    total += sum;
    rows.push_back({std::to_string(finding.number), finding.name, std::to_string(declared * (finding.tuning ? 2 : 1)),
                    std::to_string(trials), std::to_string(missing.size()), minutes(sum)});
  }
  print_columns(std::cout, rows);
  std::cout << "At most " << minutes(total)
            << " core-minutes on this machine; runs that stop when they have solved their task "
            << "take less.\n";
}

std::string command_line(const Arguments& arguments) {
  std::string line = run_command_line(arguments);
  return line.replace(line.find(" run"), 4, " reproduce") +
         (arguments.has("profile") ? " --profile " + arguments.text("profile", "") : "");
}

int run_finding(const Finding& finding, const Arguments& arguments, const RunnerOptions& options) {
  const std::filesystem::path results = finding.results(arguments.results());
  int code = run_experiment(finding.first_runs(), results, options);
  const ResultsFolder results_folder(results, finding.name);
  if (code != interrupted_code && finding.tuning) {
    if (auto chosen = tuned(*finding.tuning, finding.experiment.runs, results_folder)) {
      Experiment second = finding.experiment;
      second.runs = std::move(chosen->runs);
      code = std::max(code, run_experiment(second, results, options));
    }
  }
  write_csv(results_folder);
  return code;
}

}  // namespace

int reproduce_command(const CommandArguments& words) {
  const Arguments arguments(
      "reproduce", words, {{"jobs"}, {"threads"}, results_flag(), {"profile", true, profile_names}, {"dry-run", false}},
      false);
  const std::vector<Finding> findings = finding_family(arguments.positional(), profile_of(arguments));
  for (const Finding& finding : findings)  // a record that cannot be read is named before any run
    ResultsFolder(finding.results(arguments.results()), finding.name).load_all();
  if (arguments.has("dry-run")) {
    print_plan(findings, arguments);
    return 0;
  }
  RunnerOptions options;
  options.jobs = static_cast<int>(arguments.integer("jobs", 0, 1, 4096));
  options.threads = static_cast<int>(arguments.integer("threads", 1, 1, 4096));
  options.weights = false;
  options.command = command_line(arguments);
  int code = 0;
  for (const Finding& finding : findings) {
    if (!is_named(finding, arguments.positional())) continue;
    const int own = run_finding(finding, arguments, options);
    if (own == interrupted_code) return own;
    code = std::max(code, own);
  }
  if (profile_of(arguments) == Profile::smoke) {
    // Deciding proves that every comparison finds its models and measures.
    std::vector<Finding> ran;
    for (const Finding& finding : findings)
      if (is_named(finding, arguments.positional())) ran.push_back(finding);
    evaluate_findings(ran, arguments.results());
    std::cout << "Every finding ran in its smoke profile, which is too short to say anything of the claims.\n";
    return code;
  }
  std::cout << findings_text(named_results(evaluate_findings(findings, arguments.results()), arguments.positional()));
  return code;
}

}  // namespace rnnbench::cli
