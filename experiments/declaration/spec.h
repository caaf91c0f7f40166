// The specification of a run: its settings, their canonical text and the id made from it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/option.h"
#include "experiments/records/record.h"

namespace rnnbench::experiments {

// All settings of one run, split by who reads them. Every value is checked and in its canonical spelling; defaults are
// filled in.
struct RunSpec {
  Settings task;      // "task", "length", "test-length" and the task's other options
  Settings model;     // "cell", "hidden" or "budget", ... (see model_options)
  Settings training;  // see training_options, without the seed
  std::uint64_t seed = 1;

  // The schema number and numerics_version, then one `key = value` line for each option that the run uses and that
  // differs from its frozen default, sorted by key. Two runs are the same when their canonical texts are equal.
  std::string canonical() const;
  std::string id() const;  // 16 hex digits: 64-bit FNV-1a of canonical()
  Json json() const;       // the record's `spec`, with every used option (see record.h)
};

// The task of a run in words: its length and every other setting that differs from its default, as in "copy (length
// 20)" or "adding (length 50, variant hochreiter)". Test lengths and paths of files are left out.
std::string task_text(const RunSpec& run);

// With fewer validation sequences at each evaluation, a network at chance level meets the criterion too often: nothing
// that depends on when a task is solved accepts such runs, unless the task is not scored on random sequences.
inline constexpr int min_evaluate_to_solve = 64;
bool can_decide_solving(const RunSpec& run);

// The run of a record's `spec`. Throws UserError when this program does not know a name in it, or when its canonical
// text and id do not match (the record was edited).
RunSpec spec_from_json(const Json& spec);

// The run with this canonical text. It does not contain paths of input files, which are given apart: option, path.
// Throws UserError when it is not a canonical text of this program.
RunSpec spec_from_canonical(const std::string& canonical,
                            const std::vector<std::pair<std::string, std::string>>& paths = {});
// The paths of input files among the run's settings: option, path.
std::vector<std::pair<std::string, std::string>> input_paths(const RunSpec& run);

// The sentence that names the first input file of the runs that does not exist; "" if there is none.
std::string missing_input(const std::vector<RunSpec>& runs);
// Throws UserError with that sentence.
void check_inputs(const std::vector<RunSpec>& runs);

// A declared experiment. Its runs are in grid order, without duplicates.
struct Experiment {
  std::string name;   // the file's name without its ending; without a file, the name of the only task, or "adhoc"
  std::string file;   // "": settings from the command line alone
  std::string title;  // the file's `title`, or the name
  std::vector<RunSpec> runs;
};

}  // namespace rnnbench::experiments
