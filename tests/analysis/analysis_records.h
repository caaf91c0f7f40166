// Made-up records with the shape of real ones, for the tests of the analysis: three tasks, five models, any
// number of seeds. The numbers are a pure function of task, model and seed.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "analysis/study.h"
#include "core/hash.h"
#include "core/stream.h"
#include "tests/namespaces.h"

namespace rnnbench::test::made_up {

struct Task {
  std::string name, measure, definition;
  bool higher_is_better;
  double solved_at, baseline, optimum, initial;
  Json options;
  std::vector<int> lengths;  // the first is the trained one
};

struct Model {
  std::string cell, attention;
  int hidden, parameters;
  double speed;                     // sequences per second
  std::vector<double> solves_near;  // update around which each task is learnt; 0: never
};

inline const std::vector<Task>& tasks() {
  static const std::vector<Task> all = {
      {"copy",
       "recall",
       "share of the recalled symbols that are right",
       true,
       0.99,
       0.5199,
       0,
       2.3,
       {{"length", 20}, {"variant", "arjovsky"}, {"items", 10}, {"symbols", 8}, {"test-length", {50, 100}}},
       {20, 50, 100}},
      {"adding",
       "mse",
       "mean squared error of the sum",
       false,
       0.01,
       1.0 / 6,
       0,
       0.9,
       {{"length", 100}, {"variant", "halves"}, {"test-length", {200, 400}}},
       {100, 200, 400}},
      {"counting",
       "longest_accepted",
       "largest n such that all words up to n are accepted",
       true,
       64,
       0.62,
       0.21,
       1.5,
       {{"length", 32}, {"variant", "anbn"}, {"test-length", {64, 1000}}},
       {32, 64, 1000}}};
  return all;
}

inline const std::vector<Model>& models() {
  static const std::vector<Model> all = {{"rnn", "none", 64, 5321, 21000, {0, 0, 0}},
                                         {"lstm", "none", 64, 20234, 7300, {2200, 900, 300}},
                                         {"gru", "none", 64, 15241, 8900, {1500, 1100, 700}},
                                         {"lstm", "additive", 64, 28426, 3100, {500, 1200, 400}},
                                         {"gru", "additive", 64, 23433, 3600, {400, 800, 0}}};
  return all;
}

inline Json scores(const Task& task, double progress,
                   double noise) {  // progress from 0 (baseline) to 1 (solved)
  const double loss = task.optimum + (task.baseline - task.optimum) * std::pow(1e-3, progress) * (1 + 0.05 * noise);
  if (task.name == "adding") return {{"loss", loss}, {"mse", loss}};
  if (task.name == "copy") return {{"loss", loss}, {"recall", std::min(1.0, 0.125 + 0.877 * progress)}};
  const double n = std::floor(progress < 0.3 ? 0 : 1000 * progress * progress);
  return {{"loss", loss}, {"longest_accepted", n}, {"longest_published", n + 3}};
}

inline Run run(const Task& task, const Model& model, std::uint64_t seed, const Json& extra = Json::object()) {
  const int budget = 4000, which = static_cast<int>(&task - &tasks()[0]);
  Stream noise(seed, Purpose::test, which, static_cast<std::uint32_t>(&model - &models()[0]));
  Json options = {{"name", task.name}};
  options.update(task.options);
  Json spec = {
      {"id", ""},
      {"schema", record_schema},
      {"numerics_version", numerics_version},
      {"canonical", ""},
      {"task", options},
      {"model", {{"cell", model.cell}, {"hidden", model.hidden}, {"layers", 1}, {"attention", model.attention}}},
      {"training", {{"updates", budget}, {"batch", 32}, {"optimizer", "adam"}, {"learning-rate", 0.005}}},
      {"seed", seed}};
  spec["model"].update(extra);
  spec["canonical"] = spec["task"].dump() + spec["model"].dump() + std::to_string(seed);
  spec["id"] = hex16(fnv1a(spec["canonical"].get<std::string>()));

  const double solves_near = model.solves_near[which] * std::exp(0.3 * noise.normal());
  Json curve = Json::array(), seconds = Json::array();
  Json solved_after = nullptr;
  const double update_seconds = 32 / model.speed;
  double progress = 0, warm = 0;
  for (int step = 0; step <= budget;
       step = step < 10 ? step + 1 : std::min(step * 5 / 4, step == budget ? budget + 1 : budget)) {
    warm = std::exp(-step / 15.0);
    progress = solves_near == 0 ? 0.02 : 1.1 / (1 + std::pow(solves_near / (step + 1), 4));
    Json point = {{"update", step}, {"train_loss", nullptr}};
    point.update(scores(task, progress, noise.normal()));
    point["loss"] = point["loss"].get<double>() + (task.initial - task.baseline) * warm;
    curve.push_back(point);
    seconds.push_back(step * update_seconds);
    if (progress >= 1) {
      solved_after = step;
      break;
    }
  }
  const std::int64_t updates = curve.back()["update"];
  const double done = static_cast<double>(updates);
  const bool solved = !solved_after.is_null();
  Json lengths = Json::array();
  for (std::size_t i = 0; i < task.lengths.size(); ++i) {
    const double kept = std::max(0.02, progress * (1 - (0.25 + 0.05 * noise.normal()) * static_cast<double>(i)));
    Json point = {{"length", task.lengths[i]}, {"trained", i == 0}};
    point.update(scores(task, kept, noise.normal()));
    lengths.push_back(point);
  }
  Record record;
  record.spec = spec;
  record.result = {
      {"status", solved ? "solved" : "finished"},
      {"measure",
       {{"name", task.measure},
        {"higher_is_better", task.higher_is_better},
        {"solved_at", task.solved_at},
        {"definition", task.definition}}},
      {"baseline", task.baseline},
      {"optimum", task.optimum},
      {"hidden", model.hidden},
      {"parameters", model.parameters},
      {"updates", updates},
      {"sequences", 32 * updates},
      {"solved", solved},
      {"updates_to_solve", solved_after},
      {"curve", curve},
      {"final",
       {{"validation", scores(task, progress, noise.normal())}, {"test", scores(task, progress, noise.normal())}}},
      {"lengths", lengths},
      {"weights", "0123456789abcdef"}};
  record.result["hash"] = hex16(fnv1a(record.result.dump()));
  const double speed = model.speed * (1 + 0.03 * noise.normal());
  record.measured = {{"train_cpu_seconds", done * 32 / speed},
                     {"train_wall_seconds", done * 32 / speed * 1.02},
                     {"evaluate_cpu_seconds", 1.5},
                     {"evaluate_wall_seconds", 1.5},
                     {"cpu_seconds_to_solve", solved ? Json(done * 32 / speed) : Json(nullptr)},
                     {"wall_seconds_to_solve", nullptr},
                     {"sequences_per_second", speed},
                     {"ms_per_update", 32000 / speed * 1.02},
                     {"array_bytes", 1234567},
                     {"peak_memory_mib", 41.5},
                     {"curve_cpu_seconds", seconds},
                     {"resumed", 0},
                     {"threads", 1},
                     {"jobs", 2},
                     {"isa", "avx2"},
                     {"flush_to_zero", true},
                     {"host", "laboratory"},
                     {"cpu", "An Example CPU @ 2.50GHz"},
                     {"cores", 2},
                     {"compiler", "GCC 12.2.0"},
                     {"flags", "-O2 -ffp-contract=off"},
                     {"libraries", {{"Highway", "1.0.3"}, {"Boost", "1.74.0"}}},
                     {"version", "v0.1.0-12-gabcdef0"},
                     {"date", "2024-06-11T12:00:00Z"}};
  return {spec, record};
}

// As the trainer does when a loss is not finite: recorded, without final scores.
inline Run diverged(Run run) {
  Json& result = run.record->result;
  result["status"] = "diverged";
  result["reason"] = "the loss is not a number after update 17";
  result["solved"] = false;
  result["updates_to_solve"] = nullptr;
  result["updates"] = 17;
  Json curve = Json::array();
  for (const Json& point : result["curve"]) {
    if (point["update"] <= 10) curve.push_back(point);
  }
  result["curve"] = curve;
  for (auto& [stream, scores] : result["final"].items()) {
    for (auto& [name, value] : scores.items()) value = nullptr;
  }
  for (Json& point : result["lengths"]) {
    for (auto& [name, value] : point.items()) {
      if (name != "length" && name != "trained") value = nullptr;
    }
  }
  return run;
}

inline Run missing(const Run& run) { return {run.spec, std::nullopt}; }

inline std::vector<Run> runs(int seeds) {
  std::vector<Run> all;
  for (const Task& task : tasks()) {
    for (const Model& model : models()) {
      for (int seed = 1; seed <= seeds; ++seed) all.push_back(run(task, model, seed));
    }
  }
  return all;
}

// Five seeds with one run diverged and one missing.
inline Study study(int seeds = 5) {
  std::vector<Run> all = runs(seeds);
  all[2] = diverged(all[2]);
  all[all.size() - 1] = missing(all[all.size() - 1]);
  return make_study("example", "An example experiment", "example.ini", std::move(all));
}

}  // namespace rnnbench::test::made_up
