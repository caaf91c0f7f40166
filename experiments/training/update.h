// One update of training: from a batch to a step of the optimizer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/optimizer.h"
#include "models/network.h"
#include "tasks/task.h"

namespace rnnbench::experiments {

struct Updated {
  double loss = 0;         // of the batch, before the update
  std::string not_finite;  // the first number that was not finite: the update was not finished; "": all were
};

// What the updates of a run change besides the parameters. Refers to the network and the workspace.
class Updater {
 public:
  // `chunked`: the batches are chunks of streams (Task::next_chunk), so that states pass from each to the next.
  Updater(const Settings& training, bool chunked, const Network<float>& network, Workspace<float>& workspace);

  // Computes the gradient of the batch, clips it and makes a step of the optimizer, with `truncate` for each segment.
  // `dropout` is as in Network::gradient.
  Updated update(Parameters<float>& parameters, const Batch& batch, double learning_rate, const StreamSource* dropout);

  void restart();  // as if no update had been made

  Optimizer& optimizer() { return *optimizer_; }
  // The states before the next chunk; null unless chunked.
  Carried<float>* carried() { return chunked_ ? &carried_ : nullptr; }
  std::size_t bytes() const;  // of all arrays

 private:
  Updated truncated(Parameters<float>& parameters, const Batch& batch, double learning_rate,
                    const StreamSource* dropout);
  std::string step(Parameters<float>& parameters, double loss, double learning_rate);

  const Settings training_;
  const bool chunked_;
  const Network<float>& network_;
  Workspace<float>& workspace_;
  Parameters<float> gradient_;
  std::unique_ptr<Optimizer> optimizer_;
  Carried<float> carried_;
  std::optional<Parameters<float>> sum_;  // with truncate-update = sequence: of the gradients of the segments
};

// Fills `batch` with `size` sequences or, if the task has chunks, the next chunk of so many streams. source.step is the
// number of the update. No stream has begun while `streams` is empty.
void next_batch(const Task& task, const StreamSource& source, int size, std::vector<StreamPlace>& streams,
                Batch& batch);

}  // namespace rnnbench::experiments
