// findings: the table of findings; report findings: the page of all findings.
#include "cli/findings.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "cli/figures.h"
#include "core/error.h"
#include "core/text.h"
#include "experiments/records/files.h"
#include "experiments/records/foreign_files.h"
#include "findings/listing.h"
#include "findings/page/figure.h"
#include "findings/page/page.h"
#include "findings/page/runs_shown.h"
#include "findings/page/search_figure.h"
#include "findings/protocol.h"

namespace rnnbench::cli {
namespace {

// "counting/anbn" -> "counting" and "anbn", "my/file.ini/anbn" -> "my/file.ini" and "anbn": study and claim of a name
// on the command line. Without a claim, the second is empty.
std::pair<std::string, std::string> study_and_claim(const std::string& name) {
  std::error_code ignored;
  const auto slash = name.rfind('/');
  if (slash == std::string::npos || slash == 0 || name.ends_with(".ini") || std::filesystem::exists(name, ignored))
    return {name, ""};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

bool contains_file(const std::vector<std::filesystem::path>& files, const std::filesystem::path& file) {
  std::error_code ignored;
  return std::any_of(files.begin(), files.end(),
                     [&](const auto& known) { return std::filesystem::equivalent(known, file, ignored); });
}

std::vector<std::filesystem::path> study_files(const std::vector<std::string>& names) {
  std::vector<std::filesystem::path> files;
  for (const std::string& name : names) {
    const std::filesystem::path file = find_experiment(study_and_claim(name).first);
    if (!is_study(file))
      throw UserError("command line: '" + name + "' is an experiment without [claim]; start it with rnnbench run");
    if (!contains_file(files, file)) files.push_back(file);
  }
  return files;
}

std::vector<std::filesystem::path> family_files(const Arguments& arguments) {
  const std::vector<std::filesystem::path> named = study_files(arguments.positional());
  if (arguments.has("family")) {
    std::vector<std::filesystem::path> family = study_files(split(arguments.text("family", "")));
    for (std::size_t i = 0; i < named.size(); ++i)
      if (!contains_file(family, named[i]))
        throw UserError("command line: '" + named[i].string() +
                        "' is not in --family = " + arguments.text("family", "") + "; add it there");
    return family;
  }
  const std::vector<std::filesystem::path> catalogue = catalogue_files();
  const bool published =
      std::all_of(named.begin(), named.end(), [&](const auto& file) { return contains_file(catalogue, file); });
  return published ? catalogue : named;
}

}  // namespace

std::vector<Flag> family_flags(const std::vector<std::string>& profiles) {
  return {{"family"}, {"profile", true, profiles}, {"any-times", false}};
}

Profile profile_of(const Arguments& arguments) { return profile_named(arguments.text("profile", "lab")); }

bool is_named(const Finding& finding, const std::vector<std::string>& names) {
  return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           const auto [study, claim] = study_and_claim(name);
           return std::filesystem::path(study).stem() == finding.study->name &&
                  (claim.empty() || claim == finding.short_name());
         });
}

std::vector<FindingResult> named_results(std::vector<FindingResult> results, const std::vector<std::string>& names) {
  std::erase_if(results, [&](const FindingResult& result) { return !is_named(*result.finding, names); });
  return results;
}

std::vector<Finding> finding_family(const Arguments& arguments, Profile profile) {
  std::vector<Finding> findings = read_findings(family_files(arguments), profile);
  for (const std::string& name : arguments.positional()) {
    if (std::any_of(findings.begin(), findings.end(), [&](const Finding& f) { return is_named(f, {name}); })) continue;
    const std::string study = study_and_claim(name).first;
    std::vector<std::string> claims;
    for (const Finding& finding : findings)
      if (is_named(finding, {study})) claims.push_back(study + "/" + finding.short_name());
    throw UserError("command line: there is no claim '" + name + "'; the study has " + join(claims));
  }
  return findings;
}

