// Groups of runs, and the points that a rung passes on.
#pragma once

#include <string>
#include <vector>

#include "experiments/search/search.h"

namespace rnnbench::experiments {

// Runs that differ only in the seed are one group; this is its name: the canonical text of its run with seed 1.
std::string group_of(RunSpec run);
// The first run of each group, in the order of `runs`.
std::vector<const RunSpec*> groups_of(const std::vector<RunSpec>& runs);

// The best first: by score, the most seeds that did not fail, then the best mean measure, the lowest loss, the lowest
// number. By time, the fewest updates to solve, then the same.
void sort_best_first(std::vector<TrialScore>& scores, bool higher_is_better, bool by_time);

// The points of the next rung, ascending: with three or more, first the best of each third of the learning rates, and
// then the best others; with fewer, the best. `thirds`: the third (0, 1 or 2) of each element of `best_first`.
std::vector<int> promoted(const std::vector<TrialScore>& best_first, const std::vector<int>& thirds, int count);

}  // namespace rnnbench::experiments
