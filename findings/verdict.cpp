#include "findings/verdict.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "analysis/format.h"
#include "analysis/statistics/paired.h"
#include "analysis/statistics/survival.h"
#include "core/error.h"

namespace rnnbench::findings {
namespace {

constexpr double interval_level = 0.95, equivalence_level = 0.90;

std::optional<double> as_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool same_value(const std::string& a, const std::string& b) {
  const auto x = as_number(a), y = as_number(b);
  return x && y ? *x == *y : a == b;
}

void collect_keys(const Expression& expression, std::set<std::string>& keys) {
  for (const auto& [key, value] : expression.where) keys.insert(key);
  if (!expression.over.empty()) keys.insert(expression.over);
  for (const Expression& part : expression.parts) collect_keys(part, keys);
}

// The runs of one task with one set of options, those aside that the statement itself names.
struct Context {
  std::string key, label;
  std::vector<const Run*> runs;
};

class Evaluation {
 public:
  Evaluation(const Measurement& measurement, const Context& context)
      : measurement_(measurement),
        context_(context),
        worst_(worst_value(measurement, context.runs)),
        probe_(std::any_of(context.runs.begin(), context.runs.end(),
                           [&](const Run* run) { return of_a_probe(measurement, *run); })) {}

  // Nothing when the seed has no such value at all (a probe of a run that diverged).
  std::optional<double> value(const Expression& e, std::uint64_t seed, const std::string& over, const std::string& x) {
    using Kind = Expression::Kind;
    if (e.kind == Kind::number) return e.number;
    if (e.kind == Kind::model) return of_model(e, seed, over, x);
    if (e.kind == Kind::slope) return slope(e, seed);
    Values parts;
    for (const Expression& part : e.parts) {
      const auto number = value(part, seed, over, x);
      if (!number) return std::nullopt;
      parts.push_back(*number);
    }
    switch (e.kind) {
      case Kind::difference:
        return parts[0] - parts[1];
      case Kind::ratio:
        return parts[0] / parts[1];
      case Kind::min:
        return *std::min_element(parts.begin(), parts.end());
      case Kind::max:
        return *std::max_element(parts.begin(), parts.end());
      default:
        return mean(parts);
    }
  }
  int failures = 0;

 private:
  std::optional<double> of_model(const Expression& model, std::uint64_t seed, const std::string& over,
                                 const std::string& x) {
    const Run* found = nullptr;
    for (const Run* run : context_.runs) {
      if (run->seed() != seed || !matches(model, *run)) continue;
      if (!over.empty() && !same_value(setting_of(*run, over), x)) continue;
      if (found != nullptr) refuse_ambiguous(model, *found, *run);
      found = run;
    }
    if (found == nullptr) return std::nullopt;
    if (const auto number = value_of(measurement_, *found)) return number;
    ++failures;
    return probe_ ? std::nullopt : std::optional(worst_);
  }

  [[noreturn]] static void refuse_ambiguous(const Expression& model, const Run& a, const Run& b) {
    std::vector<std::string> keys;
    for (const char* section : {"task", "model", "training"})
      for (const auto& [key, value] : a.spec.at(section).items())
        if (setting_of(a, key) != setting_of(b, key)) keys.push_back(key);
    throw UserError("'" + model.text + "' stands for several runs of seed " + std::to_string(a.seed()) +
                    ", which differ in " + join(keys, ", ") + "; name one, as in " + model.cell + "{" +
                    (keys.empty() ? "length=50" : keys[0] + "=" + setting_of(a, keys[0])) + "}");
  }

