// findings: the table of findings; report findings: the page of all findings.
#include "cli/findings.h"

#include <algorithm>
#include <iostream>

#include "cli/figures.h"
#include "core/error.h"
#include "experiments/records/files.h"
#include "findings/listing.h"
#include "findings/page/figure.h"
#include "findings/page/page.h"
#include "findings/page/runs_shown.h"

namespace rnnbench::cli {

Profile profile_of(const Arguments& arguments) { return profile_named(arguments.text("profile", "lab")); }

bool is_named(const Finding& finding, const std::vector<std::string>& names) {
  return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return std::filesystem::path(name).stem() == finding.name;
         });
}

std::vector<FindingResult> named_results(std::vector<FindingResult> results, const std::vector<std::string>& names) {
  std::erase_if(results, [&](const FindingResult& result) { return !is_named(*result.finding, names); });
  return results;
}

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

int findings_command(const CommandArguments& words) {
  const Arguments arguments("findings", words,
                            {results_flag(),
                             format_flag({"text", "markdown", "json"}),
                             {"profile", true, {"lab", "full"}},
                             {"any-times", false}},
                            false);
  const std::vector<Finding> findings = finding_family(arguments.positional(), profile_of(arguments));
  const std::vector<FindingResult> results = named_results(
      evaluate_findings(findings, arguments.results(), arguments.has("any-times")), arguments.positional());
  const std::string format = arguments.format();
  if (format == "json") std::cout << findings_json(results).dump(2) << '\n';
  if (format == "markdown") std::cout << findings_markdown(results);
  if (format == "text") std::cout << findings_text(results);
  return 0;
}

int report_findings(const CommandArguments& words) {
  const Arguments arguments("report findings", words,
                            {results_flag(), {"profile", true, profile_names}, {"any-times", false}}, false);
  const std::vector<Finding> findings = finding_family(arguments.positional(), profile_of(arguments));
  const std::vector<FindingResult> results =
      evaluate_findings(findings, arguments.results(), arguments.has("any-times"));
  std::filesystem::path folder = arguments.results();
  std::vector<std::pair<Figure, std::filesystem::path>> figures;  // all, before the first is written
  for (const FindingResult& result : results) {
    folder = result.finding->results(arguments.results());
    if (has_records(result)) figures.emplace_back(finding_figure(result), folder / result.finding->name / "figures");
  }
  bool installed = true;
  for (const auto& [figure, own_folder] : figures) {
    if (installed)
      installed = make_figures({figure}, own_folder);
    else
      write_figures({figure}, own_folder);
  }
  std::filesystem::create_directories(folder);
  write_atomically(folder / "findings.html", findings_page(results, arguments.results()));
  std::cout << (folder / "findings.html").string() << '\n';
  return 0;
}

}  // namespace rnnbench::cli
