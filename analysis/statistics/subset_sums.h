// Exact counts of subsets by their sums. They give the exact p-values of sign-flip tests.
#pragma once

#include "analysis/statistics/statistics.h"

namespace rnnbench::analysis {

// So many values have 2^40 subsets. The sorted sums of both halves then take 16 MB and some 20 ms.
inline constexpr int max_exact_pairs = 40;

// The fraction of the 2^n subsets of the values, the empty one included, whose sum is at most `limit`; at most
// max_exact_pairs values. The sums of either half are sorted, and counted in one pass over both lists (Horowitz & Sahni
// 1974), which takes time and memory in proportion to 2^(n / 2).
double share_of_subset_sums(const Values& values, double limit);

}  // namespace rnnbench::analysis
