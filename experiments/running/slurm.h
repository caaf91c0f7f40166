// Scripts for Slurm, the workload manager of most clusters: job arrays of shards.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rnnbench::experiments {

// A job of a submission. Each waits until the one before it has succeeded.
struct SlurmJob {
  std::string name;                  // of the job and, with .sbatch, of its script: "runs", "rung-1"
  int tasks = 0;                     // of a job array 1-tasks; 0: no array
  std::vector<std::string> command;  // words
};

struct SlurmSettings {
  std::string experiment;
  std::string time;                      // the limit of each task, as sbatch takes it; "": that of the partition
  std::string partition;                 // "": the default of the cluster
  int cores = 1;                         // of each task
  std::filesystem::path working_folder;  // of the command
  std::filesystem::path scripts;         // folder of the scripts and of what tasks print
};

// Seconds before its time limit at which a task is asked to save its checkpoints.
inline constexpr int seconds_to_save = 120;

// A script for sbatch. A task that reaches its time limit, or is preempted, saves checkpoints and is queued again.
// Throws UserError if a path or a word of the command is not plain text.
std::string sbatch_script(const SlurmJob& job, const SlurmSettings& settings);

// Throws UserError unless sbatch understands it as a time limit (minutes, H:M:S, D-H, ...) that leaves more than
// seconds_to_save, or as none.
void check_time_limit(const std::string& time);

}  // namespace rnnbench::experiments
