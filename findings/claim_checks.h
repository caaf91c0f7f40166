// What a claim must not be: a comparison of runs with themselves, or one whose answer is known before the runs.
#pragma once

#include <vector>

#include "findings/comparison.h"
#include "findings/finding.h"

namespace rnnbench::findings {

// Throws UserError if runs are compared with themselves, however the statement writes them, or a side is repeated,
// which would count as another test. `pairs`: of the declared runs, recorded or not.
void check_sides(const Statement& statement, const std::vector<PairedValues>& pairs);

// Throws UserError if the measure is a share, from 0 to 1, and no difference of shares can be as large as the margin,
// or every one is within it.
void check_margin(const DeclaredComparison& comparison, double margin);

}  // namespace rnnbench::findings
