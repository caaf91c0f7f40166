#include "findings/finding.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "analysis/format.h"
#include "analysis/statistics/effect.h"
#include "core/error.h"
#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/grid.h"
#include "findings/verdict.h"

namespace rnnbench::findings {
namespace {

const std::vector<std::string> known_keys = {"claim", "source", "number",    "measure", "compare", "margin",
                                             "also",  "note",   "published", "figure",  "checked", "not-applicable"};
const std::vector<std::string> certainties = {"read", "secondary copy", "from memory", "computed"};

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

// "0.05 (its reason)" -> 0.05 and the reason.
void read_margin(const std::string& text, Finding& finding) {
  const std::string form =
      "margin = " + text + " is not a number with its reason, such as 0.05 (half of what seeds differ by)";
  const auto open = text.find('(');
  if (open == std::string::npos || text.back() != ')') throw UserError(form);
  finding.margin = finite_number(trim(text.substr(0, open)), form);
  finding.margin_reason = trim(text.substr(open + 1, text.size() - open - 2));
  if (!(finding.margin >= 0) || finding.margin_reason.empty()) throw UserError(form);
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

// A search changes the settings that it varies, so no run would have the value that a statement names.
void check_searched(const Finding& finding) {
  std::vector<const Statement*> statements = {&finding.primary.statement};
  for (const DeclaredComparison& also : finding.also) statements.push_back(&also.statement);
  const std::vector<std::string> searched = finding.tuning->keys();
  for (const Statement* statement : statements)
    for (const Expression* model : statement->models())
      for (const auto& [key, value] : model->where)
        if (std::count(searched.begin(), searched.end(), key))
          throw UserError("[tuning] searches " + key + ", which '" + model->text +
                          "' names; take it out of one of them");
}

int seeds_of(const Finding& finding) {
  std::set<std::uint64_t> seeds;
  for (const RunSpec& run : finding.experiment.runs) seeds.insert(run.seed);
  return static_cast<int>(seeds.size());
}

// A loss has no reliable interval for its mean, so a comparison of its mean would never be decided.
void check_scale(const Finding& finding) {
  const Statement& statement = finding.primary.statement;
  for (const Expression& side : statement.left)
    if (comparison_scale(side, statement.right, finding.primary.measurement) == Scale::unbounded)
      throw UserError(finding.file.string() + ": '" + statement.text + "' compares means of " +
                      finding.primary.measurement.text +
                      ", which spans orders of magnitude, so that no interval of its mean is reliable; compare a ratio "
                      "with a number, such as lstm / gru < 1, whose logarithm is used, or relative_loss or skill");
}

// Measures of solving need enough validation sequences, or networks at chance level count as solved.
void check_solving(const Finding& finding) {
  std::vector<const DeclaredComparison*> comparisons{&finding.primary};
  for (const DeclaredComparison& also : finding.also) comparisons.push_back(&also);
  for (const DeclaredComparison* comparison : comparisons) {
    if (!is_of_solving(comparison->measurement)) continue;
    for (const RunSpec& run : finding.experiment.runs)
      if (!can_decide_solving(run))
        throw UserError(finding.file.string() + ": evaluate = " + run.training.text("evaluate") + " is too small for " +
                        comparison->measurement.text + ", which needs " + std::to_string(min_evaluate_to_solve) +
                        " or more");
  }
}

// Too few binary outcomes cannot establish equivalence, whatever they are: all 12 of 12 runs solved on both sides are
// compatible with a difference of 0.2. `findings` is the size of the family.
void check_binary_equivalence(const Finding& finding, int seeds, double findings) {
  const Statement& statement = finding.primary.statement;
  const std::string& measure = finding.primary.measurement.name;
  if (statement.relation != Relation::within || (measure != "solved" && measure != "diverged")) return;
  const ClaimedRange claimed = claimed_range(statement, finding.margin);
  for (const Expression& side : statement.left) {
    if (comparison_scale(side, statement.right, finding.primary.measurement) != Scale::share) continue;
    const bool rate = statement.right.kind == Expression::Kind::number && side.kind != Expression::Kind::difference;
    const auto best = [&](int n) {
      return findings * (rate ? smallest_equivalence_p_of_rate(n, claimed.low, claimed.high)
                              : smallest_equivalence_p_of_pairs(n, claimed.low, claimed.high));
    };
    if (best(seeds) <= 0.05) continue;
    int too_few = seeds, enough = max_seeds_to_decide;
    const bool possible = best(enough) <= 0.05;
    while (possible && enough - too_few > 1) {
      const int middle = (too_few + enough) / 2;
      (best(middle) <= 0.05 ? enough : too_few) = middle;
    }
    throw UserError(
        finding.file.string() + ": " + std::to_string(seeds) + " seeds cannot establish '" + statement.text + "' for " +
        measure + " within " + number_text(finding.margin) +
        (findings > 1 ? " in a family of " + number_text(findings) + " findings" : "") + ", even if all runs agree; " +
        (possible ? "give it " + std::to_string(enough) + " seeds or a wider margin"
                  : "more than " + thousands(max_seeds_to_decide) + " would be needed; give it a wider margin"));
  }
}

}  // namespace

double Finding::margin_of(const DeclaredComparison& further) const {
  const auto is_ratio = [](const DeclaredComparison& c) { return c.statement.left[0].kind == Expression::Kind::ratio; };
  const bool same_unit =
      further.measurement.text == primary.measurement.text || (is_ratio(further) && is_ratio(primary));
  return same_unit ? margin : 0;
}

std::filesystem::path Finding::results(const std::filesystem::path& results) const {
  return profile == Profile::lab ? results : results / profile_name(profile);
}

Experiment Finding::first_runs() const {
  Experiment first = experiment;
  if (!tuning) return first;
  std::set<std::string> seen;
  for (const RunSpec& run : first.runs) seen.insert(run.id());
  for (RunSpec& trial : tuning->trial_runs(experiment.runs))
    if (seen.insert(trial.id()).second) first.runs.push_back(std::move(trial));
  return first;
}

bool is_finding(const std::filesystem::path& file) {
  const std::vector<Assignment> written = read_ini(file);
  return std::any_of(written.begin(), written.end(), [](const Assignment& a) { return a.section == "finding"; });
}

Finding read_finding(const std::filesystem::path& file, Profile profile) {
  const ExperimentFile read = read_experiment_file(file, profile);
  if (read.finding.empty())
    throw UserError(
        file.string() +
        " claims nothing: a finding has a section [finding] with number, claim, source, measure, compare and "
        "margin");
  Finding finding;
  finding.file = file;
  finding.name = file.stem().string();
  finding.profile = profile;
  finding.experiment = expand(read.declaration);
  std::map<std::string, const Assignment*> keys;
  for (const Assignment& a : read.finding) {
    if (!std::count(known_keys.begin(), known_keys.end(), a.key))
      throw UserError(file.string() + ":" + std::to_string(a.line) + ": [finding] has no key '" + a.key +
                      "'; it takes " + join(known_keys) + did_you_mean(a.key, known_keys));
    keys[a.key] = &a;
  }
  int line = read.finding.front().line;
  const auto text = [&](const std::string& key) -> std::string {
    const auto found = keys.find(key);
    if (found == keys.end()) return "";
    line = found->second->line;
    return found->second->value;
  };
  try {
    for (const char* key : {"number", "claim", "source", "measure", "compare", "margin"})
      if (text(key).empty()) throw UserError(std::string("[finding] needs ") + key);
    finding.number = std::stoi(canonical_value(integer_option("number", "1", 1, 999, ""), text("number")));
    finding.claim = text("claim");
    finding.source = text("source");
    finding.note = text("note");
    finding.checked = text("checked");
    finding.not_applicable = text("not-applicable");
    finding.figure = text("figure").empty() ? "models" : text("figure");
    const std::vector<std::string> figures = {"models", "gradients", "gates", "time to solve", "curves", "profile"};
    if (!finding.figure.starts_with("over ") && !std::count(figures.begin(), figures.end(), finding.figure))
      throw UserError("figure = " + finding.figure + " is not one of " + join(figures) + ", over KEY");
    read_margin(text("margin"), finding);
    // Without records, paired_values() still refuses models that no run has.
    std::vector<Run> runs;
    for (const RunSpec& spec : finding.experiment.runs) runs.push_back({spec.json(), std::nullopt});
    if (text("figure").starts_with("over ")) {
      const std::string key = finding.figure.substr(5);
      if (std::all_of(runs.begin(), runs.end(), [&](const Run& run) { return setting_of(run, key).empty(); }))
        throw UserError("figure = " + finding.figure + ": no run has a setting of that name");
    }
    const std::string measure = text("measure");
    const auto parts_of = [&](const DeclaredComparison& comparison) {
      return static_cast<int>(paired_values(comparison.statement, comparison.measurement, runs).size());
    };
    finding.primary = read_comparison(text("compare"), measure);
    if (finding.primary.statement.relation == Relation::none)
      throw UserError("compare = " + text("compare") + " claims nothing that could be decided; 'show' belongs in also");
    finding.parts = parts_of(finding.primary);
    if (finding.primary.statement.relation == Relation::within && finding.margin == 0)
      throw UserError("'" + finding.primary.statement.text +
                      "' needs a margin above 0: no measured number equals another exactly");
    for (const std::string& comparison : listed(text("also"), ';')) {
      finding.also.push_back(read_comparison(comparison, measure));
      parts_of(finding.also.back());
    }
    for (const std::string& published : listed(text("published"), ',')) {
      finding.published.push_back(read_published(published));
      const Expression& model = finding.published.back().model;
      if (std::none_of(runs.begin(), runs.end(), [&](const Run& run) { return matches(model, run); }))
        throw UserError("published: no run is '" + model.text + "'");
    }
  } catch (const UserError& error) {
    throw UserError(file.string() + ":" + std::to_string(line) + ": " + error.what());
  }
  if (!read.tuning.empty()) {
    finding.tuning.emplace(file.string(), read.tuning);
    try {
      check_searched(finding);
    } catch (const UserError& error) {
      throw UserError(file.string() + ": " + error.what());
    }
    finding.tuning->check(finding.experiment.runs);
    if (profile == Profile::smoke) finding.tuning->limit_trials(1);
    for (const RunSpec& run : finding.experiment.runs)
      if (std::count(finding.tuning->seeds().begin(), finding.tuning->seeds().end(), run.seed))
        throw UserError(file.string() + ": seed " + std::to_string(run.seed) +
                        " is reported and also tuned on; give [tuning] seeds of its own");
  }
  return finding;
}

std::vector<Finding> read_findings(const std::vector<std::filesystem::path>& files, Profile profile) {
  std::vector<Finding> findings;
  for (const auto& file : files)
    if (is_finding(file)) findings.push_back(read_finding(file, profile));
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) { return a.number < b.number; });
  for (std::size_t i = 1; i < findings.size(); ++i)
    if (findings[i].number == findings[i - 1].number)
      throw UserError(findings[i].file.string() + " and " + findings[i - 1].file.string() +
                      " are both finding number " + std::to_string(findings[i].number));
  std::map<std::string, std::string> files_of;  // by name, which records and figures go by
  for (const Finding& finding : findings) {
    const auto [known, is_new] = files_of.try_emplace(finding.name, finding.file.string());
    if (!is_new)
      throw UserError(finding.file.string() + " and " + known->second + " are both findings named " + finding.name);
  }
  if (profile == Profile::smoke) return findings;
  const auto family =
      std::count_if(findings.begin(), findings.end(), [](const Finding& f) { return f.not_applicable.empty(); });
  for (const Finding& finding : findings) {
    const int seeds = seeds_of(finding);
    if (finding.not_applicable.empty()) check_scale(finding);
    if (finding.not_applicable.empty() && seeds < min_runs_for_interval)
      throw UserError(finding.file.string() + ": " + std::to_string(seeds) +
                      " seeds decide nothing; an interval takes " + std::to_string(min_runs_for_interval) + " or more");
    // Every part is a chance to contradict the claim, so the correction counts each.
    const double best = smallest_p(seeds) * finding.parts * static_cast<double>(family);
    const std::string parts = finding.parts == 1 ? "" : std::to_string(finding.parts) + " comparisons in ";
    if (finding.not_applicable.empty() && best > 0.05)
      throw UserError(finding.file.string() + ": " + std::to_string(seeds) + " seeds cannot decide " + parts +
                      "a family of " + std::to_string(family) + " findings: the smallest p-value they can give is " +
                      significant(smallest_p(seeds)) + ", which the correction makes " + significant(best) +
                      "; give it more seeds");
    check_solving(finding);
    if (finding.not_applicable.empty()) check_binary_equivalence(finding, seeds, static_cast<double>(family));
  }
  return findings;
}

}  // namespace rnnbench::findings
