// Whether a difference could show at all: two models at the best possible score, or both at the worst, decide nothing.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "findings/study_records.h"

namespace rnnbench::findings {

// One part of the comparison that decides a claim.
struct Ceiling {
  std::size_t left_side = 0;
  std::string label, task_settings;  // as in ComparisonPart
  // Of each search, the validation means of both sides in the last rung, at the chosen settings.
  std::array<double, 2> left{}, right{};
  bool testable = true;
};

// Judged from the last rungs of both searches alone, so before any reported seed is run: a part is not testable if in
// both searches both sides are above 1 - margin; or, for skill and solved, whose 0 is that of no memory, if in both
// searches both are below the margin. Empty where the rule does not apply: without a finished search, for comparisons
// with a number, of slopes, differences and ratios, and for measures other than recall, accuracy, skill and solved on
// sequences of trained lengths.
std::vector<Ceiling> ceilings(const Finding& finding, const StudyRecords& records);
// Whether 0 is the worst value of this measure: a recall or an accuracy of 0 is less than that of guessing.
bool has_floor(const Measurement& measurement);

}  // namespace rnnbench::findings
