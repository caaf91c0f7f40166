#include "findings/evaluation.h"

#include <algorithm>
#include <exception>
#include <functional>

#include "analysis/format.h"
#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "experiments/records/environment.h"
#include "findings/protocol.h"

namespace rnnbench::findings {
namespace {

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
  for (const ComparisonPart& part : outcome.parts) {
    const auto a = published_value(*result.finding, outcome.statement.left[part.left_side], part),
               b = published_value(*result.finding, outcome.statement.right, part);
    if (!a || !b) continue;
    const bool plain = outcome.compares_with_number();
    agreement.sign = agreement.sign.value_or(true) && sign_of(*a - *b) == sign_of(part.mean() - (plain ? *b : 0));
    if (!part.effect.hull) continue;
    const double theirs = plain ? *a : *a - *b;
    agreement.size =
        agreement.size.value_or(true) && part.effect.hull->low <= theirs && theirs <= part.effect.hull->high;
  }
  std::vector<std::pair<double, double>> numbers;  // theirs, ours
  for (std::size_t i = 0; i < result.our_means.size(); ++i)
    if (result.our_means[i]) numbers.emplace_back(result.finding->published[i].value, *result.our_means[i]);
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

constexpr const char* advice_on_times =
    "; train them again on one quiet machine, or accept their times with --any-times";

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
  if (const std::string why = unreliable_times(pointers(runs)); times && !any_times && !why.empty())
    caveats.push_back("further comparisons of times mean nothing: " + why + advice_on_times);
  return caveats;
}

int untestable_parts(const std::vector<Ceiling>& ceilings) {
  return static_cast<int>(
      std::count_if(ceilings.begin(), ceilings.end(), [](const Ceiling& ceiling) { return !ceiling.testable; }));
}

// Runs the action. A comparison that cannot be computed takes the verdict from its claim alone; only the smoke profile,
// which is there to find such mistakes, throws. Returns whether it succeeded.
bool computed(FindingResult& result, const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    if (result.finding->study->profile == Profile::smoke) throw;
    result.ceilings.clear();
    result.primary.reset();
    result.also.clear();
    result.refused = true;
    result.reason = error.what();
  }
  return !result.refused;
}

// All but what depends on the other findings.
FindingResult evaluate(const Finding& finding, const std::shared_ptr<const StudyRecords>& records,
                       const std::string& protocol_problem, bool any_times) {
  FindingResult result;
  result.finding = &finding;
  result.records = records;
  const DeclaredStudy& study = *finding.study;
  result.heading = measure_heading(finding.primary.measurement, pointers(records->runs));
  if (!computed(result, [&] { result.ceilings = ceilings(finding, *records); })) return result;
  // Without a single trial or run there is nothing to refuse yet.
  const bool unfrozen = study.profile != Profile::smoke && !protocol_problem.empty() && records->any();
  if (!records->complete()) {
    // With another margin than the frozen one, a claim could become not testable after the searches were seen.
    result.refused = unfrozen;
    const std::string no_file = missing_input(study.experiment.runs);
    result.reason = result.refused                        ? protocol_problem
                    : !records->any() && !no_file.empty() ? no_file
                    : !records->searched                  ? "the search is not finished"
                                                          : std::to_string(records->recorded) + " of " +
                                               counted(records->declared.size(), "run") + " recorded";
    return result;
  }
  result.caveats = caveats_of(finding, records->runs, any_times);
  const auto compared = [&](const DeclaredComparison& comparison, double margin) {
    Outcome outcome = compare(comparison.statement, comparison.measurement, margin, records->runs, study.seeds);
    outcome.searched = study.search.has_value();
    return outcome;
  };
  const bool complete = computed(result, [&] {
    result.primary = compared(finding.primary, finding.margin);
    for (const DeclaredComparison& also : finding.also) result.also.push_back(compared(also, finding.margin_of(also)));
  });
  if (!complete) return result;
  for (const Published& published : finding.published)
    result.our_means.push_back(mean_of_model(result, published.model));
  result.published = compare_with_published(result);
  if (const std::string why = unreliable_times(pointers(records->runs));
      is_time(finding.primary.measurement) && !any_times && !why.empty())
    result.reason = why + advice_on_times;
  if (unfrozen) result.reason = protocol_problem;
  result.refused = !result.reason.empty();
  return result;
}

// Whether a part can show a difference, by the last rungs of the searches.
bool is_testable(const FindingResult& result, std::size_t left_side, const std::string& task_settings) {
  return std::none_of(result.ceilings.begin(), result.ceilings.end(), [&](const Ceiling& ceiling) {
    return !ceiling.testable && ceiling.left_side == left_side && ceiling.task_settings == task_settings;
  });
}

// p-values of the family, and whose they are. Parts without a p-value count with 1.
class Family {
 public:
  explicit Family(std::vector<FindingResult>& results) {
    for (FindingResult& result : results) {
      if (!result.finding->not_applicable.empty() && !result.refused) continue;
      if (!result.primary || result.refused) {
        const int untestable = result.refused ? 0 : untestable_parts(result.ceilings);
        p_.resize(p_.size() + static_cast<std::size_t>(result.finding->parts - untestable), 1);
        continue;
      }
      first_.emplace_back(&result, p_.size());
      for (ComparisonPart& part : result.primary->parts) {
        part.testable = is_testable(result, part.left_side, part.task_settings);
        if (part.testable) p_.push_back(part.effect.smallest_p());
      }
    }
  }

