#include "findings/evaluation.h"

#include <algorithm>
#include <exception>
#include <map>
#include <set>

#include "analysis/format.h"
#include "analysis/statistics/paired.h"
#include "core/error.h"
#include "core/threads.h"
#include "experiments/records/environment.h"
#include "experiments/records/results_folder.h"

namespace rnnbench::findings {
namespace {

constexpr double significance = 0.05;

// The records of one finding. Each is read once, although trials, untuned and tuned runs share some.
class Records {
 public:
  explicit Records(const ResultsFolder& folder) : folder_(folder) {}

  // nullptr when there is none.
  const Record* find(const std::string& id) { return read(id) ? &*read(id) : nullptr; }
  // Moves the records into the runs, except for those that `later` needs too.
  std::vector<Run> take(const std::vector<RunSpec>& specs, const std::vector<RunSpec>& later = {}) {
    std::set<std::string> needed;
    for (const RunSpec& spec : later) needed.insert(spec.id());
    std::vector<Run> runs;
    for (const RunSpec& spec : specs) {
      runs.push_back({spec.json(), std::nullopt});
      const std::string id = runs.back().id();
      std::optional<Record>& record = read(id);
      if (needed.contains(id))
        runs.back().record = record;
      else
        runs.back().record = std::move(record);
    }
    return runs;
  }
  // Of all records that were read.
  double cpu_seconds() const { return cpu_seconds_; }

 private:
  std::optional<Record>& read(const std::string& id) {
    const auto [entry, is_new] = records_.try_emplace(id);
    std::optional<Record>& record = entry->second;
    if (!is_new) return record;
    record = folder_.load(id);
    if (record)
      for (const char* key : {"train_cpu_seconds", "evaluate_cpu_seconds"})
        cpu_seconds_ += record->measured.value(key, 0.0);
    return record;
  }

