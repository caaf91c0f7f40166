#include "findings/verdict.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "analysis/format.h"
#include "analysis/statistics/survival.h"

namespace rnnbench::findings {
namespace {

// Boundaries are declared numbers or sums of two: six digits show them in full and hide the rounding of the sum.
std::string boundary_number(double value, bool with_sign) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 6).ptr;
  return (with_sign && value > 0 ? "+" : "") + std::string(buffer, end);
}

// Sorts the pairs by the search that they follow.
ComparisonPart part_of(const PairedValues& pairs, const Statement& statement,
                       const std::array<std::vector<std::uint64_t>, 2>& seeds) {
  ComparisonPart part;
  part.left_side = static_cast<std::size_t>(pairs.left_side - statement.left.data());
  part.label = pairs.label;
  part.task_settings = pairs.task_settings;
  part.failures = pairs.failures;
  const bool with_number = statement.right.kind == Expression::Kind::number;
  for (std::size_t i = 0; i < pairs.seeds.size(); ++i) {
    const std::size_t search = std::count(seeds[0].begin(), seeds[0].end(), pairs.seeds[i]) > 0 ? 0 : 1;
    part.seeds[search].push_back(pairs.seeds[i]);
    part.values[search].push_back(with_number ? pairs.left[i] : pairs.left[i] - pairs.right[i]);
    part.numbers[search].first.push_back(pairs.first[i]);
    if (!pairs.second.empty()) part.numbers[search].second.push_back(pairs.second[i]);
  }
  return part;
}

Lifetimes lifetimes_of(const Expression& model, const Measurement& measurement, const std::vector<const Run*>& runs) {
  Lifetimes lifetimes;
  for (const Run* run : runs)
    if (matches(model, *run))
      if (const auto time = value_of(measurement, *run)) lifetimes.push_back({*time, run->solved()});
  return lifetimes;
}

// The statistics that are shown but do not decide: see ComparisonPart.
void describe_part(const Statement& statement, const Measurement& measurement, const PairedValues& pairs,
                   ComparisonPart& part) {
  if (statement.right.kind == Expression::Kind::number || pairs.left.empty()) return;
  const int n = static_cast<int>(pairs.left.size());
  part.improvement = probability_of_improvement(pairs.left, pairs.right);
  if (n >= min_runs_for_interval) part.improvement_interval = improvement_interval(pairs.left, pairs.right);
  const Expression& left = *pairs.left_side;
  const bool times = measurement.name == "updates_to_solve" || measurement.name == "cpu_seconds_to_solve";
  const bool models = left.kind == Expression::Kind::model && statement.right.kind == Expression::Kind::model;
  if (times && models && n >= min_pairs_for_test)
    part.log_rank_p = log_rank_test(lifetimes_of(left, measurement, pairs.runs),
                                    lifetimes_of(statement.right, measurement, pairs.runs))
                          .p;
}

Verdict verdict_of(Relation relation, PartVerdict part, Boundaries boundaries) {
  if (part == PartVerdict::undecided) return Verdict::undecided;
  if (part == PartVerdict::depends_on_search) return Verdict::depends_on_search;
  const bool upward = relation == Relation::above || relation == Relation::not_below;
  if (relation == Relation::within) return part == PartVerdict::within ? Verdict::supported : Verdict::contradicted;
  if (part == PartVerdict::within && boundaries.low < boundaries.high) return Verdict::no_difference;
  return (part == PartVerdict::above) == upward ? Verdict::supported : Verdict::contradicted;
}

std::string number_in(const Outcome& outcome, double value) {
  return (outcome.compares_with_number() || value < 0 ? "" : "+") + score_text(value);
}

}  // namespace

std::string verdict_text(Verdict verdict) {
  static const std::vector<std::string> texts = {"supported", "contradicted",          "no difference",
                                                 "mixed",     "depends on the search", "not testable",
                                                 "undecided", "not applicable",        "not run"};
  return texts[static_cast<std::size_t>(verdict)];
}

bool is_share(const Expression& e) {
  using Kind = Expression::Kind;
  const bool combined = e.kind == Kind::min || e.kind == Kind::max || e.kind == Kind::mean;
  return e.kind == Kind::model || (combined && std::all_of(e.operands.begin(), e.operands.end(), is_share));
}

Boundaries boundaries_of(const Statement& statement, double margin) {
  const double reference = statement.right.kind == Expression::Kind::number ? statement.right.number : 0;
  if (statement.relation == Relation::not_below) return {reference - margin, reference - margin};
  if (statement.relation == Relation::not_above) return {reference + margin, reference + margin};
  return {reference - margin, reference + margin};
}