  std::optional<double> slope(const Expression& e, std::uint64_t seed) {
    std::vector<const Expression*> models;
    e.collect_models(models);
    // The values that all models of it have.
    std::map<double, std::string> points;
    for (const Run* run : context_.runs)
      if (const auto x = as_number(setting_of(*run, e.over))) points[*x] = setting_of(*run, e.over);
    std::erase_if(points, [&](const auto& point) {
      return !std::all_of(models.begin(), models.end(), [&](const Expression* model) {
        return std::any_of(context_.runs.begin(), context_.runs.end(), [&](const Run* run) {
          return matches(*model, *run) && same_value(setting_of(*run, e.over), point.second);
        });
      });
    });
    if (points.size() < 2) throw UserError("'" + e.text + "' needs runs with two values of " + e.over + " or more");
    if (points.begin()->first <= 0)
      throw UserError("'" + e.text + "' is over the logarithm of " + e.over + ", and " + points.begin()->second +
                      " has none");
    Values x, y;
    for (const auto& [number, text] : points) {
      const auto at = value(e.parts[0], seed, e.over, text);
      if (!at) return std::nullopt;
      x.push_back(std::log2(number));
      y.push_back(*at);
    }
    return slopes(x, {y})[0];
  }

  const Measurement& measurement_;
  const Context& context_;
  const double worst_;
  const bool probe_;
};

std::vector<Context> contexts_of(const Statement& statement, const std::vector<Run>& runs) {
  std::set<std::string> named = {"test-length"};
  const std::vector<const Expression*> models = statement.models();
  for (const Expression& side : statement.left) collect_keys(side, named);
  collect_keys(statement.right, named);
  std::vector<Context> contexts;
  std::vector<bool> used(models.size(), false);
  for (const Run& run : runs) {
    bool wanted = false;
    for (std::size_t i = 0; i < models.size(); ++i)
      if (matches(*models[i], run)) used[i] = wanted = true;
    if (!wanted) continue;
    Context fresh;
    for (const auto& [key, value] : run.spec.at("task").items()) {
      if (named.contains(key)) continue;
      const std::string text = option_text(value);
      fresh.key += key + "=" + text + "\n";
      if (key == "name") fresh.label = text;
    }
    auto known = std::find_if(contexts.begin(), contexts.end(), [&](const Context& c) { return c.key == fresh.key; });
    if (known == contexts.end()) known = contexts.insert(contexts.end(), fresh);
    known->runs.push_back(&run);
  }
  for (std::size_t i = 0; i < models.size(); ++i)
    if (!used[i]) throw UserError("no run is '" + models[i]->text + "'");
  std::erase_if(contexts, [&](const Context& context) {
    return !std::all_of(models.begin(), models.end(), [&](const Expression* model) {
      return std::any_of(context.runs.begin(), context.runs.end(),
                         [&](const Run* run) { return matches(*model, *run); });
    });
  });
  if (contexts.empty()) throw UserError("the models of '" + statement.text + "' have no task in common");
  // Contexts of one task differ in some option: it tells them apart.
  for (Context& context : contexts) {
    for (const auto& [key, value] : context.runs[0]->spec.at("task").items()) {
      const bool varies = std::any_of(contexts.begin(), contexts.end(), [&, &key = key](const Context& other) {
        return other.label.substr(0, other.label.find(' ')) == context.label.substr(0, context.label.find(' ')) &&
               setting_of(*other.runs[0], key) != setting_of(*context.runs[0], key);
      });
      if (varies && !named.contains(key)) context.label += " " + key + " " + option_text(value);
    }
  }
  return contexts;
}

// A misspelt or impossible measure would otherwise count as a failure of every run.
void check_measure(const Statement& statement, const Measurement& measurement, const Context& context) {
  for (const Expression* model : statement.models()) {
    bool trained = false, known = false;
    for (const Run* run : context.runs) {
      if (!matches(*model, *run) || !run->recorded() || run->diverged()) continue;
      trained = true;
      known = known || has_measure(measurement, *run);
    }
    if (trained && !known)
      throw UserError("no run of '" + model->text + "' on " + context.label + " has a measure '" + measurement.text +
                      "'");
  }
}

Values shifted(const Values& values, double by, double sign = 1) {
  Values result;
  for (const double value : values) result.push_back(sign * (value - by));
  return result;
}

struct Bounds {
  double reference, margin;
};

void decide_part(Relation relation, const Bounds& bounds, ComparisonPart& part) {
  const int n = static_cast<int>(part.values.size());
  if (n == 0) return;
  part.effect = mean(part.values);
  if (n < min_pairs_for_test) return;
  const auto above = [&](double boundary) {
    return std::min(1.0, 2 * sign_flip_greater(shifted(part.values, boundary)));
  };
  const auto below = [&](double boundary) {
    return std::min(1.0, 2 * sign_flip_greater(shifted(part.values, boundary, -1)));
  };
  const double low = bounds.reference - bounds.margin, high = bounds.reference + bounds.margin;
  const bool within = relation == Relation::within;
  // For the others: the one boundary, and whether the claim is to lie above it.
  const bool up = relation == Relation::above || relation == Relation::not_below;
  const double boundary = relation == Relation::above || relation == Relation::not_above ? high : low;
  if (within) {
    part.p_for = equivalence_test(shifted(part.values, bounds.reference), bounds.margin);
    part.p_against = std::min(above(high), below(low));
  } else {
    part.p_for = up ? above(boundary) : below(boundary);
    part.p_against = up ? below(boundary) : above(boundary);
  }
  part.boundary = !within ? boundary : std::abs(part.effect - low) < std::abs(part.effect - high) ? low : high;
  if (n < min_runs_for_interval) return;
  part.interval = mean_interval(part.values, interval_level);
  const Interval& wide = *part.interval;
  if (within) {
    const Interval narrow = mean_interval(part.values, equivalence_level);
    if (narrow.low > low && narrow.high < high) part.verdict = Verdict::supported;
    if (wide.low > high || wide.high < low) part.verdict = Verdict::contradicted;
  } else {
    const bool clear_above = wide.low > boundary, clear_below = wide.high < boundary;
    if (clear_above || clear_below) part.verdict = clear_above == up ? Verdict::supported : Verdict::contradicted;
  }
}

Lifetimes lifetimes_of(const Expression& model, const Measurement& measurement, const std::vector<const Run*>& runs) {
  Lifetimes lifetimes;
  for (const Run* run : runs)
    if (matches(model, *run))
      if (const auto time = value_of(measurement, *run)) lifetimes.push_back({*time, run->solved()});
  return lifetimes;
}

// What stands beside the decision: the probability of improvement, and the log-rank test where times are compared.
void add_beside(const Statement& statement, const Expression& side, const Measurement& measurement, const Values& left,
                const Values& right, const std::vector<const Run*>& runs, ComparisonPart& part) {
  if (statement.right.kind == Expression::Kind::number || left.empty()) return;
  const int n = static_cast<int>(left.size());
  part.improvement = probability_of_improvement(left, right);
  if (n >= min_runs_for_interval) part.improvement_interval = improvement_interval(left, right);
  const bool times = measurement.name == "updates_to_solve" || measurement.name == "cpu_seconds_to_solve";
  const bool models = side.kind == Expression::Kind::model && statement.right.kind == Expression::Kind::model;
  if (times && models && n >= min_pairs_for_test)
    part.log_rank_p =
        log_rank_test(lifetimes_of(side, measurement, runs), lifetimes_of(statement.right, measurement, runs)).p;
}

void decide_whole(Outcome& outcome) {
  const auto all = [&](Verdict verdict) {
    return std::all_of(outcome.parts.begin(), outcome.parts.end(), [&](const auto& p) { return p.verdict == verdict; });
  };
  const bool any_contradicted = std::any_of(outcome.parts.begin(), outcome.parts.end(),
                                            [](const auto& p) { return p.verdict == Verdict::contradicted; });
  outcome.verdict = any_contradicted          ? Verdict::contradicted
                    : all(Verdict::supported) ? Verdict::supported
                                              : Verdict::undecided;
  double p_for = 0, p_against = 1;
  for (const ComparisonPart& part : outcome.parts) {
    if (!part.p_for) return;
    p_for = std::max(p_for, *part.p_for);
    p_against = std::min(p_against, *part.p_against);
  }
  p_against = std::min(1.0, p_against * static_cast<double>(outcome.parts.size()));
  outcome.p = outcome.verdict == Verdict::supported      ? p_for
              : outcome.verdict == Verdict::contradicted ? p_against
                                                         : std::min(p_for, p_against);
}

}  // namespace

std::string verdict_text(Verdict verdict) {
  static const std::vector<std::string> texts = {"supported", "contradicted", "undecided", "not applicable", "not run"};
  return texts[static_cast<std::size_t>(verdict)];
}

std::string setting_of(const Run& run, const std::string& key) {
  if (key == "task") return run.spec.at("task").at("name");
  for (const char* section : {"task", "model", "training"}) {
    const Json& part = run.spec.at(section);
    if (part.contains(key)) return option_text(part.at(key));
  }
  return "";
}

bool matches(const Expression& model, const Run& run) {
  return run.spec.at("model").at("cell") == model.cell &&
         std::all_of(model.where.begin(), model.where.end(),
                     [&](const auto& setting) { return same_value(setting_of(run, setting.first), setting.second); });
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
  Outcome outcome{statement, measurement, margin, {}, Verdict::undecided, {}};
  const bool against_number = statement.right.kind == Expression::Kind::number;
  const std::vector<Context> contexts = contexts_of(statement, runs);
  for (const Context& context : contexts) {
    check_measure(statement, measurement, context);
    std::set<std::uint64_t> seeds;
    for (const Run* run : context.runs) seeds.insert(run->seed());
    const bool recorded =
        std::all_of(context.runs.begin(), context.runs.end(), [](const Run* run) { return run->recorded(); });
    Evaluation evaluation(measurement, context);
    for (const Expression& side : statement.left) {
      ComparisonPart part;
      part.label = side.text + (against_number ? "" : " - " + statement.right.text) +
                   (contexts.size() > 1 ? " on " + context.label : "");
      part.context = "\n" + context.key;
      evaluation.failures = 0;
      Values lefts, rights;
      for (const std::uint64_t seed : seeds) {
        const auto left = evaluation.value(side, seed, "", ""), right = evaluation.value(statement.right, seed, "", "");
        if (!left || !right) continue;
        if (!std::isfinite(*left - *right) && !recorded) continue;
        if (!std::isfinite(*left - *right))  // to leave the seed out would leave out what speaks for one of the sides
          throw UserError("'" + statement.text + "' is no number for seed " + std::to_string(seed) +
                          ": a ratio divides by 0 there; compare a difference");
        part.seeds.push_back(seed);
        part.values.push_back(against_number ? *left : *left - *right);
        lefts.push_back(*left);
        rights.push_back(*right);
      }
      part.failures = evaluation.failures;
      decide_part(statement.relation, {against_number ? statement.right.number : 0, margin}, part);
      add_beside(statement, side, measurement, lefts, rights, context.runs, part);
      outcome.parts.push_back(std::move(part));
    }
  }
  decide_whole(outcome);
  return outcome;
}

std::optional<int> seeds_needed(const Outcome& outcome, const ComparisonPart& part, double tests) {
  if (!part.interval) return std::nullopt;
  const bool one_sided = outcome.statement.relation == Relation::within && part.verdict != Verdict::contradicted;
  const double level = 1 - (1 - (one_sided ? equivalence_level : interval_level)) / tests;
  const auto by_spread = seeds_to_decide(part.values, part.boundary, level);
  if (!by_spread) return std::nullopt;
  int by_signs = min_runs_for_interval;
  while (by_signs <= 20 && smallest_p(by_signs) > 1 - level) ++by_signs;  // beyond, patterns are random
  return std::max(*by_spread, by_signs);
}

std::string effect_text(const Outcome& outcome, const ComparisonPart& part) {
  const bool plain = outcome.statement.right.kind == Expression::Kind::number;
  const auto number = [&](double value) { return (plain || value < 0 ? "" : "+") + score_text(value); };
  if (part.values.empty()) return "-";
  std::string text = number(part.effect);
  if (part.interval) text += " [" + number(part.interval->low) + ", " + number(part.interval->high) + "]";
  return text;
}

}  // namespace rnnbench::findings
