#include "experiments/declaration/feasible.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>
#include <vector>

#include "core/error.h"
#include "experiments/declaration/run_task.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/probe.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::experiments {
namespace {

double physical_memory() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::string gibibytes(double bytes) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f GiB", bytes / (1024.0 * 1024.0 * 1024.0));
  return text;
}

// Of the sequences of one batch, which all threads share.
double batch_bytes(const Signature& signature, std::int64_t steps, std::int64_t size) {
  const double inputs = signature.one_hot ? 1 : signature.inputs;
  const double targets = signature.loss == Loss::cross_entropy ? 1 : signature.outputs;
  return static_cast<double>(steps) * static_cast<double>(size) * (sizeof(float) * (inputs + targets + 1) + 1);
}

// `length`: the setting that makes the sequences so long.
void check_positions(const RunSpec& run, int steps, const std::string& length) {
  if (run.model.text_or("positions", "") != "learned" || run.model.integer("max-positions") >= steps) return;
  throw UserError("max-positions = " + run.model.text("max-positions") + " is less than the " + std::to_string(steps) +
                  " time steps of sequences with " + length + ", and only learned positions tell them apart");
}

// Combinations of settings that would silently mean something else.
void check_settings(const RunSpec& run, const Task& task, const NetworkSize& size) {
  const Settings& training = run.training;
  if (training.text("schedule") != "constant" && training.integer("updates") <= training.integer("warmup-updates"))
    throw UserError("warmup-updates = " + training.text("warmup-updates") + " must be less than updates = " +
                    training.text("updates") + ", or the full learning rate is never used");
  if (training.text("stop") == "solved" && !can_decide_solving(run))
    throw UserError("evaluate = " + training.text("evaluate") + " is too small for stop = solved, which needs " +
                    std::to_string(min_evaluate_to_solve) +
                    " or more: with fewer sequences, networks at chance level count as solved too often");
  if (training.integer("evaluate-every") == 0)
    for (const auto& [key, value] : {std::pair{"schedule", "plateau"}, std::pair{"stop", "patience"}})
      if (training.text(key) == value)
        throw UserError(
            std::string(key) + " = " + value +
            " counts evaluations, which must be equally far apart: set evaluate-every to a number of updates");
  if (!size.carries_states)
    for (const auto& [key, value] :
         {std::pair{"truncate", training.text("truncate")}, {"chunk", run.task.text_or("chunk", "0")}})
      if (value != "0")
        throw UserError(std::string(key) + " = " + value +
                        " passes states on, which is not possible with attention, direction = bidirectional, the "
                        "Transformer or initial-state = learned; leave it out");
  if (training.integer("truncate") >= task.steps())
    throw UserError("truncate = " + training.text("truncate") + " has no effect, because no sequence has more than " +
                    std::to_string(task.steps()) + " steps; leave it out");
  if (task.chunk() > 0 && training.integer("truncate") > 0)
    throw UserError("truncate = " + training.text("truncate") + " is not for chunk = " + run.task.text("chunk") +
                    ", whose gradients end where a chunk begins anyway; leave one of them out");
  const bool normalizes = run.model.text_or("layer-norm", "no") == "yes" || run.model.text("cell") == "transformer";
  if (normalizes && size.hidden == 1)
    throw UserError(
        "hidden = 1 is too small for layer normalization, whose result for a single unit is always 0; "
        "it needs 2 or more");
  check_positions(run, task.steps(), "length = " + run.task.text("length"));
}

// Checks the longest test length. Prediction keeps a few steps only, about as many as training with --recompute 16.
void check_test_length(const RunSpec& run) {
  const WorkspaceOptions options{.threads = 1, .recompute = 16};
  constexpr int max_batch = 64;  // an evaluation is split into batches of at most this size
  const int batch = std::min(max_batch, static_cast<int>(run.training.integer("evaluate")));
  const std::vector<std::int64_t> lengths = run.task.integers("test-length");
  Settings settings = run.task;
  settings.set("length", std::to_string(*std::max_element(lengths.begin(), lengths.end())));
  const auto task = make_task(run, settings);
  check_positions(run, task->steps(), "test-length = " + settings.text("length"));
  const double needed = training_bytes(run.model, task->signature(), task->steps(), batch, options) +
                        batch_bytes(task->signature(), task->steps(), batch);
  if (needed <= physical_memory()) return;
  throw UserError("test-length = " + settings.text("length") + " for " + run.model.text("cell") + " on " +
                  run.task.text("task") + " needs about " + gibibytes(needed) + " of memory, but this machine has " +
                  gibibytes(physical_memory()) + "; choose a smaller test-length");
}

}  // namespace

void check_feasible(const RunSpec& run, const WorkspaceOptions& options) {
  check_feasible(run, *make_task(run), options);
}

void check_feasible(const RunSpec& run, const Task& task, const WorkspaceOptions& options) {
  const NetworkSize size = network_size(run.model, task.signature());
  check_settings(run, task, size);
  check_probe(run);
  const std::int64_t batch = run.training.integer("batch");
  const auto truncate = static_cast<int>(run.training.integer("truncate"));
  const bool in_pieces = truncate > 0 || task.chunk() > 0;
  if (in_pieces && options.recompute > 0)
    throw UserError((truncate > 0 ? "truncate = " + std::to_string(truncate) : "chunk = " + run.task.text("chunk")) +
                    " keeps the activations of one piece of a sequence only, which leaves nothing to compute again; "
                    "leave out --recompute");
  const int steps = truncate > 0 ? std::min(truncate, task.steps()) : task.steps();
  // Copies of the parameters: the best ones, and the sum of the gradients of segments.
  const int copies =
      (run.training.text("keep") == "best") + (truncate > 0 && run.training.text("truncate-update") == "sequence");
  const double needed = training_bytes(run.model, task.signature(), steps, static_cast<int>(batch), options) +
                        batch_bytes(task.signature(), task.steps(), batch) +
                        static_cast<double>(copies) * sizeof(float) * static_cast<double>(size.parameters);
  if (needed > physical_memory())
    throw UserError(run.model.text("cell") + " on " + run.task.text("task") +
                    " with hidden = " + std::to_string(size.hidden) +
                    (run.model.has("budget")         ? " from budget = " + run.model.text("budget")
                     : run.model.has("state-budget") ? " from state-budget = " + run.model.text("state-budget")
                                                     : "") +
                    ", batch = " + std::to_string(batch) + " and " + std::to_string(task.steps()) +
                    " time steps needs about " + gibibytes(needed) + " of memory, but this machine has " +
                    gibibytes(physical_memory()) + "; choose a smaller hidden, layers, batch or length" +
                    (run.model.text_or("attention", "none") != "none" || options.recompute > 0 || in_pieces ? ""
                     : run.task.values().contains("chunk") && !task.signature().one_answer
                         ? ", or use chunk = 100 or --recompute 100"
                         : ", or use --recompute 100"));
  if (run.task.has("test-length")) check_test_length(run);
}

}  // namespace rnnbench::experiments
