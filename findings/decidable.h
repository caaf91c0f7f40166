// Whether declared claims could be decided at all, checked before anything runs.
#pragma once

#include <vector>

#include "findings/finding.h"

namespace rnnbench::findings {

// `claims` are all findings of a study with a search. Throws UserError when it varies what a comparison names, or
// chooses by time although no claim compares a time to solve, or by score although all do.
void check_search(const std::vector<Finding>& claims);

// Throws UserError when the claim compares means that have no reliable interval, or a ratio with a boundary that is not
// above 0; when it has too few seeds for an interval; when its measures of solving are not reliable; or when even the
// smallest possible p-values of binary outcomes would decide nothing.
void check_decidable(const Finding& finding);

}  // namespace rnnbench::findings
