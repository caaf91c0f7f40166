// A record: everything that is known of one finished run, one JSON file, the only source of truth of all analysis.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// Numbers that reach `result` are the same bits for the same spec under the same numerics_version; raise it with every
// change that moves them.
inline constexpr int numerics_version = 2;
inline constexpr int record_schema = 1;

using Json = nlohmann::ordered_json;

// spec      {"id", "schema", "numerics_version", "canonical" (the hashed text),
//            "task":     {"name": "copy", "length": 20, ...the task's options that the run uses},
//            "model":    {"cell": "lstm", "hidden": 64 or "budget": 20000, "layers": 1, "attention": "none", ...},
//            "training": {"updates": 5000, "batch": 32, "optimizer": "adam", "learning-rate": 0.005, ...},
//            "seed": 1}
// result    deterministic; compared byte for byte
//           {"status": "solved" | "finished" | "diverged", "reason" (diverged only: one sentence),
//            "measure": {"name": "recall", "higher_is_better": true, "solved_at": 0.99, "definition": "..."},
//            "baseline": 0.16, "optimum": 0 | null,
//            "hidden": 64, "parameters": 20234,
//            "updates": 2750 (done), "sequences": 88000 (seen in training), "solved": true,
//            "updates_to_solve": 2500 | null (the first evaluation at which validation met the criterion),
//            "curve": [{"update": 0, "train_loss": null | mean since the last point, "loss": ..., "recall": ...,
//                       ...the task's scores on the validation stream}, ...],
//            "final": {"validation": {scores}, "test": {scores}, "training": {scores} (on the sequences of
//            training-set,
//                      where there is one)},
//            "lengths": [{"length": 20, "trained": true, ...scores on the test stream}, ...],
//            "probe": (where one was asked for) see experiments/training/probe.h,
//            "weights": "16 hex digits, hash of the final parameters", "hash": "16 hex digits, of result without it"}
//           Numbers that are not finite are null.
// measured  never compared
//           {"train_cpu_seconds", "train_wall_seconds", "evaluate_cpu_seconds", "evaluate_wall_seconds",
//            "cpu_seconds_to_solve" | null, "wall_seconds_to_solve" | null,
//            "sequences_per_second" (training, per CPU second of the run's threads), "ms_per_update",
//            "array_bytes", "peak_memory_mib" (of the whole process), "curve_cpu_seconds": [one per point of curve],
//            "resumed": times, "threads", "jobs", "isa", "flush_to_zero", "host", "cpu", "cores", "compiler", "flags",
//            "libraries": {name: version}, "version" (git describe), "date" (UTC, ISO 8601)}
struct Record {
  Json spec, result, measured;
  std::string id() const { return spec.at("id").get<std::string>(); }
  Json json() const { return Json{{"spec", spec}, {"result", result}, {"measured", measured}}; }
};

}  // namespace rnnbench::experiments
