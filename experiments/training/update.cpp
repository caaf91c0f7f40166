#include "experiments/training/update.h"

#include <algorithm>
#include <cmath>

namespace rnnbench::experiments {
namespace {

void add(Parameters<float>& sum, float factor, const Parameters<float>& gradient) {
  for (std::size_t i = 0; i < sum.data().size(); ++i) sum.data()[i] += factor * gradient.data()[i];
}

}  // namespace

Updater::Updater(const Settings& training, bool chunked, const Network<float>& network, Workspace<float>& workspace)
    : training_(training),
      chunked_(chunked),
      network_(network),
      workspace_(workspace),
      gradient_(network.layout()),
      optimizer_(make_optimizer(training, network.layout())) {
  if (training.integer("truncate") > 0 && training.text("truncate-update") == "sequence")
    sum_.emplace(network.layout());
}

Updated Updater::update(Parameters<float>& parameters, const Batch& batch, double learning_rate,
                        const StreamSource* dropout) {
  if (training_.integer("truncate") > 0) return truncated(parameters, batch, learning_rate, dropout);
  const double loss = network_.gradient(parameters, batch, workspace_, gradient_, dropout, carried());
  return {loss, step(parameters, loss, learning_rate)};
}

// Truncated backpropagation through time: segment by segment, with the states of the one before. A segment without
// weight only passes its states on. The loss is the mean over all steps, whichever segments they belong to.
Updated Updater::truncated(Parameters<float>& parameters, const Batch& batch, double learning_rate,
                           const StreamSource* dropout) {
  const auto length = static_cast<int>(training_.integer("truncate"));
  const double total = batch.total_weight();
  if (sum_) std::fill(sum_->data().begin(), sum_->data().end(), 0.0f);
  Updated updated;
  for (int begin = 0; begin < batch.steps; begin += length) {
    const Batch segment = batch.segment(begin, std::min(batch.steps, begin + length));
    StreamSource noise = dropout != nullptr ? *dropout : StreamSource();  // each segment has masks of its own
    noise.first = static_cast<std::uint32_t>(begin / length * batch.size);
    const double loss =
        network_.gradient(parameters, segment, workspace_, gradient_, dropout != nullptr ? &noise : nullptr, &carried_);
    const double share = total > 0 ? segment.total_weight() / total : 0;
    if (share == 0) continue;
    updated.loss += share * loss;
    if (sum_)
      add(*sum_, static_cast<float>(share), gradient_);
    else if (updated.not_finite = step(parameters, loss, learning_rate); !updated.not_finite.empty())
      return updated;
  }
  if (sum_) {
    gradient_ = *sum_;
    updated.not_finite = step(parameters, updated.loss, learning_rate);
  }
  return updated;
}

// Clips the gradient and makes a step of the optimizer. `loss` is that of the gradient.
std::string Updater::step(Parameters<float>& parameters, double loss, double learning_rate) {
  if (!std::isfinite(loss)) return "the training loss";
  const double norm = clip_by_norm(gradient_, training_.real("clip-norm"), &workspace_.team());
  if (!std::isfinite(norm)) return "the norm of the gradient";
  if (const double limit = training_.real("clip-value"); limit > 0) clip_by_value(gradient_, limit);
  optimizer_->update(parameters, gradient_, learning_rate, &workspace_.team());
  return "";
}

void Updater::restart() {
  optimizer_ = make_optimizer(training_, network_.layout());
  carried_.clear();
}

std::size_t Updater::bytes() const {
  std::size_t arrays = sum_ ? 2 : 1;
  arrays += optimizer_->moments().size();
  return (arrays * network_.layout().extent() + carried_.capacity()) * sizeof(float);
}

void next_batch(const Task& task, const StreamSource& source, int size, std::vector<StreamPlace>& streams,
                Batch& batch) {
  if (task.chunk() == 0) return task.sample(source, size, batch);
  streams.resize(size);
  task.next_chunk(source, streams, batch);
}

}  // namespace rnnbench::experiments
