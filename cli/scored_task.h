// What the scores of an imported file are scores of: the task and its measure.
#pragma once

#include <functional>

#include "experiments/declaration/spec.h"
#include "experiments/records/imported.h"

namespace rnnbench::cli {

// What a line means (see read_import) by the side of an experiment: one of its tasks, named by its label in tables, by
// task_text() or, if the experiment has one task of this name only, by the name; the measure of the task. Without runs
// in the experiment: any task; one of rnnbench may be followed by settings, as in "copy (length 50)", and has the
// measure that it has with them. Of other tasks the measure is called "score", unless the line says otherwise. Throws
// UserError for a task that the experiment does not have, unknown settings, and another measure or direction than that
// of the task. The folder is that of the experiment: where input files of the task are missing, its records are asked.
std::function<ScoredTask(ScoredTask)> scored_tasks(const Experiment& experiment, const ResultsFolder& folder);

}  // namespace rnnbench::cli
