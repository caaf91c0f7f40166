#include "findings/verdict.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "analysis/format.h"
#include "analysis/statistics/survival.h"

namespace rnnbench::findings {
namespace {

constexpr double interval_level = 0.95, equivalence_level = 0.90, significance = 0.05;

// Boundaries are declared numbers or sums of two: six digits show them in full and hide the rounding of the sum.
std::string boundary_number(double value, bool with_sign) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 6).ptr;
  return (with_sign && value > 0 ? "+" : "") + std::string(buffer, end);
}

// Whether a number of this kind lies between 0 and 1 if those of the runs do.
bool is_share(const Expression& e) {
  using Kind = Expression::Kind;
  const bool combined = e.kind == Kind::min || e.kind == Kind::max || e.kind == Kind::mean;
  return e.kind == Kind::model || (combined && std::all_of(e.operands.begin(), e.operands.end(), is_share));
}

void decide_part(const ClaimedRange& claimed, ComparisonPart& part) {
  Effect effect(part.first, part.second, part.scale);
  part.effect = effect.value();
  part.interval = effect.interval(interval_level);
  if (claimed.boundaries().empty()) return;  // the number is only shown
  const bool has_low = std::isfinite(claimed.low), has_high = std::isfinite(claimed.high);
  const auto above_low = effect.p_above(claimed.low), below_high = effect.p_below(claimed.high);
  if (!above_low || !below_high) return;
  const auto two_sided = [](double one_sided) { return std::min(1.0, 2 * one_sided); };
  if (claimed.equivalence())
    part.p_for = std::max(*above_low, *below_high);
  else
    part.p_for = two_sided(has_low ? *above_low : *below_high);
  part.p_against = 1;
  if (has_low) part.p_against = std::min(*part.p_against, two_sided(*effect.p_below(claimed.low)));
  if (has_high) part.p_against = std::min(*part.p_against, two_sided(*effect.p_above(claimed.high)));
  if (!part.interval) return;
  const Interval within = claimed.equivalence() ? *effect.interval(equivalence_level) : *part.interval;
  if (within.low > claimed.low && within.high < claimed.high && *part.p_for <= significance)
    part.verdict = Verdict::supported;
  if ((part.interval->high < claimed.low || part.interval->low > claimed.high) && *part.p_against <= significance)
    part.verdict = Verdict::contradicted;
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

void decide_whole(Outcome& outcome) {
  const auto has = [](Verdict verdict) {
    return [verdict](const ComparisonPart& part) { return part.verdict == verdict; };
  };
  const auto& parts = outcome.parts;
  if (std::any_of(parts.begin(), parts.end(), has(Verdict::contradicted)))
    outcome.verdict = Verdict::contradicted;
  else if (std::all_of(parts.begin(), parts.end(), has(Verdict::supported)))
    outcome.verdict = Verdict::supported;
  double p_for = 0, p_against = 1;
  for (const ComparisonPart& part : parts) {
    if (!part.p_for) return;
    p_for = std::max(p_for, *part.p_for);
    p_against = std::min(p_against, *part.p_against);
  }
  p_against = std::min(1.0, p_against * static_cast<double>(parts.size()));
  outcome.p = outcome.verdict == Verdict::supported      ? p_for
              : outcome.verdict == Verdict::contradicted ? p_against
                                                         : std::min(p_for, p_against);
}

}  // namespace

std::string verdict_text(Verdict verdict) {
  static const std::vector<std::string> texts = {"supported", "contradicted", "undecided", "not applicable", "not run"};
  return texts[static_cast<std::size_t>(verdict)];
}

Values ClaimedRange::boundaries() const {
  Values finite;
  for (const double boundary : {low, high})
    if (std::isfinite(boundary)) finite.push_back(boundary);
  return finite;
}

