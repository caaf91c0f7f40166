// A measure: one number of a run's record, which tables, comparisons and findings look at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/study.h"

namespace rnnbench::analysis {

// "recall", "recall at 200", "accuracy beyond", "recall after 5 s", "updates_to_solve", "gradient at lag 50": parsed.
//   a score of the task         on test sequences of the training length; "loss" is one for every task
//   ... at LENGTH               at a test length
//   ... beyond                  the mean over all test lengths longer than training
//   ... after N s               on validation sequences, at the last evaluation within N CPU seconds of training
//   ... before training         on validation sequences
//   relative_loss               test loss / memoryless baseline; not at test lengths, whose baselines no record has
//   skill                       (baseline - loss) / (baseline - optimum): 0 remembers nothing, 1 is perfect; likewise
//   gap                         test loss - loss on the training set (runs with training-set)
//   solved, diverged            1 or 0
//   updates_to_solve            of an unsolved run: its updates; see is_unsolved()
//   cpu_seconds_to_solve        likewise its CPU seconds
//   cpu_ms_per_update           CPU milliseconds of a training update; `ms_per_update` means the same
//   wall_ms_per_update          elapsed milliseconds of a training update
//   parameters, hidden          of the model
//   bits_per_parameter          of a task that counts stored bits
//   a scalar of a probe         see experiments/training/probe.h
// Imported runs have few of them, see imported_number() in analysis/imported.h.
struct Measurement {
  std::string text, name;
  std::optional<std::int64_t> length;
  bool beyond = false, untrained = false;
  std::optional<double> seconds;
};
// The version of the definition of this measure, part of frozen protocols. Raise it in measurement.cpp with every
// change of what the number means.
int measurement_version(const Measurement& measurement);

// Throws UserError for a length that is no whole number, two such endings, or one behind what is not a score or has no
// such score.
Measurement parse_measurement(const std::string& text);

// Whether this can be the name of a score that another program measured: it is no other number of a run.
bool is_score(const std::string& name);

// Nothing when the run has no record and is not imported, diverged (unless that is what the measure asks), or has no
// such finite number.
std::optional<double> value_of(const Measurement& measurement, const Run& run);

// Whether the run has such a number at all, finite or not.
bool has_measure(const Measurement& measurement, const Run& run);
// Whether the measure says if, or when, a run solved its task.
bool is_of_solving(const Measurement& measurement);
bool is_time_to_solve(const Measurement& measurement);
// Whether the measure is a time to solve and this run has not solved its task, so that its value is a lower bound.
// Beside other runs it counts as value_of_failure: a short training would be a merit otherwise.
bool is_unsolved(const Measurement& measurement, const Run& run);
// Whether the measure depends on how long training took.
bool is_time(const Measurement& measurement);
// Why times of these runs cannot be compared: they were measured on a busy machine (timed_on_busy_machine) or on
// different CPUs; "": they can.
std::string unreliable_times(const std::vector<const Run*>& runs);
// Whether the measure is a scalar of the run's probe.
bool of_a_probe(const Measurement& measurement, const Run& run);

// Throws UserError if no run on the task has such a number, or if its runs do not say when they solved it.
void check_measure(const TaskRuns& task, const Measurement& measurement);
// The same for the measure of that name on every task of which a run is recorded or imported.
void check_measure(const Study& study, const std::string& measure);
// Throws UserError if the measure is a mean over the test lengths beyond training, and runs of the same training length
// were tested at different ones.
void check_lengths_beyond(const Measurement& measurement, const std::vector<const Run*>& runs);

// All measures that these runs have, without endings.
std::vector<std::string> known_measures(const std::vector<const Run*>& runs);

std::vector<const Run*> pointers(const std::vector<Run>& runs);
std::vector<const Run*> runs_of(const TaskRuns& task);

// The runs beside which a model is judged: those on its task without imported ones, so that these change no number of
// other models; for an imported model, all.
std::vector<const Run*> runs_beside(const TaskRuns& task, const ModelRuns& model);

// What a run without a value counts as: the worst value of all these runs, and no better than a model without memory;
// of times to solve, the longest training of any. Nothing, so that the run is left out, if the measure does not rate
// runs or is a scalar of their probe.
std::optional<double> value_of_failure(const Measurement& measurement, const std::vector<const Run*>& runs);
// The value of the run, or `failed` (value_of_failure) if it has none or is_unsolved. Nothing if it is not known, as of
// imported runs.
std::optional<double> value_or_failure(const Measurement& measurement, const Run& run,
                                       const std::optional<double>& failed);

bool higher_is_better(const Measurement& measurement, const std::vector<const Run*>& runs);
// Whether the number says how good a run is, unlike its width or the mean of a gate.
bool rates_runs(const Measurement& measurement);
// "recall (higher is better)"; without a direction for numbers that do not rate runs.
std::string measure_heading(const Measurement& measurement, const std::vector<const Run*>& runs);

}  // namespace rnnbench::analysis
