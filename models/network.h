// A network: recurrent layers, optional attention over its own past states, linear read-out.
//
// Structure (Network) is immutable and const, numbers (Parameters) are one array, activations (Workspace) are what
// forward writes and backward reads. A batch is cut into tiles of at most 16 sequences; a tile runs all its steps
// forward and back, threads take different tiles, and the tiles' gradients are added in the order of their index:
// the bits do not depend on the number of threads.
#pragma once

#include <complex>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/batch.h"
#include "core/options.h"
#include "core/parameters.h"
#include "core/stream.h"

namespace rnnbench::core {
class ThreadTeam;
}

namespace rnnbench::models {

// Instruction sets of the float path; all give the same bits.
enum class Isa { scalar, avx2, avx512 };
std::string isa_name(Isa isa);
std::vector<Isa> supported_isas();  // by this CPU, best first
Isa best_isa();  // the best, or what RNNBENCH_ISA = avx2 | avx512 | scalar asks for (UserError if it cannot)

// Flushes denormal numbers to zero in this thread (part of the numeric contract); every thread that computes calls it.
void flush_denormals();

// How an update is computed; none of it moves a bit.
struct WorkspaceOptions {
  int threads = 1;
  // Keep the states of every k-th step only and compute what lies between twice: memory of k steps instead of all. 0:
  // keep everything. Attention keeps all states whatever this says.
  int recompute = 0;
};

// What a call needs besides structure and parameters: packed weights, the tapes of the tiles, the threads. Reused from
// call to call without allocation once it has seen the largest batch.
template <class S>
class Workspace {
 public:
  virtual ~Workspace() = default;
  virtual std::size_t bytes() const = 0;  // of all arrays
  virtual ThreadTeam& team() = 0;         // its threads, between calls free for other work
};

// The activations of one named quantity of one sequence over time, for `rnnbench trace`.
struct Trace {
  std::string name;           // "layer 0 forget gate", "attention"
  int width = 0;              // units, or attended steps
  std::vector<float> values;  // steps * width
};

template <class S>
class Network {
 public:
  virtual ~Network() = default;
  virtual const Layout& layout() const = 0;
  virtual const Signature& signature() const = 0;
  virtual int hidden() const = 0;

  // Initial parameters from the run's seed, as the options say.
  virtual void initialize(std::uint64_t seed, Parameters<S>& parameters) const = 0;

  virtual std::unique_ptr<Workspace<S>> workspace(const WorkspaceOptions& options = {}) const = 0;

  // Outputs (logits or values), steps * size * outputs in the batch's order. With all_steps = false only steps that
  // some sequence gives weight or an answer are computed, the others are 0.
  virtual void predict(const Parameters<S>& parameters, const Batch& batch, bool all_steps, Workspace<S>& workspace,
                       std::vector<S>& outputs) const = 0;

  // The loss of the batch (see Batch) and its gradient, which is overwritten. `noise`: where dropout draws, sequence by
  // sequence; null: nothing is dropped.
  using Total = std::conditional_t<std::is_same_v<S, float>, double, S>;
  virtual Total gradient(const Parameters<S>& parameters, const Batch& batch, Workspace<S>& workspace,
                         Parameters<S>& gradient, const StreamSource* noise = nullptr) const = 0;

  // Gate, state and attention activations of sequence `column` of the batch.
  virtual std::vector<Trace> trace(const Parameters<S>& parameters, const Batch& batch, int column) const = 0;
};

// A line of the table of cells (models/catalogue.cpp), filled from the cell's own file.
struct CellEntry {
  std::string name;                  // "gru-v1"
  std::string summary;               // one line
  std::string formula;               // several lines, plain text
  std::string source;                // papers
  bool gated = false;                // has a gate whose bias sets how long it remembers
  int gates = 0;                     // blocks of weight_ih: 1, 4, 3
  std::string parameters = {};       // of one layer, as a formula in hidden size h and input size i
  std::string share = {};            // of the LSTM's at the same sizes, where it is one number: "3/4"
  std::vector<Option> options = {};  // beyond those of every model: activation, forget-bias, update-bias
  std::string attention = {};        // what it always has, whatever the options say
  std::map<std::string, std::string> defaults = {};  // of options, where this cell's differ: init = identity
};
const std::vector<CellEntry>& all_cells();
const CellEntry& find_cell(const std::string& name);  // throws UserError with the nearest known name

// The options of a model with this cell: cell, hidden, budget, layers, attention, init, ... and the cell's own.
std::vector<Option> model_options(const CellEntry& cell);

// Settings name a model: cell and the options of model_options(). The width is `hidden`, or with `budget` the largest
// whose parameter count does not exceed it. Throws UserError when no width fits the budget.
template <class S>
std::unique_ptr<const Network<S>> make_network(const Settings& settings, const Signature& signature,
                                               Isa isa = best_isa());
extern template std::unique_ptr<const Network<float>> make_network(const Settings&, const Signature&, Isa);
extern template std::unique_ptr<const Network<double>> make_network(const Settings&, const Signature&, Isa);
extern template std::unique_ptr<const Network<std::complex<double>>> make_network(const Settings&, const Signature&,
                                                                                  Isa);

// Sizes without building anything: for dry runs and memory estimates.
struct NetworkSize {
  int hidden = 0;
  std::size_t parameters = 0;
};
NetworkSize network_size(const Settings& settings, const Signature& signature);
// Bytes of a training run's own arrays (parameters, gradient, moments, tapes), an upper estimate to refuse what cannot
// fit.
double training_bytes(const Settings& settings, const Signature& signature, int steps, int batch,
                      const WorkspaceOptions& options);

}  // namespace rnnbench::models
