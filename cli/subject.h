// What a command about recorded runs looks at: an experiment, or the untuned runs, the tuned runs or the trials of a
// study; or imported results that stand alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analysis/format.h"
#include "analysis/study.h"
#include "cli/arguments.h"
#include "experiments/records/results_folder.h"
#include "findings/finding.h"

namespace rnnbench::cli {

// --runs tuned|untuned|trials and --profile smoke|lab|full, beside --results.
std::vector<Flag> subject_flags();

struct Subject {
  ResultsFolder results_folder;
  Experiment declared;                         // what was declared: the runs under which results are shown
  std::vector<RunSpec> trained;                // the same runs with the settings that they are trained with
  std::string runs;                            // "untuned", "tuned" or "trials"; of an experiment "untuned"
  std::shared_ptr<const DeclaredStudy> study;  // nothing for experiments without claims
};

// By default the tuned runs of a study that has a search, and the declared runs of everything else and for `show`. With
// settings on the command line a study is an ordinary experiment. Throws UserError when the arguments exclude each
// other, or when tuned runs are wanted and the search is not finished (`status` then gets the trials). If the name is
// that of imported results without an experiment, the subject has no runs; then throws UserError for commands that need
// some.
Subject subject_of(const Arguments& arguments);

// Whether verdicts are based on these runs: the tuned ones, and those of a study without a search.
bool decides(const Subject& subject);

// The name of imported results that stand alone, if the only positional argument is one; otherwise "".
std::string name_of_imports(const Arguments& arguments);

// The records of the runs, and the imported results beside them, grouped for tables and figures. Notes on standard
// error which imported results do not belong to these runs. Throws UserError when there are none.
Study recorded_study(const Subject& subject, const Arguments& arguments);

// The shell command that trains what is missing. Runs of a study that a verdict may be based on are trained by
// `reproduce`, which freezes the protocol first.
std::string continue_command(const Subject& subject, const Arguments& arguments);

// The table as text, csv, markdown, json (a list of objects, in which cells of right-aligned columns are numbers or,
// if they are empty, null) or, with caption and label, LaTeX on standard output.
void print_table(const Table& table, const std::string& format, const std::string& caption, const std::string& label);
// Prints all trials of a study's searches as a table: those of A, then those of B, by rung. Throws UserError when there
// is none.
void print_trials(const Subject& subject, const std::string& format);

}  // namespace rnnbench::cli