  int size() const { return static_cast<int>(p_.size()); }

  // Sets the adjusted p-values and the verdicts of all comparisons that decide, also at half and twice the margin.
  void judge_all() {
    const Values adjusted = holm(p_);
    for (const auto& [result, first] : first_) {
      judge_parts(*result->primary, adjusted, first);
      if (result->finding->margin == 0) continue;
      result->half_margin = at_margin(*result, result->finding->margin / 2, first);
      result->twice_margin = at_margin(*result, result->finding->margin * 2, first);
    }
  }

 private:
  static void judge_parts(Outcome& outcome, const Values& adjusted, std::size_t first) {
    for (ComparisonPart& part : outcome.parts)
      if (part.testable) part.adjusted_p = adjusted[first++];
    judge(outcome);
  }

  // Which parts are testable depends on the margin too, but is not judged again.
  Outcome at_margin(const FindingResult& result, double margin, std::size_t first) const {
    Outcome outcome = with_margin(*result.primary, margin);
    Values p = p_;
    std::size_t i = first;
    for (const ComparisonPart& part : outcome.parts)
      if (part.testable) p[i++] = part.effect.smallest_p();
    judge_parts(outcome, holm(p), first);
    return outcome;
  }

  Values p_;
  std::vector<std::pair<FindingResult*, std::size_t>> first_;  // with the index of its first p-value
};

std::string untestable_reason(const FindingResult& result) {
  const Ceiling& ceiling = result.ceilings.front();
  return "in the last rung of both searches, validation scores leave no room for a difference of " +
         number_text(result.finding->margin) + " (" + ceiling.label + ": " + score_text(ceiling.left[0]) + " and " +
         score_text(ceiling.right[0]) + " in search A)";
}

void give_verdict(FindingResult& result) {
  if (result.refused || !result.finding->not_applicable.empty()) {
    if (!result.refused) {
      result.verdict = Verdict::not_applicable;
      result.reason = result.finding->not_applicable;
    }
    if (!result.primary) return;
    result.primary->verdict = result.verdict;
    for (ComparisonPart& part : result.primary->parts) part.verdict = result.verdict;
    return;
  }
  const bool none_testable =
      !result.ceilings.empty() && untestable_parts(result.ceilings) == static_cast<int>(result.ceilings.size());
  if (none_testable) {
    result.verdict = Verdict::not_testable;
    result.reason = untestable_reason(result);
  } else if (result.primary) {
    result.verdict = result.primary->verdict;
    const bool unreliable = std::any_of(result.primary->parts.begin(), result.primary->parts.end(),
                                        [](const ComparisonPart& part) { return part.testable && !part.effect.hull; });
    if (result.verdict == Verdict::undecided && unreliable)
      result.reason =
          "there is no reliable interval, because all differences are equal, ratios are not all above 0, or too few seeds "
          "have a value";
  }
}

}  // namespace

std::vector<FindingResult> evaluate_findings(const std::vector<Finding>& findings, const std::filesystem::path& results,
                                             bool any_times, Keep keep) {
  std::vector<FindingResult> evaluated(findings.size());
  const auto studies = studies_of(findings);
  std::vector<std::exception_ptr> errors(studies.size());
  ThreadTeam team(std::min(available_cores(), std::max(1, static_cast<int>(studies.size()))), [] {});
  team.run(static_cast<int>(studies.size()), [&](int, int s) {
    try {
      const auto records = read_study_records(studies[s], results);
      const std::string problem = protocol_problem(claims_of(findings, *studies[s]), results);
      for (std::size_t i = 0; i < findings.size(); ++i)
        if (findings[i].study == studies[s]) evaluated[i] = evaluate(findings[i], records, problem, any_times);
      if (keep == Keep::numbers)
        for (Run& run : records->runs) run.record.reset();
    } catch (const UserError& error) {
      errors[s] = std::make_exception_ptr(UserError(studies[s]->file.string() + ": " + error.what()));
    } catch (...) {
      errors[s] = std::current_exception();
    }
  });
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
  Family family(evaluated);
  family.judge_all();
  for (FindingResult& result : evaluated) {
    give_verdict(result);
    result.family = family.size();
  }
  return evaluated;
}

std::optional<double> mean_of_model(const FindingResult& result, const Expression& model) {
  const Measurement& measurement = result.finding->primary.measurement;
  Values values;
  bool any = false;  // runs that all failed would have only the worst value of other models
  for (const Run& run : result.runs()) {
    if (!matches(model, run)) continue;
    const auto value = value_of(measurement, run);
    any = any || value;
    std::vector<const Run*> on_same_task;
    for (const Run& other : result.runs())
      if (other.spec.at("task") == run.spec.at("task")) on_same_task.push_back(&other);
    if (const auto counted_as = value_or_failure(measurement, run, value_of_failure(measurement, on_same_task)))
      values.push_back(*counted_as);
  }
  return any ? std::optional(mean(values)) : std::nullopt;
}

}  // namespace rnnbench::findings