ClaimedRange claimed_range(const Statement& statement, double margin) {
  const double reference = statement.right.kind == Expression::Kind::number ? statement.right.number : 0;
  ClaimedRange range;
  switch (statement.relation) {
    case Relation::above:
      range.low = reference + margin;
      break;
    case Relation::not_below:
      range.low = reference - margin;
      break;
    case Relation::below:
      range.high = reference - margin;
      break;
    case Relation::not_above:
      range.high = reference + margin;
      break;
    case Relation::within:
      range = {reference - margin, reference + margin};
      break;
    case Relation::none:
      break;
  }
  return range;
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

const ComparisonPart& Outcome::decisive() const {
  const ComparisonPart* chosen = &parts.front();
  for (const ComparisonPart& part : parts) {
    if (verdict == Verdict::contradicted) {
      if (part.p_against.value_or(1) < chosen->p_against.value_or(1)) chosen = &part;
    } else if (part.p_for.value_or(1) > chosen->p_for.value_or(1)) {
      chosen = &part;
    }
  }
  return *chosen;
}

Outcome decide(const Statement& statement, const Measurement& measurement, double margin,
               const std::vector<Run>& runs) {
  Outcome outcome{statement, measurement, margin, claimed_range(statement, margin), {}, Verdict::undecided, {}};
  for (PairedValues& pairs : paired_values(statement, measurement, runs)) {
    ComparisonPart part;
    part.label = std::move(pairs.label);
    part.task_settings = std::move(pairs.task_settings);
    part.seeds = std::move(pairs.seeds);
    part.failures = pairs.failures;
    part.first = pairs.first;
    part.second = pairs.second;
    part.scale = comparison_scale(*pairs.left_side, statement.right, measurement);
    for (std::size_t i = 0; i < pairs.left.size(); ++i)
      part.values.push_back(outcome.compares_with_number() ? pairs.left[i] : pairs.left[i] - pairs.right[i]);
    decide_part(outcome.claimed, part);
    describe_part(statement, measurement, pairs, part);
    outcome.parts.push_back(std::move(part));
  }
  if (statement.relation != Relation::none) decide_whole(outcome);
  return outcome;
}

std::optional<int> seeds_needed(const Outcome& outcome, const ComparisonPart& part, double tests) {
  if (!part.interval) return std::nullopt;
  const bool one_sided = outcome.claimed.equivalence() && part.verdict != Verdict::contradicted;
  const double level = 1 - (1 - (one_sided ? equivalence_level : interval_level)) / tests;
  int needed = 0;
  for (const double boundary : outcome.claimed.boundaries()) {
    const auto by_spread = Effect(part.first, part.second, part.scale).seeds_to_decide(boundary, level);
    if (!by_spread) return std::nullopt;
    needed = std::max(needed, *by_spread);
  }
  int by_signs = min_runs_for_interval;
  while (by_signs <= 20 && smallest_p(by_signs) > 1 - level) ++by_signs;  // beyond 20, patterns are random
  return std::max(needed, by_signs);
}

std::string effect_text(const Outcome& outcome, const ComparisonPart& part) {
  if (part.values.empty()) return "-";
  const auto number = [&](double value) {
    return (outcome.compares_with_number() || value < 0 ? "" : "+") + score_text(value);
  };
  std::string text = number(part.effect);
  if (part.interval) text += " [" + number(part.interval->low) + ", " + number(part.interval->high) + "]";
  return text;
}

std::string boundary_text(const Outcome& outcome) {
  const ClaimedRange& claimed = outcome.claimed;
  const bool with_sign = !outcome.compares_with_number();
  if (claimed.boundaries().empty()) return "";
  if (!claimed.equivalence())
    return std::isfinite(claimed.low) ? "> " + boundary_number(claimed.low, with_sign)
                                      : "< " + boundary_number(claimed.high, with_sign);
  if (claimed.low == -claimed.high) return "within ±" + boundary_number(claimed.high, false);
  return boundary_number(claimed.low, with_sign) + " to " + boundary_number(claimed.high, with_sign);
}

}  // namespace rnnbench::findings
