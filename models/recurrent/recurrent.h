// The recurrent layer, for any cell of the catalogue.
#pragma once

#include <memory>
#include <vector>

#include "core/isa.h"
#include "models/layer.h"
#include "models/recurrent/cell_kernel.h"

namespace rnnbench::models {

// Numbers of the layer's parameter blocks in the layout; -1: it has no such block.
struct RecurrentBlocks {
  std::vector<int> weights;         // of each matrix of CellStructure::matrices
  int bias_ih = -1, bias_hh = -1;   // [gates][hidden]
  int vectors = -1;                 // [vectors][hidden]: peepholes
  int gain = -1;                    // [slots][hidden]: of layer normalization
  std::vector<int> initial_states;  // of each state: [hidden]; empty if they are zero
};

struct RecurrentShape {
  Features inputs;
  bool one_hot = false;  // the inputs are symbols
  int hidden = 0;
  bool needs_input_gradient = false, layer_norm = false;
};

// S = float, double or complex<double>; `isa` matters for float only. The layer keeps a reference to the structure.
template <class S>
std::unique_ptr<Layer<S>> make_recurrent(Isa isa, const CellStructure& cell,
                                         std::unique_ptr<const CellKernel<S>> kernel, const RecurrentShape& shape,
                                         const RecurrentBlocks& blocks);

}  // namespace rnnbench::models
