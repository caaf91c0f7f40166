#include "findings/evaluation.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "experiments/records/results_folder.h"

namespace rnnbench::findings {
namespace {

constexpr double significance = 0.05;

std::vector<Run> with_records(const std::vector<RunSpec>& specs, const ResultsFolder& results_folder) {
  std::vector<Run> runs;
  for (const RunSpec& spec : specs) runs.push_back({spec.json(), results_folder.load(spec.id())});
  return runs;
}

bool all_recorded(const std::vector<Run>& runs) {
  return std::all_of(runs.begin(), runs.end(), [](const Run& run) { return run.recorded(); });
}

double cpu_seconds_of(const Run& run) {
  if (!run.recorded()) return 0;
  const Json& measured = run.record->measured;
  return measured.value("train_cpu_seconds", 0.0) + measured.value("evaluate_cpu_seconds", 0.0);
}

template <class Value>
int sign_of(Value value) {
  return (value > 0) - (value < 0);
}

PublishedMet compare_with_published(const FindingResult& result) {
  PublishedMet met;
  const Finding& finding = *result.finding;
  const Outcome& outcome = *result.primary;
  // The published numbers of a comparison's two sides.
  const auto published = [&](const Expression& side, const ComparisonPart& part) -> std::optional<double> {
    if (side.kind == Expression::Kind::number) return side.number;
    for (const Published& p : finding.published) {
      const bool same = std::all_of(p.model.where.begin(), p.model.where.end(), [&](const auto& setting) {
        return std::count(side.where.begin(), side.where.end(), setting) > 0 ||
               part.context.find("\n" + setting.first + "=" + setting.second + "\n") != std::string::npos;
      });
      if (p.model.cell == side.cell && same) return p.value;
    }
    return std::nullopt;
  };
  const Expression& right = outcome.statement.right;
  const std::size_t sides = outcome.statement.left.size();
  for (std::size_t i = 0; i < outcome.parts.size(); ++i) {
    const ComparisonPart& part = outcome.parts[i];
    const auto a = published(outcome.statement.left[i % sides], part), b = published(right, part);
    if (!a || !b) continue;
    const bool plain = right.kind == Expression::Kind::number;
    met.sign = met.sign.value_or(true) && sign_of(*a - *b) == sign_of(part.effect - (plain ? *b : 0));
    if (!part.interval) continue;
    const double theirs = plain ? *a : *a - *b;
    met.size = met.size.value_or(true) && part.interval->low <= theirs && theirs <= part.interval->high;
  }
  std::vector<std::pair<double, double>> numbers;  // theirs, ours
  for (const Published& p : finding.published)
    if (const auto ours = mean_of_model(result, p.model)) numbers.emplace_back(p.value, *ours);
  if (numbers.size() < 2) return met;
  met.ranking = true;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      met.ranking = *met.ranking &&
                    sign_of(numbers[i].first - numbers[k].first) * sign_of(numbers[i].second - numbers[k].second) >= 0;
  return met;
}

FindingResult evaluate(const Finding& finding, const std::filesystem::path& results) {
  FindingResult result;
  result.finding = &finding;
  const ResultsFolder results_folder(finding.results(results), finding.name);
  result.untuned = with_records(finding.experiment.runs, results_folder);
  if (!finding.tuning) {
    result.runs = std::move(result.untuned);
    result.untuned.clear();
  } else if (auto chosen = tuned(*finding.tuning, finding.experiment.runs, results_folder)) {
    result.runs = with_records(chosen->runs, results_folder);
    result.choices = std::move(chosen->choices);
  }
  std::set<std::string> counted;  // a search may choose what the file says
  const auto add_cpu_seconds = [&](const std::vector<Run>& runs) {
    for (const Run& run : runs)
      if (counted.insert(run.id()).second) result.cpu_seconds += cpu_seconds_of(run);
  };
  add_cpu_seconds(result.runs);
  add_cpu_seconds(result.untuned);
  if (finding.tuning)
    add_cpu_seconds(with_records(finding.tuning->trial_runs(finding.experiment.runs), results_folder));
  std::set<std::uint64_t> seeds;
  for (const RunSpec& run : finding.experiment.runs) seeds.insert(run.seed);
  result.seeds = static_cast<int>(seeds.size());
  result.declared = finding.experiment.runs.size();
  for (const Run& run : result.runs) {
    result.recorded += run.recorded();
    result.diverged += run.diverged();
  }
  if (result.runs.empty() || !all_recorded(result.runs)) {
    result.reason = std::to_string(result.recorded) + " of " + std::to_string(result.declared) + " runs recorded";
    return result;
  }
  result.primary = decide(finding.primary.statement, finding.primary.measurement, finding.margin, result.runs);
  for (const MeasuredStatement& also : finding.also)
    result.also.push_back(decide(also.statement, also.measurement, finding.margin_of(also), result.runs));
  if (!result.untuned.empty() && all_recorded(result.untuned))
    result.untuned_primary =
        decide(finding.primary.statement, finding.primary.measurement, finding.margin, result.untuned);
  result.verdict = result.primary->verdict;
  result.published = compare_with_published(result);
  return result;
}

bool is_decided(const FindingResult& result) {
  return result.verdict == Verdict::supported || result.verdict == Verdict::contradicted;
}

// How many more seeds would decide, when Holm's correction multiplies the p-value by so many findings. For a claim to
// be contradicted one of its parts has to be, which counts as as many tests as it has parts; to be supported, all have.
std::string needed_seeds(const Outcome& outcome, int seeds, double findings) {
  const bool contradicted = outcome.verdict == Verdict::contradicted;
  const double tests = contradicted ? findings * static_cast<double>(outcome.parts.size()) : findings;
  int max = 0;
  for (const ComparisonPart& part : outcome.parts) {
    if (!part.interval) return "fewer than ten seeds";
    if (contradicted && &part != &outcome.decisive()) continue;
    const auto needed = seeds_needed(outcome, part, tests);
    if (!needed) return "more than 1,000 seeds would be needed";
    max = std::max(max, *needed);
  }
  const int more = std::max(max - seeds, 1);
  return "about " + std::to_string(more) + (more == 1 ? " more seed" : " more seeds") + " would decide";
}

// What the verdicts are once the number of claims is taken into account.
void correct_for_family(std::vector<FindingResult>& results) {
  Values p;
  std::vector<FindingResult*> family;
  for (FindingResult& result : results) {
    if (!result.finding->not_applicable.empty()) continue;
    family.push_back(&result);
    p.push_back(result.primary ? result.primary->p.value_or(1) : 1);
  }
  const Values adjusted = holm(p);
  for (std::size_t i = 0; i < family.size(); ++i) {
    FindingResult& result = *family[i];
    if (!result.primary || !result.primary->p) continue;
    result.adjusted_p = adjusted[i];
    if (is_decided(result) && adjusted[i] > significance) {
      result.reason = "its interval is clear of the boundary, but p = " + significant(adjusted[i]) +
                      " after Holm's correction for " + std::to_string(family.size()) + " findings";
      result.verdict = Verdict::undecided;
    }
  }
  const auto left = std::count_if(family.begin(), family.end(), [](const FindingResult* r) { return !is_decided(*r); });
  for (FindingResult* result : family)
    if (result->verdict == Verdict::undecided)
      result->reason += (result->reason.empty() ? "" : "; ") +
                        needed_seeds(*result->primary, result->seeds, static_cast<double>(left));
}

std::string number_or_dash(const std::optional<double>& value) { return value ? significant(*value) : "-"; }

std::string met_text(const PublishedMet& met) {
  std::vector<std::string> texts;
  for (const auto& [what, is] : {std::pair{"sign", met.sign}, {"size", met.size}, {"ranking", met.ranking}})
    if (is) texts.push_back(std::string(what) + (*is ? " met" : " not met"));
  return join(texts, ", ");
}

std::string effect_of(const FindingResult& result) {
  if (!result.primary || result.verdict == Verdict::not_applicable) return "-";
  const ComparisonPart& part = result.primary->decisive();
  return result.primary->measurement.text + ": " + part.label + " = " + effect_text(*result.primary, part);
}

}  // namespace

std::vector<FindingResult> evaluate_findings(const std::vector<Finding>& findings,
                                             const std::filesystem::path& results) {
  std::vector<FindingResult> results_folder;
  for (const Finding& finding : findings) {
    try {
      results_folder.push_back(evaluate(finding, results));
    } catch (const UserError& error) {
      throw UserError(finding.file.string() + ": " + error.what());
    }
  }
  correct_for_family(results_folder);
  for (FindingResult& result : results_folder) {
    if (!result.finding->not_applicable.empty()) {
      result.verdict = Verdict::not_applicable;
      result.reason = result.finding->not_applicable;
    }
  }
  return results_folder;
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

std::string published_text(const FindingResult& result) {
  std::vector<std::string> texts;
  for (const Published& p : result.finding->published) {
    const auto ours = mean_of_model(result, p.model);
    texts.push_back(p.model.text + " " + score_text(p.value) + " (" + p.certainty + ")" +
                    (ours ? ", ours " + score_text(*ours) : ""));
  }
  const std::string met = met_text(result.published);
  return join(texts, "; ") + (met.empty() || texts.empty() ? "" : ": " + met);
}

std::string findings_text(const std::vector<FindingResult>& results) {
  Table table{{{"", true},
               {"finding", false},
               {"verdict", false},
               {"effect, 95 % interval", false},
               {"n"},
               {"failed"},
               {"p (Holm)"}},
              {}};
  for (const FindingResult& r : results)
    table.rows.push_back({std::to_string(r.finding->number), r.finding->name, verdict_text(r.verdict), effect_of(r),
                          std::to_string(r.seeds), std::to_string(r.diverged), number_or_dash(r.adjusted_p)});
  std::string text = table.text() + "\n";
  for (const FindingResult& r : results) {
    text += std::to_string(r.finding->number) + ". " + r.finding->claim + " (" + r.finding->source + ")";
    if (!r.reason.empty()) text += "\n   " + verdict_text(r.verdict) + ": " + r.reason;
    text += "\n";
  }
  return text;
}

std::string findings_markdown(const std::vector<FindingResult>& results) {
  Table table{{{"", true}, {"claim", false}, {"verdict", false}, {"effect, 95 % interval", false}, {"n"}, {"p (Holm)"}},
              {}};
  for (const FindingResult& r : results)
    table.rows.push_back(
        {std::to_string(r.finding->number), "[" + r.finding->claim + "](" + r.finding->file.generic_string() + ")",
         "**" + verdict_text(r.verdict) + "**", effect_of(r), std::to_string(r.seeds), number_or_dash(r.adjusted_p)});
  return table.markdown();
}

Json findings_json(const std::vector<FindingResult>& results) {
  Json list = Json::array();
  for (const FindingResult& r : results) {
    const Finding& f = *r.finding;
    // The margin and the family are the primary comparison's: the others have neither verdict nor p-value.
    const auto outcome_json = [](const Outcome& outcome, bool decides) {
      Json parts = Json::array();
      for (const ComparisonPart& part : outcome.parts) {
        Json json = {{"comparison", part.label},
                     {"effect", part.effect},
                     {"n", part.values.size()},
                     {"failures", part.failures},
                     {"values", part.values}};
        if (part.interval) json["interval"] = {part.interval->low, part.interval->high};
        if (decides) {
          json["verdict"] = verdict_text(part.verdict);
          if (part.p_for) json["p_for"] = *part.p_for, json["p_against"] = *part.p_against;
          if (part.improvement) json["probability_of_improvement"] = *part.improvement;
          if (part.improvement_interval)
            json["probability_of_improvement_interval"] = {part.improvement_interval->low,
                                                           part.improvement_interval->high};
          if (part.log_rank_p) json["log_rank_p"] = *part.log_rank_p;
        }
        parts.push_back(std::move(json));
      }
      Json json = {{"statement", outcome.statement.text}, {"measure", outcome.measurement.text}};
      if (decides) json["margin"] = outcome.margin;
      json["parts"] = std::move(parts);
      return json;
    };
    Json json = {{"number", f.number},
                 {"name", f.name},
                 {"claim", f.claim},
                 {"source", f.source},
                 {"verdict", verdict_text(r.verdict)},
                 {"reason", r.reason},
                 {"margin", f.margin},
                 {"margin_reason", f.margin_reason},
                 {"n", r.seeds},
                 {"runs", r.declared},
                 {"recorded", r.recorded},
                 {"diverged", r.diverged},
                 {"effect", r.primary ? Json(r.primary->decisive().effect) : Json(nullptr)},
                 {"interval", nullptr},
                 {"p", r.primary && r.primary->p ? Json(*r.primary->p) : Json(nullptr)},
                 {"p_holm", r.adjusted_p ? Json(*r.adjusted_p) : Json(nullptr)},
                 {"published", published_text(r)}};
    if (r.primary && r.primary->decisive().interval)
      json["interval"] = {r.primary->decisive().interval->low, r.primary->decisive().interval->high};
    json["primary"] = r.primary ? outcome_json(*r.primary, true) : Json(nullptr);
    json["untuned"] = r.untuned_primary ? outcome_json(*r.untuned_primary, true) : Json(nullptr);
    json["also"] = Json::array();
    for (const Outcome& also : r.also) json["also"].push_back(outcome_json(also, false));
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace rnnbench::findings
