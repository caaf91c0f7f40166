// A network: layers, optional attention over past hidden states or inputs, and a linear output layer.
//
// Three things are kept apart: the structure (Network), which never changes; the parameters, which are one array; and
// the activations (Workspace), which the forward pass writes and the backward pass reads. A batch is split into tiles
// of at most 16 sequences. Each tile runs forward and backward through all steps on one thread, and the gradients of
// the tiles are added in the order of their index, so results do not depend on the number of threads.
#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/batch.h"
#include "core/isa.h"
#include "core/parameters.h"
#include "core/settings.h"
#include "core/stream.h"
#include "models/state_size.h"
#include "models/trace.h"

namespace rnnbench::core {
class ThreadTeam;
}

namespace rnnbench::models {

// How an update is computed. None of these changes its result.
struct WorkspaceOptions {
  int threads = 1;
  // k > 0: keep only the states of every k-th step, and compute the activations between them a second time in the
  // backward pass. This takes the memory of k steps instead of all. 0: keep all activations. Attention always keeps
  // all.
  int recompute = 0;
};

// The memory that calls of a network need besides the parameters: packed weights, activations of the tiles, threads.
// Once it has grown to the largest batch, further calls allocate nothing.
template <class S>
class Workspace {
 public:
  virtual ~Workspace() = default;
  virtual std::size_t bytes() const = 0;  // of all arrays
  virtual ThreadTeam& team() = 0;         // its threads; between calls they can be used for other work
};

// The states after the last step of a batch, from which the sequences of the next batch that continue (see Batch)
// start. All other sequences start from the initial states. A gradient ends where its batch begins (truncated
// backpropagation through time, Williams & Peng 1990).
template <class S>
using Carried = AlignedVector<S>;

template <class S>
class Network {
 public:
  virtual ~Network() = default;
  virtual const Layout& layout() const = 0;
  virtual const Signature& signature() const = 0;
  virtual int hidden() const = 0;
  virtual StateSize state_size() const = 0;

  // Draws the initial parameters as the options say.
  virtual void initialize(std::uint64_t seed, Parameters<S>& parameters) const = 0;

  virtual std::unique_ptr<Workspace<S>> workspace(const WorkspaceOptions& options = {}) const = 0;

  // Whether sequences can be carried from batch to batch: one direction, no attention, and no learned initial states,
  // whose gradient would depend on where the batches begin.
  virtual bool carries_states() const = 0;
  virtual std::size_t carried_size(int sequences) const = 0;  // numbers of Carried

  // Outputs (logits or values): [steps][size][outputs] in the order of the batch. With all_steps = false, only steps
  // where some sequence has weight or an answer are computed; the outputs of the others are 0.
  virtual void predict(const Parameters<S>& parameters, const Batch& batch, bool all_steps, Workspace<S>& workspace,
                       std::vector<S>& outputs, Carried<S>* carried = nullptr) const = 0;

  // Returns the loss of the batch (see Batch) and overwrites `gradient` with its gradient. `noise` gives each sequence
  // the random stream of its dropout masks; if it is null, nothing is dropped.
  using Total = std::conditional_t<std::is_same_v<S, float>, double, S>;
  virtual Total gradient(const Parameters<S>& parameters, const Batch& batch, Workspace<S>& workspace,
                         Parameters<S>& gradient, const StreamSource* noise = nullptr,
                         Carried<S>* carried = nullptr) const = 0;

  // Gates, states and attention weights of sequence `column` of the batch.
  virtual std::vector<Trace> trace(const Parameters<S>& parameters, const Batch& batch, int column) const = 0;
};

// Settings describe a model: `cell`, and the options that model_options() lists for it. The width is `hidden`; or, if
// `budget` or `state-budget` is set, the largest width with at most that many parameters or values of the state. Throws
// UserError if there is none.
template <class S>
std::unique_ptr<const Network<S>> make_network(const Settings& settings, const Signature& signature,
                                               Isa isa = best_isa());
extern template std::unique_ptr<const Network<float>> make_network(const Settings&, const Signature&, Isa);
extern template std::unique_ptr<const Network<double>> make_network(const Settings&, const Signature&, Isa);
extern template std::unique_ptr<const Network<std::complex<double>>> make_network(const Settings&, const Signature&,
                                                                                  Isa);

// Sizes of a network without building it, for dry runs and memory estimates.
struct NetworkSize {
  int hidden = 0;
  std::size_t parameters = 0;
  bool carries_states = false;  // see Network
  StateSize state;
};
NetworkSize network_size(const Settings& settings, const Signature& signature);
// An upper estimate of the bytes that training allocates: parameters, gradient, moments of the optimizer, activations.
double training_bytes(const Settings& settings, const Signature& signature, int steps, int batch,
                      const WorkspaceOptions& options);

}  // namespace rnnbench::models
