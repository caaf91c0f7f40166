#include "findings/finding.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/grid.h"
#include "findings/claim_checks.h"
#include "findings/decidable.h"

namespace rnnbench::findings {
namespace {

const std::vector<std::string> required_keys = {"number", "claim", "source", "measure", "compare", "margin"};
const std::vector<std::string> known_keys = {"number",  "claim",    "source",      "measure",       "compare",
                                             "margin",  "also",     "note",        "published",     "figure",
                                             "checked", "replaces", "replication", "not-applicable"};
const std::vector<std::string> certainties = {"read", "secondary copy", "from memory", "computed"};
const std::vector<std::string> figures = {"models", "gradients", "gates", "time to solve", "curves", "profile"};

double finite_number(const std::string& text, const std::string& message) {
  const auto value = parse_number<double>(text);
  if (!value || !std::isfinite(*value)) throw UserError(message);
  return *value;
}

// The pieces of a list, without empty ones.
std::vector<std::string> listed(const std::string& text, char separator) {
  std::vector<std::string> pieces = split(text, separator);
  std::erase(pieces, "");
  return pieces;
}

// "0.05 (its reason)" -> "0.05" and the reason; nothing if the text has another form.
std::optional<std::pair<std::string, std::string>> with_reason(const std::string& text) {
  const auto open = text.find('(');
  if (open == std::string::npos || text.back() != ')') return std::nullopt;
  std::pair parts(trim(text.substr(0, open)), trim(text.substr(open + 1, text.size() - open - 2)));
  if (parts.first.empty() || parts.second.empty()) return std::nullopt;
  return parts;
}

// Whether the text is the number of a claim other than this one.
bool names_another(const std::string& text, int number) {
  const auto other = parse_number<int>(text);
  return other && *other >= 1 && *other <= 999 && *other != number;
}

void read_margin(const std::string& text, Finding& finding) {
  const std::string form =
      "margin = " + text + " is not a number with its reason, such as 0.05 (half of what seeds differ by)";
  const auto parts = with_reason(text);
  if (!parts) throw UserError(form);
  finding.margin = finite_number(parts->first, form);
  finding.margin_reason = parts->second;
  if (!(finding.margin >= 0)) throw UserError(form);
}

// "lstm{length=50} 256 (from memory)"
Published read_published(const std::string& text) {
  const std::string form =
      "published = " + text + " is not of the form MODEL NUMBER (CERTAINTY), the certainty one of " + join(certainties);
  const auto open = text.rfind('(');
  if (open == std::string::npos || text.back() != ')') throw UserError(form);
  Published published;
  published.certainty = text.substr(open + 1, text.size() - open - 2);
  if (!std::count(certainties.begin(), certainties.end(), published.certainty)) throw UserError(form);
  const std::string head = trim(text.substr(0, open));
  const auto space = head.rfind(' ');
  if (space == std::string::npos) throw UserError(form);
  published.value = finite_number(head.substr(space + 1), form);
  published.model = parse_statement(trim(head.substr(0, space)) + " > 0").left[0];
  return published;
}

DeclaredComparison read_comparison(const std::string& text, const std::string& measure) {
  DeclaredComparison comparison{parse_statement(text), {}};
  comparison.measurement =
      parse_measurement(comparison.statement.measure.empty() ? measure : comparison.statement.measure);
  return comparison;
}

// The keys of one section [claim] or [claim NAME].
class ClaimReader {
 public:
  // `runs`: those that the study declares, without records.
  ClaimReader(const std::vector<Assignment>& written, const DeclaredStudy& study, const std::vector<Run>& runs)
      : file_(study.file.string()),
        section_("[" + written.front().section + "]"),
        line_(written.front().line),
        runs_(runs) {
    for (const Assignment& a : written) {
      if (!std::count(known_keys.begin(), known_keys.end(), a.key))
        throw UserError(file_ + ":" + std::to_string(a.line) + ": " + section_ + " has no key '" + a.key +
                        "'; it takes " + join(known_keys) + did_you_mean(a.key, known_keys));
      keys_[a.key] = &a;
    }
  }

  Finding read(const std::shared_ptr<const DeclaredStudy>& study) {
    Finding finding;
    finding.study = study;
    try {
      fill(finding);
    } catch (const UserError& error) {
      throw UserError(file_ + ":" + std::to_string(line_) + ": " + error.what());
    }
    return finding;
  }

