#include "experiments/training/scorer.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <stdexcept>

#include "experiments/declaration/run_task.h"
#include "experiments/training/evaluation.h"

namespace rnnbench::experiments {

Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

double six_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return std::strtod(text, nullptr);
}

void round_numbers(Json& point) {
  for (const auto& item : point.items())
    if (item.value().is_number_float()) item.value() = six_digits(item.value());
}

void add_scores(const Scores& scores, Json& json) {
  for (const auto& [name, value] : scores) json[name] = finite_or_null(value);
}

Predict predictor(const Network<float>& network, const Parameters<float>& parameters, Workspace<float>& workspace) {
  return [&, carried = Carried<float>()](const Batch& batch, std::vector<float>& outputs) mutable {
    network.predict(parameters, batch, false, workspace, outputs, batch.continues.empty() ? nullptr : &carried);
  };
}

Scores Scorer::evaluate(const Parameters<float>& parameters, const Task& task, Purpose purpose, std::int64_t update,
                        int first, int count) const {
  return task.evaluate(predictor(network_, parameters, workspace_),
                       {.seed = spec_.seed,
                        .purpose = purpose,
                        .step = purpose == Purpose::validation ? static_cast<std::uint32_t>(update) : 0,
                        .first = static_cast<std::uint32_t>(first)},
                       count);
}

bool Scorer::meets_criterion(const Scores& scores) const {
  return std::isfinite(score(scores, task_.measure().name)) && task_.solved(scores);
}

bool Scorer::confirmed(const Parameters<float>& parameters, std::int64_t update) const {
  const auto count = static_cast<int>(spec_.training.integer("evaluate"));
  return task_.evaluated_on() != EvaluatedOn::random ||
         meets_criterion(evaluate(parameters, task_, Purpose::validation, update, count, confirm_factor * count));
}

Json Scorer::lengths(const Json& test, const std::function<Json(const Task&)>& scores) const {
  const std::int64_t trained = spec_.task.integer("length");
  std::set<std::int64_t> lengths{trained};
  if (spec_.task.has("test-length"))
    for (const std::int64_t length : spec_.task.integers("test-length")) lengths.insert(length);
  const auto at_length = [&](std::int64_t length) {
    Settings settings = spec_.task;
    settings.set("length", std::to_string(length));
    if (settings.has("shortest")) settings.set("shortest", std::to_string(length));
    const auto task = make_task(spec_, settings);
    if (task->signature().inputs != task_.signature().inputs || task->signature().outputs != task_.signature().outputs)
      throw std::runtime_error("the task has a different number of inputs or outputs at length " +
                               std::to_string(length));
    return scores(*task);
  };
  Json list = Json::array();
  for (const std::int64_t length : lengths) {
    Json entry = {{"length", length}, {"trained", length == trained}};
    entry.update(length == trained ? test : at_length(length));
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace rnnbench::experiments
