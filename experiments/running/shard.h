// Parts of an experiment that are trained by different processes, on one machine or on many.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "experiments/declaration/spec.h"

namespace rnnbench::experiments {

// Part `part` of `of` parts, counted from 1: the runs of a grid, or the trials of a rung, at positions part - 1,
// part - 1 + of, part - 1 + 2 of, ... The position of a run does not depend on what is recorded, so shards that start
// at different times share nothing and leave nothing out.
struct Shard {
  int part = 1, of = 1;

  bool is_whole() const { return of == 1; }
  bool owns(std::size_t position) const {
    return position % static_cast<std::size_t>(of) + 1 == static_cast<std::size_t>(part);
  }
  std::string text() const { return std::to_string(part) + "/" + std::to_string(of); }
  std::vector<RunSpec> of_runs(const std::vector<RunSpec>& runs) const;
};

inline constexpr int max_shards = 1'000'000;

// "3/8", or "slurm": what SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT say, which Slurm sets for each task of a job
// array 1-N. Throws UserError for anything else.
Shard parse_shard(const std::string& text);

}  // namespace rnnbench::experiments
