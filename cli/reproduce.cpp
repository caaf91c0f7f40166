// reproduce: runs findings, each with the search for settings that it declares.
#include "cli/reproduce.h"

#include <algorithm>
#include <iostream>

#include "analysis/format.h"
#include "cli/arguments.h"
#include "cli/columns.h"
#include "cli/findings.h"
#include "core/error.h"
#include "findings/evaluation.h"
#include "findings/listing.h"
#include "findings/reproduce.h"

namespace rnnbench::cli {
namespace {

std::string minutes(double seconds) { return fixed_text(seconds / 60, 1); }

// What is left to run, and what it costs at most.
void print_plan(const std::vector<Finding>& findings, const std::filesystem::path& results) {
  std::vector<std::vector<std::string>> rows = {{"", "finding", "runs", "trials", "to run", "core-minutes"}};
  double total = 0;
  for (const Finding& finding : findings) {
    const RemainingWork work = remaining_work(finding, results);
    total += work.core_seconds;
    rows.push_back({std::to_string(finding.number), finding.name, std::to_string(work.runs),
                    std::to_string(work.trials), std::to_string(work.missing), minutes(work.core_seconds)});
  }
  print_columns(std::cout, rows);
  std::cout << "At most " << minutes(total)
            << " core-minutes on this machine. Runs that stop when they have solved their task take less.\n";
}

std::string command_line(const Arguments& arguments) {
  std::string line = run_command_line(arguments);
  return line.replace(line.find(" run"), 4, " reproduce") +
         (arguments.has("profile") ? " --profile " + arguments.text("profile", "") : "");
}

}  // namespace

int reproduce_command(const CommandArguments& words) {
  const Arguments arguments("reproduce", words,
                            {{"jobs"},
                             {"threads"},
                             results_flag(),
                             {"profile", true, profile_names},
                             {"dry-run", false},
                             {"oversubscribe", false},
                             {"any-times", false}},
                            false);
  const std::vector<Finding> family = finding_family(arguments.positional(), profile_of(arguments));
  for (const Finding& finding : family)  // refuses damaged records before anything runs
    ResultsFolder(finding.results(arguments.results()), finding.name).load_all();
  std::vector<Finding> named;
  for (const Finding& finding : family)
    if (is_named(finding, arguments.positional())) named.push_back(finding);
  if (arguments.has("dry-run")) {
    print_plan(named, arguments.results());
    return 0;
  }
  RunnerOptions options;
  options.jobs = static_cast<int>(arguments.integer("jobs", 0, 1, 4096));
  options.threads = static_cast<int>(arguments.integer("threads", 1, 1, 4096));
  options.weights = false;
  options.oversubscribe = arguments.has("oversubscribe");
  options.command = command_line(arguments);
  int code = 0;
  for (const Finding& finding : named) {
    const int own = run_finding(finding, arguments.results(), options);
    if (own == interrupted_code) return own;
    code = std::max(code, own);
  }
  if (profile_of(arguments) == Profile::smoke) {
    evaluate_findings(named, arguments.results());  // refuses comparisons whose models or measures do not exist
    std::cout << "Every finding ran in its smoke profile, which is too short to say anything about the claims.\n";
    return code;
  }
  std::cout << findings_text(named_results(evaluate_findings(family, arguments.results(), arguments.has("any-times")),
                                           arguments.positional()));
  return code;
}

}  // namespace rnnbench::cli
