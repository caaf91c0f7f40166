#include "findings/comparison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "analysis/statistics/paired.h"
#include "analysis/varying_settings.h"
#include "core/error.h"
#include "core/text.h"

namespace rnnbench::findings {
namespace {

// "0.50" and "0.5" are one value.
bool same_value(const std::string& a, const std::string& b) {
  if (a == b || (a.empty() && b == "unset")) return true;
  const auto x = parse_number<double>(a), y = parse_number<double>(b);
  return x && y && *x == *y;
}

void collect_keys(const Expression& expression, std::set<std::string>& keys) {
  for (const auto& [key, value] : expression.where) keys.insert(key);
  if (!expression.over.empty()) keys.insert(expression.over);
  for (const Expression& operand : expression.operands) collect_keys(operand, keys);
}

// One task with one set of options, except for options that the statement itself names; and its runs.
struct TaskOfComparison {
  std::string settings, label;  // see PairedValues::task_settings; "copy", "copy length 50"
  std::vector<const Run*> runs;
};

// Computes an expression for a seed from the runs of one task.
class Evaluator {
 public:
  Evaluator(const Measurement& measurement, const TaskOfComparison& task)
      : measurement_(measurement), task_(task), failed_(value_of_failure(measurement, task.runs)) {}

  // Nothing when the seed has no such number. Within a slope, `over` is the setting and `at` its value.
  std::optional<double> value(const Expression& e, std::uint64_t seed, const std::string& over = "",
                              const std::string& at = "") {
    using Kind = Expression::Kind;
    if (e.kind == Kind::number) return e.number;
    if (e.kind == Kind::model) return value_of_model(e, seed, over, at);
    if (e.kind == Kind::slope) return slope(e, seed);
    Values operands;
    for (const Expression& operand : e.operands) {
      const auto number = value(operand, seed, over, at);
      if (!number) return std::nullopt;
      operands.push_back(*number);
    }
    switch (e.kind) {
      case Kind::difference:
        return operands[0] - operands[1];
      case Kind::ratio:
        return operands[0] / operands[1];
      case Kind::min:
        return *std::min_element(operands.begin(), operands.end());
      case Kind::max:
        return *std::max_element(operands.begin(), operands.end());
      default:
        return mean(operands);
    }
  }
  int failures = 0;

 private:
  std::optional<double> value_of_model(const Expression& model, std::uint64_t seed, const std::string& over,
                                       const std::string& at) {
    const Run* found = nullptr;
    for (const Run* run : task_.runs) {
      if (run->seed() != seed || !matches(model, *run)) continue;
      if (!over.empty() && !same_value(setting_of(*run, over), at)) continue;
      if (found != nullptr) refuse_ambiguous(model, *found, *run);
      found = run;
    }
    if (found == nullptr) return std::nullopt;
    failures += !value_of(measurement_, *found);
    return value_or_failure(measurement_, *found, failed_);
  }

  [[noreturn]] static void refuse_ambiguous(const Expression& model, const Run& a, const Run& b) {
    std::vector<std::string> keys;
    for (const char* section : {"task", "model", "training"})
      for (const auto& [key, value] : a.spec.at(section).items())
        if (setting_of(a, key) != setting_of(b, key)) keys.push_back(key);
    throw UserError("'" + model.text + "' stands for several runs of seed " + std::to_string(a.seed()) +
                    ", which differ in " + join(keys) + "; name one, as in " + model.cell + "{" +
                    (keys.empty() ? "length=50" : keys[0] + "=" + setting_of(a, keys[0])) + "}");
  }

