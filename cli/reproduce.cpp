// reproduce: runs findings, each with the search for settings that it declares; findings: what the records say of them.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <numeric>

#include "analysis/csv.h"
#include "analysis/finding_figures.h"
#include "analysis/finding_values.h"
#include "analysis/findings.h"
#include "analysis/findings_page.h"
#include "cli/arguments.h"
#include "cli/columns.h"
#include "cli/command.h"
#include "cli/findings.h"
#include "core/error.h"
#include "experiments/estimate.h"
#include "experiments/files.h"
#include "experiments/runner.h"

namespace rnnbench {
namespace {

Profile profile_of(const Arguments& arguments) { return profile_named(arguments.text("profile", "lab")); }

// Those that are named, in the order of the ledger; all when none is.
std::vector<FindingResult> chosen(std::vector<FindingResult> results, const std::vector<std::string>& names) {
  if (names.empty()) return results;
  std::erase_if(results, [&](const FindingResult& r) {
    return std::none_of(names.begin(), names.end(), [&](const std::string& name) {
      return name == r.finding->name || std::filesystem::path(name).stem() == r.finding->name;
    });
  });
  return results;
}

bool named(const Finding& finding, const Arguments& arguments) {
  const std::vector<std::string>& names = arguments.positional();
  return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return name == finding.name || std::filesystem::path(name).stem() == finding.name;
         });
}

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
    if (!named(finding, arguments)) continue;
    const Ledger ledger(finding.results(arguments.results()), finding.name);
    std::vector<RunSpec> all = finding.first_runs().runs;
    const std::size_t declared = finding.experiment.runs.size(), trials = all.size() - declared;
    if (finding.tuning) {  // the tuned runs, which cost about what the untuned ones do
      const auto known = tuned(*finding.tuning, finding.experiment.runs, ledger);
      const std::vector<RunSpec>& tuned_runs = known ? known->runs : finding.experiment.runs;
      all.insert(all.end(), tuned_runs.begin(), tuned_runs.end());
    }
    const bool not_known = finding.tuning && !tuned(*finding.tuning, finding.experiment.runs, ledger);
    const std::size_t sure = not_known ? declared + trials : all.size();
    std::vector<RunSpec> missing;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (i >= sure || !ledger.has(all[i].id())) missing.push_back(all[i]);
    const std::vector<double> seconds = estimated_seconds(missing);
    const double sum = std::accumulate(seconds.begin(), seconds.end(), 0.0);
    total += sum;
    rows.push_back({std::to_string(finding.number), finding.name, std::to_string(declared * (finding.tuning ? 2 : 1)),
                    std::to_string(trials), std::to_string(missing.size()), minutes(sum)});
  }
  print_columns(std::cout, rows);
  std::cout << "At most " << minutes(total) << " core-minutes on this machine; runs that stop when they have solved their task "
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
  const Ledger ledger(results, finding.name);
  if (code != 130 && finding.tuning) {
    if (auto chosen = tuned(*finding.tuning, finding.experiment.runs, ledger)) {
      Experiment second = finding.experiment;
      second.runs = std::move(chosen->runs);
      code = std::max(code, run_experiment(second, results, options));
    }
  }
  write_csv(ledger);
  return code;
}

}  // namespace

std::vector<Finding> finding_family(const std::vector<std::string>& names, Profile profile) {
  std::vector<std::filesystem::path> files = catalogue_files();
  for (const std::string& name : names) {
    const std::filesystem::path file = find_experiment(name);
    if (!is_finding(file))
      throw UserError("command line: '" + name + "' is an experiment without [finding]; start it with rnnbench run");
    std::error_code ignored;
    if (std::none_of(files.begin(), files.end(),
                     [&](const auto& known) { return std::filesystem::equivalent(known, file, ignored); }))
      files.push_back(file);
  }
  return read_findings(files, profile);
}

int reproduce_command(const CommandArguments& words) {
  const Arguments arguments("reproduce", words,
                            {{"jobs"}, {"threads"}, results_flag(), {"profile", true, profile_names}, {"dry-run", false}},
                            false);
  const std::vector<Finding> findings = finding_family(arguments.positional(), profile_of(arguments));
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
    if (!named(finding, arguments)) continue;
    const int own = run_finding(finding, arguments, options);
    if (own == 130) return own;
    code = std::max(code, own);
  }
  if (profile_of(arguments) == Profile::smoke) {
    // Deciding proves that every comparison finds its models and measures.
    std::vector<Finding> ran;
    for (const Finding& finding : findings)
      if (named(finding, arguments)) ran.push_back(finding);
    evaluate_findings(ran, arguments.results());
    std::cout << "Every finding ran in its smoke profile, which is too short to say anything of the claims.\n";
    return code;
  }
  std::cout << findings_text(chosen(evaluate_findings(findings, arguments.results()), arguments.positional()));
  return code;
}

int findings_command(const CommandArguments& words) {
  const Arguments arguments("findings", words,
                            {results_flag(), format_flag({"text", "markdown", "json"}), {"profile", true, {"lab", "full"}}},
                            false);
  const std::vector<Finding> findings = finding_family(arguments.positional(), profile_of(arguments));
  const std::vector<FindingResult> results =
      chosen(evaluate_findings(findings, arguments.results()), arguments.positional());
  const std::string format = arguments.format();
  if (format == "json") std::cout << findings_json(results).dump(2) << '\n';
  if (format == "markdown") std::cout << findings_markdown(results);
  if (format == "text") std::cout << findings_text(results);
  return 0;
}

int report_findings(const CommandArguments& words) {
  const Arguments arguments("report findings", words, {results_flag(), {"profile", true, profile_names}}, false);
  const std::vector<Finding> findings = finding_family(arguments.positional(), profile_of(arguments));
  const std::vector<FindingResult> results = evaluate_findings(findings, arguments.results());
  std::filesystem::path folder = arguments.results();
  bool drawable = true;
  for (const FindingResult& result : results) {
    folder = result.finding->results(arguments.results());
    if (!has_records(result)) continue;
    const std::filesystem::path figures = folder / result.finding->name / "figures";
    if (drawable) drawable = make_figures({finding_figure(result)}, figures);
    else write_figures({finding_figure(result)}, figures);
  }
  std::filesystem::create_directories(folder);
  write_atomically(folder / "findings.html", findings_page(results, arguments.results()));
  std::cout << (folder / "findings.html").string() << '\n';
  return 0;
}

}  // namespace rnnbench
