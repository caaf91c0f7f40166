#include "findings/finding.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "analysis/format.h"
#include "analysis/statistics/paired.h"
#include "core/error.h"
#include "experiments/declaration/grid.h"
#include "findings/verdict.h"

namespace rnnbench::findings {
namespace {

const std::vector<std::string> known_keys = {"claim", "source", "number",    "measure", "compare", "margin",
                                             "also",  "note",   "published", "figure",  "checked", "not-applicable"};
const std::vector<std::string> certainties = {"read", "secondary copy", "from memory", "computed"};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// At `mark` outside of parentheses and braces.
std::vector<std::string> split_outside(const std::string& text, char mark) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    depth += (c == '(' || c == '{') - (c == ')' || c == '}');
    if (c == mark && depth == 0)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (std::string& part : parts) part = trimmed(part);
  std::erase(parts, "");
  return parts;
}

double number_of(const std::string& text, const std::string& sentence) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) throw UserError(sentence);
  return value;
}

// "0.05 (its reason)" -> 0.05 and the reason.
void read_margin(const std::string& text, Finding& finding) {
  const std::string form =
      "margin = " + text + " is not a number with its reason, such as 0.05 (half of what seeds differ by)";
  const auto open = text.find('(');
  if (open == std::string::npos || text.back() != ')') throw UserError(form);
  finding.margin = number_of(trimmed(text.substr(0, open)), form);
  finding.margin_reason = trimmed(text.substr(open + 1, text.size() - open - 2));
  if (!(finding.margin >= 0) || finding.margin_reason.empty()) throw UserError(form);
}

// "lstm{length=50} 256 (from memory)"
Published read_published(const std::string& text) {
  const std::string form = "published = " + text +
                           " is not of the form MODEL NUMBER (CERTAINTY), the certainty one of " +
                           join(certainties, ", ");
  const auto open = text.rfind('(');
  if (open == std::string::npos || text.back() != ')') throw UserError(form);
  Published published;
  published.certainty = text.substr(open + 1, text.size() - open - 2);
  if (!std::count(certainties.begin(), certainties.end(), published.certainty)) throw UserError(form);
  const std::string head = trimmed(text.substr(0, open));
  const auto space = head.rfind(' ');
  if (space == std::string::npos) throw UserError(form);
  published.value = number_of(head.substr(space + 1), form);
  published.model = parse_statement(trimmed(head.substr(0, space)) + " > 0").left[0];
  return published;
}

MeasuredStatement read_comparand(const std::string& text, const std::string& measure) {
  MeasuredStatement comparand{parse_statement(text), {}};
  comparand.measurement =
      parse_measurement(comparand.statement.measure.empty() ? measure : comparand.statement.measure);
  return comparand;
}

// What a statement names, a search would change: then no run would be the one that is named.
void check_searched(const Finding& finding) {
  std::vector<const Statement*> statements = {&finding.primary.statement};
  for (const MeasuredStatement& also : finding.also) statements.push_back(&also.statement);
  for (const Statement* statement : statements)
    for (const Expression* model : statement->models())
      for (const auto& [key, value] : model->where)
        for (const std::string& searched : finding.tuning->keys())
          if (key == searched)
            throw UserError("[tuning] searches " + key + ", which '" + model->text +
                            "' names; take it out of one of them");
}

int seeds_of(const Finding& finding) {
  std::set<std::uint64_t> seeds;
  for (const RunSpec& run : finding.experiment.runs) seeds.insert(run.seed);
  return static_cast<int>(seeds.size());
}

}  // namespace

double Finding::margin_of(const MeasuredStatement& other) const {
  const auto ratio = [](const MeasuredStatement& c) { return c.statement.left[0].kind == Expression::Kind::ratio; };
  const bool same_unit = other.measurement.text == primary.measurement.text || (ratio(other) && ratio(primary));
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
    throw UserError(file.string() +
                    " claims nothing: a finding has a section [finding] with claim, source, measure, "
                    "compare and margin");
  Finding finding;
  finding.file = file;
  finding.name = file.stem().string();
  finding.profile = profile;
  finding.experiment = expand(read.declaration);
  std::map<std::string, const Assignment*> keys;
  for (const Assignment& a : read.finding) {
    if (!std::count(known_keys.begin(), known_keys.end(), a.key))
      throw UserError(file.string() + ":" + std::to_string(a.line) + ": [finding] has no key '" + a.key +
                      "'; it takes " + join(known_keys, ", ") + did_you_mean(a.key, known_keys));
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
      throw UserError("figure = " + finding.figure + " is not one of " + join(figures, ", ") + ", over KEY");
    read_margin(text("margin"), finding);
    // Every model has to be one of the runs: decide() says which is not, even without records.
    std::vector<Run> runs;
    for (const RunSpec& spec : finding.experiment.runs) runs.push_back({spec.json(), std::nullopt});
    if (text("figure").starts_with("over ")) {
      const std::string key = finding.figure.substr(5);
      if (std::all_of(runs.begin(), runs.end(), [&](const Run& run) { return setting_of(run, key).empty(); }))
        throw UserError("figure = " + finding.figure + ": no run has a setting of that name");
    }
    const std::string measure = text("measure");
    const auto parts_of = [&](const MeasuredStatement& comparand) {
      return static_cast<int>(decide(comparand.statement, comparand.measurement, finding.margin, runs).parts.size());
    };
    finding.primary = read_comparand(text("compare"), measure);
    finding.parts = parts_of(finding.primary);
    if (finding.primary.statement.relation == Relation::within && finding.margin == 0)
      throw UserError("'" + finding.primary.statement.text + "' needs a margin above 0: no number lies within nothing");
    for (const std::string& part : split_outside(text("also"), ';')) {
      finding.also.push_back(read_comparand(part, measure));
      parts_of(finding.also.back());
    }
    for (const std::string& part : split_outside(text("published"), ',')) {
      finding.published.push_back(read_published(part));
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
  std::map<std::string, std::string> files_of;  // records and figures go by the name
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
    if (finding.not_applicable.empty() && seeds < min_runs_for_interval)
      throw UserError(finding.file.string() + ": " + std::to_string(seeds) +
                      " seeds decide nothing; an interval takes " + std::to_string(min_runs_for_interval) + " or more");
    // One of several parts that fails contradicts the claim: so many chances are paid for.
    const double best = smallest_p(seeds) * finding.parts * static_cast<double>(family);
    const std::string parts = finding.parts == 1 ? "" : std::to_string(finding.parts) + " comparisons in ";
    if (finding.not_applicable.empty() && best > 0.05)
      throw UserError(finding.file.string() + ": " + std::to_string(seeds) + " seeds cannot decide " + parts +
                      "a family of " + std::to_string(family) + " findings: the smallest p-value they can give is " +
                      significant(smallest_p(seeds)) + ", which the correction makes " + significant(best) +
                      "; give it more seeds");
  }
  return findings;
}

}  // namespace rnnbench::findings
