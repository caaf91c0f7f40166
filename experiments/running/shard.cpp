#include "experiments/running/shard.h"

#include <cstdlib>
#include <optional>

#include "core/error.h"
#include "core/plain_text.h"
#include "core/text.h"

namespace rnnbench::experiments {
namespace {

std::optional<Shard> shard_in(const std::string& part, const std::string& of) {
  const auto p = parse_number<int>(part), n = parse_number<int>(of);
  if (!p || !n || *n < 1 || *n > max_shards || *p < 1 || *p > *n) return std::nullopt;
  return Shard{*p, *n};
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Shard shard_of_slurm() {
  const std::string id = variable("SLURM_ARRAY_TASK_ID"), count = variable("SLURM_ARRAY_TASK_COUNT");
  if (id.empty() || count.empty())
    throw UserError(
        "command line: --shard slurm reads SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT, which are not set; Slurm "
        "sets them in job arrays, as with sbatch --array=1-8");
  if (const auto shard = shard_in(id, count)) return *shard;
  throw UserError("command line: --shard slurm: SLURM_ARRAY_TASK_ID = " + plain_text(id) +
                  " and SLURM_ARRAY_TASK_COUNT = " + plain_text(count) +
                  " are no shard; the array has to be 1-N; to repeat some shards of N, give each as --shard i/N");
}

}  // namespace

std::vector<RunSpec> Shard::of_runs(const std::vector<RunSpec>& runs) const {
  std::vector<RunSpec> own;
  for (std::size_t position = 0; position < runs.size(); ++position)
    if (owns(position)) own.push_back(runs[position]);
  return own;
}

Shard parse_shard(const std::string& text) {
  if (text == "slurm") return shard_of_slurm();
  const std::size_t slash = text.find('/');
  if (slash != std::string::npos)
    if (const auto shard = shard_in(text.substr(0, slash), text.substr(slash + 1))) return *shard;
  throw UserError("command line: --shard = " + text + " is not i/n with 1 <= i <= n <= " + std::to_string(max_shards) +
                  ", such as 3/8, or slurm");
}

}  // namespace rnnbench::experiments