 private:
  std::string text(const std::string& key) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return "";
    line_ = found->second->line;
    return found->second->value;
  }

  void fill(Finding& finding) {
    finding.name = finding.study->name;
    if (const std::string name = trim(section_.substr(6, section_.size() - 7)); !name.empty()) {
      if (name.size() > 40 || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
        throw UserError(section_.substr(0, 60) + ": a name consists of at most 40 small letters, digits and '-'");
      finding.name += "/" + name;
    }
    for (const std::string& key : required_keys)
      if (text(key).empty()) throw UserError(section_ + " needs " + key);
    finding.number = std::stoi(canonical_value(integer_option("number", "1", 1, 999, ""), text("number")));
    finding.claim = text("claim");
    finding.source = text("source");
    finding.note = text("note");
    finding.checked = text("checked");
    finding.replication = text("replication");
    finding.not_applicable = text("not-applicable");
    finding.replaces = text("replaces");
    if (const auto parts = with_reason(finding.replaces);
        !finding.replaces.empty() && !(parts && names_another(parts->first, finding.number)))
      throw UserError("replaces = " + finding.replaces +
                      " is not the number of another claim with the reason, such as 7 (the budget was too small)");
    read_figure(finding);
    read_margin(text("margin"), finding);
    read_comparisons(finding);
    for (const std::string& published : listed(text("published"), ',')) {
      finding.published.push_back(read_published(published));
      const Expression& model = finding.published.back().model;
      if (std::none_of(runs_.begin(), runs_.end(), [&](const Run& run) { return matches(model, run); }))
        throw UserError("published: no run is '" + model.text + "'");
    }
  }

  void read_figure(Finding& finding) {
    finding.figure = text("figure").empty() ? "models" : text("figure");
    if (finding.figure.starts_with("over ")) {
      const std::string key = finding.figure.substr(5);
      if (std::all_of(runs_.begin(), runs_.end(), [&](const Run& run) { return setting_of(run, key).empty(); }))
        throw UserError("figure = " + finding.figure + ": no run has a setting of that name");
    } else if (!std::count(figures.begin(), figures.end(), finding.figure)) {
      throw UserError("figure = " + finding.figure + " is not one of " + join(figures) + ", over KEY");
    }
  }

  void read_comparisons(Finding& finding) {
    const std::string measure = text("measure");
    // Without records, paired_values() still refuses models that no run has.
    const auto parts_of = [&](const DeclaredComparison& comparison) {
      const auto pairs = paired_values(comparison.statement, comparison.measurement, runs_);
      check_sides(comparison.statement, pairs);
      return static_cast<int>(pairs.size());
    };
    finding.primary = read_comparison(text("compare"), measure);
    if (finding.primary.statement.relation == Relation::none)
      throw UserError("compare = " + text("compare") + " claims nothing that could be decided; 'show' belongs in also");
    finding.parts = parts_of(finding.primary);
    if (finding.primary.statement.relation == Relation::within && finding.margin == 0)
      throw UserError("'" + finding.primary.statement.text +
                      "' needs a margin above 0: no measured number equals another exactly");
    line_ = keys_.at("margin")->line;
    check_margin(finding.primary, finding.margin);
    for (const std::string& comparison : listed(text("also"), ';')) {
      finding.also.push_back(read_comparison(comparison, measure));
      parts_of(finding.also.back());
    }
  }

  std::string file_, section_;
  int line_;  // of what was read last
  std::map<std::string, const Assignment*> keys_;
  const std::vector<Run>& runs_;
};

// Search A is followed by runs with the first half of the seeds, B by runs with the second.
void split_seeds(DeclaredStudy& study) {
  std::set<std::uint64_t> all;
  for (const RunSpec& run : study.experiment.runs) all.insert(run.seed);
  if (all.size() % 2 != 0)
    throw UserError(study.file.string() + ": " + std::to_string(all.size()) +
                    " seeds cannot be divided into two halves, one for each search; declare an even number");
  for (const std::uint64_t seed : all) {
    std::vector<std::uint64_t>& first = study.seeds[0];
    (first.size() < all.size() / 2 ? first : study.seeds[1]).push_back(seed);
  }
}

std::shared_ptr<const DeclaredStudy> declared_study(const std::filesystem::path& file, Profile profile,
                                                    const ExperimentFile& read) {
  auto study = std::make_shared<DeclaredStudy>();
  study->file = file;
  study->name = file.stem().string();
  if (std::count(profile_names.begin(), profile_names.end(), study->name))
    throw UserError(file.string() +
                    ": a study cannot have the name of a profile, whose results are in this folder; rename "
                    "the file");
  study->profile = profile;
  study->experiment = expand(read.declaration);
  split_seeds(*study);
  if (!read.search.empty()) {
    study->search.emplace(file.string(), study->name, read.search);
    if (profile == Profile::smoke) study->search->limit_for_smoke();
    study->search->check(study->experiment.runs);
  }
  return study;
}

}  // namespace

std::filesystem::path results_of_profile(const std::filesystem::path& results, Profile profile) {
  return profile == Profile::lab ? results : results / profile_name(profile);
}

std::filesystem::path DeclaredStudy::results(const std::filesystem::path& results) const {
  return results_of_profile(results, profile);
}

std::string DeclaredStudy::argument() const {
  return file.parent_path().filename() == "catalogue" ? name : file.generic_string();
}

std::vector<RunSpec> DeclaredStudy::runs_after(std::size_t half) const {
  std::vector<RunSpec> runs;
  for (const RunSpec& run : experiment.runs)
    if (std::count(seeds[half].begin(), seeds[half].end(), run.seed)) runs.push_back(run);
  return runs;
}

double Finding::margin_of(const DeclaredComparison& further) const {
  const auto is_ratio = [](const DeclaredComparison& c) { return c.statement.left[0].kind == Expression::Kind::ratio; };
  const bool same_unit = is_ratio(further) == is_ratio(primary) &&
                         (is_ratio(primary) || further.measurement.text == primary.measurement.text);
  return same_unit ? margin : 0;
}

std::string Finding::short_name() const { return name == study->name ? "claim" : name.substr(study->name.size() + 1); }

bool is_study(const std::filesystem::path& file) { return !read_experiment_file(file).claims.empty(); }

std::vector<Finding> read_study(const std::filesystem::path& file, Profile profile) {
  return study_of(file, read_experiment_file(file, profile), profile);
}

std::vector<Finding> study_of(const std::filesystem::path& file, const ExperimentFile& read, Profile profile) {
  if (read.claims.empty())
    throw UserError(file.string() + " claims nothing: a study has a section [claim], or sections [claim NAME], with " +
                    join(required_keys));
  const auto study = declared_study(file, profile, read);
  std::vector<Run> runs;
  for (const RunSpec& spec : study->experiment.runs) runs.push_back({spec.json(), std::nullopt});
  std::vector<Finding> findings;
  std::set<std::string> names;
  for (const std::vector<Assignment>& written : read.claims) {
    findings.push_back(ClaimReader(written, *study, runs).read(study));
    const std::string here = file.string() + ":" + std::to_string(written.front().line) + ": ";
    if (!names.insert(findings.back().name).second)
      throw UserError(here + "there are two sections [" + written.front().section + "]");
  }
  if (study->search) check_search(findings);
  return findings;
}

std::vector<Finding> read_findings(const std::vector<std::filesystem::path>& files, Profile profile) {
  std::vector<Finding> findings;
  std::map<std::string, std::string> file_of;  // by the name of the study, which folders of results go by
  for (const auto& file : files) {
    if (!is_study(file)) continue;
    std::vector<Finding> read = read_study(file, profile);
    const auto [known, is_new] = file_of.try_emplace(read.front().study->name, file.string());
    if (!is_new) throw UserError(file.string() + " and " + known->second + " are both studies named " + known->first);
    std::move(read.begin(), read.end(), std::back_inserter(findings));
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.number < b.number; });
  for (std::size_t i = 1; i < findings.size(); ++i)
    if (findings[i].number == findings[i - 1].number)
      throw UserError(findings[i].name + " and " + findings[i - 1].name + " are both finding number " +
                      std::to_string(findings[i].number));
  if (profile != Profile::smoke)
    for (const Finding& finding : findings) check_decidable(finding);
  return findings;
}

}  // namespace rnnbench::findings
