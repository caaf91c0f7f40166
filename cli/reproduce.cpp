// reproduce: runs studies, each with the two searches for settings that it declares.
#include "cli/reproduce.h"

#include <algorithm>
#include <iostream>

#include "analysis/format.h"
#include "cli/arguments.h"
#include "cli/columns.h"
#include "cli/findings.h"
#include "cli/interruptible.h"
#include "core/error.h"
#include "core/text.h"
#include "findings/evaluation.h"
#include "findings/listing.h"
#include "findings/protocol.h"
#include "findings/reproduce.h"

namespace rnnbench::cli {
namespace {

std::string minutes(double seconds) { return fixed_text(seconds / 60, 1); }

// What is left to run, and what it costs at most.
void print_plan(const std::vector<Finding>& family, const std::vector<std::shared_ptr<const DeclaredStudy>>& studies,
                const std::filesystem::path& results) {
  std::vector<std::vector<std::string>> rows = {{"study", "trials", "runs", "to run", "core-minutes"}};
  double total = 0;
  for (const auto& study : studies) {
    const RemainingWork work = remaining_work(claims_of(family, *study), results);
    total += work.core_seconds;
    rows.push_back({study->name, std::to_string(work.trials), std::to_string(work.runs), std::to_string(work.missing),
                    minutes(work.core_seconds)});
  }
  print_columns(std::cout, rows);
  std::cout << "At most " << minutes(total)
            << " core-minutes on this machine. Runs that stop when they have solved their task take less.\n";
}

std::string command_line(const Arguments& arguments) {
  std::string line = run_command_line(arguments, "reproduce");
  for (const char* option : {"profile", "family"})
    if (arguments.has(option)) line += std::string(" --") + option + " " + shell_quoted(arguments.text(option, ""));
  for (const char* flag : {"freeze", "any-times"})
    if (arguments.has(flag)) line += std::string(" --") + flag;
  return line;
}

int reproduce_arguments(const Arguments& arguments) {
  for (const char* other : {"dry-run", "shard"})
    if (arguments.has("freeze") && arguments.has(other))
      throw UserError(std::string("command line: --freeze and --") + other + " exclude each other");
  const std::vector<Finding> family = finding_family(arguments, profile_of(arguments));
  std::vector<std::shared_ptr<const DeclaredStudy>> studies;
  for (const auto& study : studies_of(family)) {
    const auto claims = claims_of(family, *study);
    if (std::none_of(claims.begin(), claims.end(),
                     [&](const Finding* finding) { return is_named(*finding, arguments.positional()); }))
      continue;
    // Who names no study wants all that this machine can run.
    if (const std::string no_file = missing_input(study->experiment.runs); !no_file.empty()) {
      if (!arguments.positional().empty()) check_inputs(study->experiment.runs);
      std::cerr << "rnnbench: " << study->name << " is left out: " << no_file << '\n';
      continue;
    }
    studies.push_back(study);
    const ResultsFolder folder(study->results(arguments.results()), study->name);
    folder.for_each([](const Record&) {});  // refuses damaged records
  }
  if (arguments.has("dry-run")) {
    print_plan(family, studies, arguments.results());
    return 0;
  }
  RunnerOptions options;
  options.jobs = static_cast<int>(arguments.integer("jobs", 0, 1, 4096));
  options.threads = static_cast<int>(arguments.integer("threads", 1, 1, 4096));
  options.weights = false;
  options.oversubscribe = arguments.has("oversubscribe");
  options.shard = shard_of(arguments);
  options.command = command_line(arguments);
  if (arguments.has("freeze")) {
    for (const auto& study : studies) {
      const int code = freeze_tested(claims_of(family, *study), arguments.results(), options);
      if (code != 0) return code;
      std::cout << protocol_path(*study, arguments.results()).string() << '\n';
    }
    return 0;
  }
  int code = 0;
  for (const auto& study : studies) {
    const int own = run_study(claims_of(family, *study), arguments.results(), options);
    if (own == interrupted_code) return own;
    code = std::max(code, own);
  }
  if (!options.shard.is_whole()) return code;
  const bool smoke = profile_of(arguments) == Profile::smoke;
  const std::vector<FindingResult> results =  // refuses comparisons whose models or measures do not exist
      evaluate_findings(family, arguments.results(), arguments.has("any-times"), Keep::numbers);
  if (smoke)
    std::cout << "Every study ran in its smoke profile, which is too short to say anything about the claims.\n";
  else
    std::cout << findings_text(named_results(results, arguments.positional()));
  return code;
}

}  // namespace

int reproduce_command(const CommandArguments& words) {
  std::vector<Flag> flags = family_flags(profile_names);
  for (Flag flag : {Flag{"jobs"}, Flag{"threads"}, Flag{"shard"}, results_flag(), Flag{"dry-run", false},
                    Flag{"freeze", false}, Flag{"oversubscribe", false}})
    flags.push_back(std::move(flag));
  const Arguments arguments("reproduce", words, std::move(flags), false);
  return interruptible(command_line(arguments), [&] { return reproduce_arguments(arguments); });
}

}  // namespace rnnbench::cli
