// A comparison of a finding's file, and its two sides in numbers: one pair for every seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/measurement.h"
#include "analysis/study.h"
#include "findings/statement.h"

namespace rnnbench::findings {

// What is compared, and by which number of each run.
struct DeclaredComparison {
  Statement statement;
  Measurement measurement;
};

// One left side on one task. Seeds that lack a number (a probe of a run that diverged) are left out.
struct PairedValues {
  const Expression* left_side = nullptr;
  std::string label;             // "lstm - gru", followed by " on TASK" when the comparison is made on several tasks
  std::string task_settings;     // the task with its options, as lines "key=value\n"
  std::vector<const Run*> runs;  // all that the statement names, on this task
  std::vector<std::uint64_t> seeds;
  Values left, right;  // one value per seed
  // The two numbers whose difference is analyzed: both sides; when the right side is a number, the operands of a
  // difference on the left ("lstm - gru ~ 0"); for all else the left side, and `second` is empty.
  Values first, second;
  int failures = 0;  // runs behind these values that diverged or have no record, and count as the worst
};

// `runs` are those of one experiment with their records; the result points into them and into `statement`. Throws
// UserError when a model of the statement has no run, or more than one for a seed, or when no run has the measure.
std::vector<PairedValues> paired_values(const Statement& statement, const Measurement& measurement,
                                        const std::vector<Run>& runs);

// Whether a run belongs to a model expression: it has the cell and every setting that the expression names.
bool matches(const Expression& model, const Run& run);
// The value of a setting as it is written on a command line; "" when the run does not use it.
std::string setting_of(const Run& run, const std::string& key);

}  // namespace rnnbench::findings
