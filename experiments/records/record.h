// A record: everything known about one finished run, in one JSON file. All analysis is derived from records.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// The same spec gives the same bits of `result` under the same numerics_version. Raise it with every change that moves
// a number of a result.
inline constexpr int numerics_version = 7;
inline constexpr int record_schema = 2;

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// spec      {"id", "schema", "numerics_version", "canonical" (the hashed text),
//            "task":     {"name": "copy", "length": 20, ...the task's options that the run uses},
//            "model":    {"cell": "lstm", "hidden": 64 or "budget": 20000, "layers": 1, "attention": "none", ...},
//            "training": {"updates": 5000, "batch": 32, "optimizer": "adam", "learning-rate": 0.005, ...},
//            "seed": 1}
// result    deterministic: `rnnbench verify` compares it byte for byte
//           {"status": "solved" | "finished" | "diverged", "reason" (diverged only: one sentence),
//            "measure": {"name": "recall", "higher_is_better": true, "solved_at": 0.99, "definition": "..."},
//            "evaluated_on": "random" sequences of the run's seed | a fixed "list" | "all" inputs,
//            "baseline": 0.16, "optimum": 0 | null,
//            "hidden": 64, "parameters": 20234,
//            "state_size": 128 (values carried to the next step; where attention needs all steps so far, at the end of
//                          the longest training sequence),
//            "updates": 2750 (done), "sequences": 88000 (trained on; with chunk: chunks), "solved": true,
//            "updates_to_solve": 2500 | null (see Solving in experiments/training/evaluation.h),
//            "kept" (keep = best only): {"weights": "best", "update": 2400 | null (no score was finite)},
//            "curve": [{"update": 0, "train_loss": null | mean since the last point, "loss": ..., "recall": ...,
//                       ...the task's validation scores, "confirmed": whether these and other validation sequences
//                       meet the criterion}, ...], with six significant digits. Files store a list for each key
//                       instead:
//                      {"update": [0, 10, ...], "loss": [...], ...}.
//            "final": {"validation": {scores}, "test": {scores},
//                      "training": {scores} (with training-set: on its sequences)},
//            "lengths": [{"length": 20, "trained": true, ...test scores}, ...],
//            "probe": (unless probe = none) see experiments/training/probe.h,
//            "weights": "16 hex digits, hash of the tested parameters", "hash": "16 hex digits, of result without it"}
//           Numbers that are not finite are null.
// measured  never compared
//           {"train_cpu_seconds", "train_wall_seconds", "evaluate_cpu_seconds", "evaluate_wall_seconds",
//            "cpu_seconds_to_solve" | null, "wall_seconds_to_solve" | null,
//            "sequences_per_second" (of training, per CPU second of the run's threads),
//            "ms_per_update" (wall time, see wall_ms_per_update below),
//            "array_bytes", "peak_memory_mib" (of the whole process), "curve_cpu_seconds": [one per point of curve],
//            "other_cpu_seconds": CPU time of other processes on the same cores during training and evaluation,
//            "oversubscribed": whether jobs x threads was more than the cores,
//            "resumed": number of times, "threads", "recompute", "jobs", "isa", "flush_to_zero", "host", "cpu",
//            "cores", "compiler", "flags", "libraries": {name: version}, "version" (git describe), "date" (UTC, ISO
//            8601)}
struct Record {
  Json spec, result, measured;
  std::string id() const { return spec.at("id").get<std::string>(); }
  Json json() const { return Json{{"spec", spec}, {"result", result}, {"measured", measured}}; }
};

// Whether the times of the run were measured while others used the machine: other processes took more than a tenth of
// its cores, or its own jobs had more threads than there are cores.
bool timed_on_busy_machine(const Record& record);

// Milliseconds of a training update, evaluation excluded. There are two of them:
//
//   wall_ms_per_update  elapsed time: train_wall_seconds / updates. This is what a user waits for. It falls with the
//                       number of threads and rises when the machine is busy. Records store it under the key
//                       "ms_per_update"; tables, CSV files and `rnnbench speed` call it wall_ms_per_update.
//   cpu_ms_per_update   CPU time of the run's threads: train_cpu_seconds / updates. It depends less on what else runs,
//                       so findings compare this one. Their INI files may also call it `ms_per_update`, as they did
//                       before the two had different names.
//
// Nothing when the run did no update. `cpu_ms_per_update` is not stored: it is computed here.
std::optional<double> wall_ms_per_update(const Record& record);
std::optional<double> cpu_ms_per_update(const Record& record);

}  // namespace rnnbench::experiments