  const ResultsFolder& folder_;
  std::map<std::string, std::optional<Record>> records_;
  double cpu_seconds_ = 0;
};

bool all_recorded(const std::vector<Run>& runs) {
  return std::all_of(runs.begin(), runs.end(), [](const Run& run) { return run.recorded(); });
}

int sign_of(double value) { return (value > 0) - (value < 0); }

// The published number of one side of the comparison on one task.
std::optional<double> published_value(const Finding& finding, const Expression& side, const ComparisonPart& part) {
  if (side.kind == Expression::Kind::number) return side.number;
  for (const Published& p : finding.published) {
    const bool same = std::all_of(p.model.where.begin(), p.model.where.end(), [&](const auto& setting) {
      return std::count(side.where.begin(), side.where.end(), setting) > 0 ||
             ("\n" + part.task_settings).find("\n" + setting.first + "=" + setting.second + "\n") != std::string::npos;
    });
    if (p.model.cell == side.cell && same) return p.value;
  }
  return std::nullopt;
}

PublishedAgreement compare_with_published(const FindingResult& result) {
  PublishedAgreement agreement;
  const Outcome& outcome = *result.primary;
  const std::vector<Expression>& left = outcome.statement.left;
  for (std::size_t i = 0; i < outcome.parts.size(); ++i) {
    const ComparisonPart& part = outcome.parts[i];
    const auto a = published_value(*result.finding, left[i % left.size()], part),
               b = published_value(*result.finding, outcome.statement.right, part);
    if (!a || !b) continue;
    const bool plain = outcome.compares_with_number();
    agreement.sign = agreement.sign.value_or(true) && sign_of(*a - *b) == sign_of(part.effect - (plain ? *b : 0));
    if (!part.interval) continue;
    const double theirs = plain ? *a : *a - *b;
    agreement.size = agreement.size.value_or(true) && part.interval->low <= theirs && theirs <= part.interval->high;
  }
  std::vector<std::pair<double, double>> numbers;  // theirs, ours
  for (const Published& p : result.finding->published)
    if (const auto ours = mean_of_model(result, p.model)) numbers.emplace_back(p.value, *ours);
  if (numbers.size() < 2) return agreement;
  agreement.ranking = true;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      agreement.ranking =
          *agreement.ranking &&
          sign_of(numbers[i].first - numbers[k].first) * sign_of(numbers[i].second - numbers[k].second) >= 0;
  return agreement;
}

bool compares_scores(const Measurement& measurement) { return !is_of_solving(measurement) && !is_time(measurement); }

std::vector<std::string> caveats_of(const Finding& finding, const std::vector<Run>& runs, bool any_times) {
  std::vector<std::string> caveats;
  if (std::any_of(runs.begin(), runs.end(), [](const Run& run) { return run.tested_on_list(); }))
    caveats.push_back(caveat_of_list_test);
  const auto stopped =
      std::count_if(runs.begin(), runs.end(), [](const Run& run) { return run.stopped_when_solved(); });
  if (stopped > 0 && compares_scores(finding.primary.measurement))
    caveats.push_back(std::to_string(stopped) + " of " + counted(runs.size(), "run") +
                      " stopped when they had solved the task, and their scores are those of that moment");
  const bool times = std::any_of(finding.also.begin(), finding.also.end(),
                                 [](const DeclaredComparison& also) { return is_time(also.measurement); });
  if (const std::string why = unreliable_times(runs); times && !any_times && !why.empty())
    caveats.push_back("further comparisons of times mean nothing: " + why);
  return caveats;
}

// All but what depends on the other findings.
FindingResult evaluate(const Finding& finding, const std::filesystem::path& results, bool any_times) {
  FindingResult result;
  result.finding = &finding;
  const ResultsFolder folder(finding.results(results), finding.name);
  Records records(folder);
  const std::vector<RunSpec>& declared = finding.experiment.runs;
  if (!finding.tuning) {
    result.runs = records.take(declared);
  } else {
    for (const RunSpec& trial : finding.tuning->trial_runs(declared)) records.find(trial.id());
    const auto find = [&](const std::string& id) { return records.find(id); };
    if (auto chosen = tuned(*finding.tuning, declared, find)) {
      result.runs = records.take(chosen->runs, declared);
      result.choices = std::move(chosen->choices);
    }
    result.untuned = records.take(declared);
  }
  result.cpu_seconds = records.cpu_seconds();
  std::set<std::uint64_t> seeds;
  for (const RunSpec& run : declared) seeds.insert(run.seed);
  result.seeds = static_cast<int>(seeds.size());
  result.declared = declared.size();
  result.caveats = caveats_of(finding, result.runs, any_times);
  for (const Run& run : result.runs) {
    result.recorded += run.recorded();
    result.diverged += run.diverged();
  }
  if (result.runs.empty() || !all_recorded(result.runs)) {
    result.reason = std::to_string(result.recorded) + " of " + std::to_string(result.declared) + " runs recorded";
    return result;
  }
  const auto decided = [&](const DeclaredComparison& comparison, double margin, const std::vector<Run>& runs) {
    return decide(comparison.statement, comparison.measurement, margin, runs);
  };
  result.primary = decided(finding.primary, finding.margin, result.runs);
  for (const DeclaredComparison& also : finding.also)
    result.also.push_back(decided(also, finding.margin_of(also), result.runs));
  if (!result.untuned.empty() && all_recorded(result.untuned))
    result.untuned_primary = decided(finding.primary, finding.margin, result.untuned);
  result.verdict = result.primary->verdict;
  if (is_time(finding.primary.measurement) && !any_times) result.reason = unreliable_times(result.runs);
  result.refused = !result.reason.empty();
  if (result.refused) result.verdict = Verdict::undecided;
  result.published = compare_with_published(result);
  return result;
}

bool is_decided(const FindingResult& result) {
  return result.verdict == Verdict::supported || result.verdict == Verdict::contradicted;
}

// How many more seeds would decide when Holm's correction multiplies the p-value by so many findings. All parts have to
// be supported, but one contradicted part contradicts the claim, which counts as one test per part.
std::string needed_seeds(const Outcome& outcome, int seeds, double findings) {
  const bool contradicted = outcome.verdict == Verdict::contradicted;
  const double tests = contradicted ? findings * static_cast<double>(outcome.parts.size()) : findings;
  int max = 0;
  for (const ComparisonPart& part : outcome.parts) {
    if (static_cast<int>(part.values.size()) < min_runs_for_interval) return "fewer than ten seeds";
    if (!part.interval) return "these numbers have no reliable interval";
    if (contradicted && &part != &outcome.decisive()) continue;
    const auto needed = seeds_needed(outcome, part, tests);
    if (!needed) return "more than 1,000 seeds would be needed";
    max = std::max(max, *needed);
  }
  const int more = std::max(max - seeds, 1);
  return "about " + std::to_string(more) + (more == 1 ? " more seed" : " more seeds") + " would decide";
}

// Holm's correction over all findings that can have a verdict; those that were not run or refused count with p = 1.
void correct_for_family(std::vector<FindingResult>& results) {
  Values p;
  std::vector<FindingResult*> family;
  for (FindingResult& result : results) {
    if (!result.finding->not_applicable.empty()) continue;
    family.push_back(&result);
    p.push_back(result.primary && !result.refused ? result.primary->p.value_or(1) : 1);
  }
  const Values adjusted = holm(p);
  for (std::size_t i = 0; i < family.size(); ++i) {
    FindingResult& result = *family[i];
    if (!result.primary || !result.primary->p || result.refused) continue;
    result.adjusted_p = adjusted[i];
    if (is_decided(result) && adjusted[i] > significance) {
      result.reason = "its interval is clear of the boundary, but p = " + significant(adjusted[i]) +
                      " after Holm's correction for " + std::to_string(family.size()) + " findings";
      result.verdict = Verdict::undecided;
    }
  }
  const auto left = std::count_if(family.begin(), family.end(), [](const FindingResult* r) { return !is_decided(*r); });
  for (FindingResult* result : family)
    if (result->verdict == Verdict::undecided && !result->refused)
      result->reason += (result->reason.empty() ? "" : "; ") +
                        needed_seeds(*result->primary, result->seeds, static_cast<double>(left));
}

}  // namespace

std::vector<FindingResult> evaluate_findings(const std::vector<Finding>& findings, const std::filesystem::path& results,
                                             bool any_times) {
  std::vector<FindingResult> evaluated(findings.size());
  std::vector<std::exception_ptr> errors(findings.size());
  ThreadTeam team(std::min(available_cores(), static_cast<int>(findings.size())), [] {});
  team.run(static_cast<int>(findings.size()), [&](int, int i) {
    try {
      evaluated[i] = evaluate(findings[i], results, any_times);
    } catch (const UserError& error) {
      errors[i] = std::make_exception_ptr(UserError(findings[i].file.string() + ": " + error.what()));
    } catch (...) {
      errors[i] = std::current_exception();
    }
  });
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
  correct_for_family(evaluated);
  for (FindingResult& result : evaluated) {
    if (!result.finding->not_applicable.empty()) {
      result.verdict = Verdict::not_applicable;
      result.reason = result.finding->not_applicable;
    }
  }
  return evaluated;
}

std::optional<double> mean_of_model(const FindingResult& result, const Expression& model) {
  if (!result.primary) return std::nullopt;
  Values values;
  for (const Run& run : result.runs)
    if (matches(model, run))
      if (const auto value = value_of(result.primary->measurement, run)) values.push_back(*value);
  if (values.empty()) return std::nullopt;
  return mean(values);
}

}  // namespace rnnbench::findings