int findings_command(const CommandArguments& words) {
  std::vector<Flag> flags = family_flags({"lab", "full"});
  flags.push_back(results_flag());
  flags.push_back(format_flag({"text", "markdown", "latex", "json"}));
  const Arguments arguments("findings", words, std::move(flags), false);
  const std::vector<Finding> findings = finding_family(arguments, profile_of(arguments));
  const std::vector<FindingResult> results =
      named_results(evaluate_findings(findings, arguments.results(), arguments.has("any-times"), Keep::numbers),
                    arguments.positional());
  const std::string format = arguments.format();
  if (format == "json") std::cout << findings_json(results).dump(2) << '\n';
  if (format == "markdown") std::cout << findings_markdown(results);
  if (format == "latex") std::cout << findings_latex(results);
  if (format == "text") std::cout << findings_text(results);
  return 0;
}

int plot_findings(const CommandArguments& words) {
  std::vector<Flag> flags = family_flags(profile_names);
  flags.push_back(results_flag());
  for (Flag& flag : drawing_flags()) flags.push_back(std::move(flag));
  const Arguments arguments("plot findings", words, std::move(flags), false);
  const Drawing drawing = drawing_of(arguments);
  const std::vector<Finding> findings = finding_family(arguments, profile_of(arguments));
  bool any = false;
  for (const FindingResult& result : named_results(
           evaluate_findings(findings, arguments.results(), arguments.has("any-times")), arguments.positional())) {
    if (!has_records(result)) continue;
    any = true;
    const DeclaredStudy& study = *result.finding->study;
    Figure figure = finding_figure(result, drawing.layout());
    std::filesystem::path folder = study.results(arguments.results()) / study.name / "figures";
    if (!drawing.folder.empty()) {  // one folder for all studies, which may have claims of the same name
      figure.name = study.name + "-" + figure.name;
      folder = drawing.folder;
    }
    if (drawing.folder.empty()) refuse_other_owners(folder.parent_path());
    draw({std::move(figure)}, folder, drawing);
  }
  if (!any)
    throw UserError("command line: no run of these claims is recorded in " + arguments.results().string() +
                    "; train them with rnnbench reproduce");
  return 0;
}

int report_findings(const CommandArguments& words) {
  std::vector<Flag> flags = family_flags(profile_names);
  flags.push_back(results_flag());
  const Arguments arguments("report findings", words, std::move(flags), false);
  const std::vector<Finding> findings = finding_family(arguments, profile_of(arguments));
  const std::vector<FindingResult> results =
      evaluate_findings(findings, arguments.results(), arguments.has("any-times"));
  std::filesystem::path folder = arguments.results();
  std::vector<std::pair<Figure, std::filesystem::path>> figures;  // all, before the first is written
  for (const FindingResult& result : results) {
    const DeclaredStudy& study = *result.finding->study;
    folder = study.results(arguments.results());
    if (has_records(result)) figures.emplace_back(finding_figure(result), folder / study.name / "figures");
  }
  for (const auto& study : studies_of(findings)) {
    const auto result =
        std::find_if(results.begin(), results.end(), [&](const FindingResult& r) { return r.finding->study == study; });
    if (result->records->searched && study->search)
      figures.emplace_back(search_figure(*result->records), folder / study->name / "figures");
  }
  refuse_other_owner(folder);
  for (const auto& [figure, own_folder] : figures) {
    refuse_links_and_devices(own_folder.parent_path());
    refuse_other_owners(own_folder.parent_path());
  }
  bool installed = true;
  for (const auto& [figure, own_folder] : figures) {
    if (installed)
      installed = make_figures({figure}, own_folder);
    else
      write_figures({figure}, own_folder);
  }
  std::filesystem::create_directories(folder);
  remove_abandoned(folder);
  write_atomically(folder / "findings.html", findings_page(results, arguments.results()));
  std::cout << (folder / "findings.html").string() << '\n';
  return 0;
}

}  // namespace rnnbench::cli
