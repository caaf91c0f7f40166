// What one run is: its settings, their canonical text and the id made from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/options.h"
#include "experiments/records/record.h"

namespace rnnbench::experiments {

// Options of the training of a run: updates, batch, optimizer (adam | rmsprop | sgd), learning-rate, momentum (sgd),
// schedule (constant | warmup | cosine), warmup-updates, clip-norm, clip-value, stop (solved | never), evaluate
// (sequences of an evaluation), training-set, probe, seed. Used-conditions included.
const std::vector<Option>& training_options();

// One run, completely: every value checked, canonical and present (defaults filled in), split by who reads it.
struct RunSpec {
  Settings task;      // "task", "length", "test-length" and the task's other options
  Settings model;     // "cell", "hidden" or "budget", ... (see model_options)
  Settings training;  // see training_options, without the seed
  std::uint64_t seed = 1;

  // One `key = value` line for each option that differs from its frozen default and that the run uses, sorted, after
  // the schema number and numerics_version; duplicates in a grid merge because their canonical texts are equal.
  std::string canonical() const;
  std::string id() const;  // 16 hex digits: 64-bit FNV-1a of canonical()
  Json json() const;       // the record's `spec`, with every used option (see record.h)
};

// The way back, from a record's `spec`. Throws UserError when it names what this program does not know, or when its
// canonical text and id do not match (an edited record).
RunSpec spec_from_json(const Json& spec);

// A declared experiment: a name and its runs, in grid order, without duplicates.
struct Experiment {
  std::string name;   // of the file without ending; of the task, or "adhoc", without a file
  std::string file;   // "" without one
  std::string title;  // `title = ...` of the file, or the name
  std::vector<RunSpec> runs;
};

}  // namespace rnnbench::experiments
