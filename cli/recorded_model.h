// A trained network, as its record and its weights describe it.
#pragma once

#include <filesystem>
#include <memory>

#include "cli/arguments.h"
#include "experiments/records/record.h"
#include "models/network.h"
#include "tasks/task.h"

namespace rnnbench::cli {

struct RecordedModel {
  std::filesystem::path path;  // of the record
  Record record;
  RunSpec spec;  // with --length, at this length
  std::unique_ptr<const Task> task;
  std::unique_ptr<const Network<float>> network;
  Parameters<float> parameters;

  bool at_trained_length() const { return record.spec.at("task").at("length") == spec.task.integer("length"); }
};

// The run that the only positional argument names, for batches of `batch` sequences at the length that --length says,
// or that it was trained at. Throws UserError when there is no such record, when it has no weights, or when the length
// is not possible.
RecordedModel recorded_model(const Arguments& arguments, int batch);

}  // namespace rnnbench::cli