Scale comparison_scale(const Expression& left, const Expression& right, const Measurement& measurement) {
  using Kind = Expression::Kind;
  const Scale scale = scale_of(measurement.name);
  if (scale == Scale::constant) return scale;
  const bool with_number = right.kind == Kind::number;
  if (with_number && left.kind == Kind::ratio) return Scale::logarithmic;
  if (scale != Scale::share) return scale;
  const bool shares = with_number && left.kind == Kind::difference
                          ? is_share(left.operands[0]) && is_share(left.operands[1])
                          : is_share(left) && (with_number || is_share(right));
  return shares ? Scale::share : Scale::linear;
}

const ComparisonPart& Outcome::least_clear() const {
  const ComparisonPart* chosen = nullptr;
  for (const ComparisonPart& part : parts) {
    if (chosen != nullptr) {
      const bool alike = part.verdict == verdict, chosen_alike = chosen->verdict == verdict;
      if (alike < chosen_alike) continue;
      if (alike == chosen_alike && part.effect.smallest_p() <= chosen->effect.smallest_p()) continue;
    }
    chosen = &part;
  }
  return *chosen;
}

Outcome compare(const Statement& statement, const Measurement& measurement, double margin, const std::vector<Run>& runs,
                const std::array<std::vector<std::uint64_t>, 2>& seeds) {
  Outcome outcome{statement, measurement, margin, boundaries_of(statement, margin), {}, Verdict::undecided};
  for (const PairedValues& pairs : paired_values(statement, measurement, runs)) {
    ComparisonPart part = part_of(pairs, statement, seeds);
    part.scale = comparison_scale(*pairs.left_side, statement.right, measurement);
    part.effect = replicated(part.numbers[0], part.numbers[1], outcome.boundaries, part.scale);
    describe_part(statement, measurement, pairs, part);
    outcome.parts.push_back(std::move(part));
  }
  return outcome;
}

Outcome with_margin(const Outcome& outcome, double margin) {
  Outcome changed = outcome;
  changed.margin = margin;
  changed.boundaries = boundaries_of(outcome.statement, margin);
  for (ComparisonPart& part : changed.parts)
    part.effect = at_boundaries(part.effect, part.numbers[0], part.numbers[1], changed.boundaries, part.scale);
  return changed;
}

void judge(Outcome& outcome) {
  std::set<Verdict> found;  // of the testable parts
  for (ComparisonPart& part : outcome.parts) {
    if (!part.testable) {
      part.verdict = Verdict::not_testable;
      continue;
    }
    const PartVerdict zone = part_verdict(part.effect, outcome.boundaries, part.adjusted_p.value_or(1));
    part.verdict = verdict_of(outcome.statement.relation, zone, outcome.boundaries);
    found.insert(part.verdict);
  }
  outcome.verdict = found.empty()                                ? Verdict::not_testable
                    : found.contains(Verdict::depends_on_search) ? Verdict::depends_on_search
                    : found.contains(Verdict::undecided)         ? Verdict::undecided
                    : found.size() > 1                           ? Verdict::mixed
                                                                 : *found.begin();
}

std::string mean_text(const Outcome& outcome, const ComparisonPart& part, std::size_t search) {
  return part.values[search].empty() ? "-" : number_in(outcome, part.effect.mean[search]);
}

std::string interval_text(const Outcome& outcome, Interval interval) {
  return "[" + number_in(outcome, interval.low) + ", " + number_in(outcome, interval.high) + "]";
}

std::string hull_text(const Outcome& outcome, const ComparisonPart& part) {
  return part.effect.hull ? interval_text(outcome, *part.effect.hull) : "";
}

std::string effect_text(const Outcome& outcome, const ComparisonPart& part) {
  if (part.size() == 0) return "-";
  const std::string hull = hull_text(outcome, part);
  return "A " + mean_text(outcome, part, 0) + ", B " + mean_text(outcome, part, 1) + (hull.empty() ? "" : ", " + hull);
}

std::string boundary_text(const Outcome& outcome) {
  const auto& [low, high] = outcome.boundaries;
  const bool with_sign = !outcome.compares_with_number();
  switch (outcome.statement.relation) {
    case Relation::above:
    case Relation::not_below:
      return "> " + boundary_number(outcome.statement.relation == Relation::above ? high : low, with_sign);
    case Relation::below:
    case Relation::not_above:
      return "< " + boundary_number(outcome.statement.relation == Relation::below ? low : high, with_sign);
    case Relation::within:
      if (low == -high) return "within ±" + boundary_number(high, false);
      return boundary_number(low, with_sign) + " to " + boundary_number(high, with_sign);
    default:
      return "";
  }
}

}  // namespace rnnbench::findings