  std::optional<double> slope(const Expression& e, std::uint64_t seed) {
    std::vector<const Expression*> models;
    e.collect_models(models);
    // The values of the setting that all models of the expression have.
    std::map<double, std::string> points;
    for (const Run* run : task_.runs)
      if (const auto x = parse_number<double>(setting_of(*run, e.over))) points[*x] = setting_of(*run, e.over);
    std::erase_if(points, [&](const auto& point) {
      return !std::all_of(models.begin(), models.end(), [&](const Expression* model) {
        return std::any_of(task_.runs.begin(), task_.runs.end(), [&](const Run* run) {
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
      const auto at = value(e.operands[0], seed, e.over, text);
      if (!at) return std::nullopt;
      x.push_back(std::log2(number));
      y.push_back(*at);
    }
    return slopes(x, {y})[0];
  }

  const Measurement& measurement_;
  const TaskOfComparison& task_;
  const std::optional<double> failed_;
};

// The tasks on which all models of the statement have runs.
std::vector<TaskOfComparison> tasks_of(const Statement& statement, const std::vector<Run>& runs) {
  std::set<std::string> named = {"test-length"};
  const std::vector<const Expression*> models = statement.models();
  for (const Expression& side : statement.left) collect_keys(side, named);
  collect_keys(statement.right, named);
  std::vector<TaskOfComparison> tasks;
  std::vector<bool> has_run(models.size(), false);
  for (const Run& run : runs) {
    bool is_named = false;
    for (std::size_t i = 0; i < models.size(); ++i)
      if (matches(*models[i], run)) has_run[i] = is_named = true;
    if (!is_named) continue;
    TaskOfComparison task;
    for (const auto& [key, value] : run.spec.at("task").items()) {
      if (named.contains(key)) continue;
      const std::string text = option_text(value);
      task.settings += key + "=" + text + "\n";
      if (key == "name") task.label = text;
    }
    auto known = std::find_if(tasks.begin(), tasks.end(),
                              [&](const TaskOfComparison& other) { return other.settings == task.settings; });
    if (known == tasks.end()) known = tasks.insert(tasks.end(), std::move(task));
    known->runs.push_back(&run);
  }
  for (std::size_t i = 0; i < models.size(); ++i)
    if (!has_run[i]) throw UserError("no run is '" + models[i]->text + "'");
  std::erase_if(tasks, [&](const TaskOfComparison& task) {
    return !std::all_of(models.begin(), models.end(), [&](const Expression* model) {
      return std::any_of(task.runs.begin(), task.runs.end(), [&](const Run* run) { return matches(*model, *run); });
    });
  });
  if (tasks.empty()) throw UserError("the models of '" + statement.text + "' have no task in common");
  // Where a task occurs with several values of an option, its label says which.
  std::map<std::string, std::vector<const Run*>> by_name;
  for (const TaskOfComparison& task : tasks) by_name[task.label].push_back(task.runs[0]);
  named.insert("name");
  for (TaskOfComparison& task : tasks) {
    const auto varying = varying_settings(by_name.at(task.label), {"task"}, named);
    for (const std::string& setting : varying.at(task.runs[0])) task.label += " " + setting;
  }
  return tasks;
}

// A misspelled or impossible measure would otherwise count as a failure of every run.
void check_measure(const Statement& statement, const Measurement& measurement, const TaskOfComparison& task) {
  std::vector<const Run*> compared;
  for (const Expression* model : statement.models()) {
    bool trained = false, known = false;
    for (const Run* run : task.runs) {
      if (!matches(*model, *run) || !run->recorded() || run->diverged()) continue;
      compared.push_back(run);
      trained = true;
      known = known || has_measure(measurement, *run);
    }
    if (trained && !known)
      throw UserError("no run of '" + model->text + "' on " + task.label + " has a measure '" + measurement.text + "'");
  }
  check_lengths_beyond(measurement, compared);
}

}  // namespace

std::string setting_of(const Run& run, const std::string& key) {
  if (key == "task") return run.spec.at("task").at("name");
  for (const char* section : {"task", "model", "training"}) {
    const Json& settings = run.spec.at(section);
    if (settings.contains(key)) return option_text(settings.at(key));
  }
  return "";
}

bool matches(const Expression& model, const Run& run) {
  return run.spec.at("model").at("cell") == model.cell &&
         std::all_of(model.where.begin(), model.where.end(),
                     [&](const auto& setting) { return same_value(setting_of(run, setting.first), setting.second); });
}

std::vector<PairedValues> paired_values(const Statement& statement, const Measurement& measurement,
                                        const std::vector<Run>& runs) {
  const bool against_number = statement.right.kind == Expression::Kind::number;
  const std::vector<TaskOfComparison> tasks = tasks_of(statement, runs);
  std::vector<PairedValues> all;
  for (const TaskOfComparison& task : tasks) {
    check_measure(statement, measurement, task);
    std::set<std::uint64_t> seeds;
    for (const Run* run : task.runs) seeds.insert(run->seed());
    const bool complete =
        std::all_of(task.runs.begin(), task.runs.end(), [](const Run* run) { return run->recorded(); });
    Evaluator evaluator(measurement, task);
    for (const Expression& side : statement.left) {
      PairedValues pairs;
      pairs.left_side = &side;
      pairs.label = side.text + (against_number ? "" : " - " + statement.right.text) +
                    (tasks.size() > 1 ? " on " + task.label : "");
      pairs.task_settings = task.settings;
      pairs.runs = task.runs;
      evaluator.failures = 0;
      const bool of_a_difference = against_number && side.kind == Expression::Kind::difference;
      const Expression &minuend = of_a_difference ? side.operands[0] : side,
                       &subtrahend = of_a_difference ? side.operands[1] : statement.right;
      for (const std::uint64_t seed : seeds) {
        const auto first = evaluator.value(minuend, seed), second = evaluator.value(subtrahend, seed);
        if (!first || !second) continue;
        const double left = of_a_difference ? *first - *second : *first;
        const double right = of_a_difference ? statement.right.number : *second;
        if (!std::isfinite(left - right)) {
          if (!complete) continue;
          // Leaving out the seed would leave out what speaks for one of the sides.
          throw UserError("'" + statement.text + "' is not a number for seed " + std::to_string(seed) +
                          ": a ratio divides by 0 there; compare a difference");
        }
        pairs.seeds.push_back(seed);
        pairs.left.push_back(left);
        pairs.right.push_back(right);
        pairs.first.push_back(*first);
        if (of_a_difference || !against_number) pairs.second.push_back(*second);
      }
      pairs.failures = evaluator.failures;
      all.push_back(std::move(pairs));
    }
  }
  return all;
}

}  // namespace rnnbench::findings
