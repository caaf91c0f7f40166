// Whether declared claims could be decided at all, checked before anything runs.
#pragma once

#include <vector>

#include "findings/finding.h"

namespace rnnbench::findings {

// `family` holds all findings whose p-values are corrected together. Throws UserError when one compares means that have
// no reliable interval; when one has too few seeds for an interval; when its measures of solving are not reliable; or
// when even the smallest possible p-values of binary outcomes would not survive the correction.
void check_decidable(const std::vector<Finding>& family);

}  // namespace rnnbench::findings
