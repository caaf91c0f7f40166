// Checkpoints of a small run, and the states in them. The hash and the run that an input states are replaced by the
// right ones, without which nothing gets far.
#include "core/optimizer.h"
#include "core/safetensors.h"
#include "experiments/declaration/grid.h"
#include "experiments/declaration/run_task.h"
#include "experiments/training/checkpoint.h"
#include "models/network.h"
#include "tests/fuzz/check.h"

namespace rnnbench::fuzz {
namespace {

using namespace rnnbench::experiments;

constexpr std::int64_t updates = 40;
constexpr int batch = 2;

RunSpec small_run() {
  Declaration declaration;
  for (const auto& [key, value] : {std::pair{"task", "copy"},
                                   {"cell", "rnn"},
                                   {"hidden", "1"},
                                   {"updates", "40"},
                                   {"batch", "2"},
                                   {"optimizer", "sgd"},
                                   {"keep", "best"},
                                   {"length", "3"}})
    declaration.overrides.push_back({key, value, "", 0});
  return expand(declaration).runs.at(0);
}

// Everything that a checkpoint of the run fills.
struct SmallRun {
  RunSpec spec = small_run();
  std::unique_ptr<const Task> task = make_task(spec);
  std::unique_ptr<const Network<float>> network = make_network<float>(spec.model, task->signature());
  Parameters<float> parameters{network->layout()}, best{network->layout()};
  std::unique_ptr<Optimizer> optimizer = make_optimizer(spec.training, network->layout(), Isa::scalar);
  Carried<float> carried;
  TrainingArrays arrays() {
    return {.parameters = parameters,
            .best = &best,
            .optimizer = *optimizer,
            .carried = &carried,
            .carried_size = network->carried_size(batch),
            .sequences = batch};
  }
};

}  // namespace

void checkpoints(const std::string& input) {
  static SmallRun run;
  static const std::string canonical = run.spec.canonical();
  TensorFile file = from_safetensors(input, "fuzz.checkpoint");
  file.metadata["canonical"] = canonical;
  file.metadata["hash"] = content_hash(file);
  const TrainingState state = restore_checkpoint(to_safetensors(file), canonical, updates, run.arrays());
  require(state.update >= 0 && state.update <= updates && state.next_evaluation >= state.update &&
              state.next_evaluation <= updates,
          "the update is one of the run");
  const std::string text = state_text(state, *run.optimizer), bytes = checkpoint_bytes(canonical, state, run.arrays());
  const TrainingState again = must_accept("a checkpoint that was written",
                                          [&] { return restore_checkpoint(bytes, canonical, updates, run.arrays()); });
  require(state_text(again, *run.optimizer) == text, "a state is the same after it was written and read");
  require(checkpoint_bytes(canonical, again, run.arrays()) == bytes, "a checkpoint is the same after it was read");
  require(bytes.size() <= max_checkpoint_bytes(run.arrays()), "a checkpoint is no larger than it may be");
}

}  // namespace rnnbench::fuzz
