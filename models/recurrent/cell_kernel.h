// A cell applied to a tile, as the driver calls it: what the driver's text shares among all cells, and one virtual call
// for each unit block and group of columns.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/recurrent/cell_structure.h"

namespace rnnbench::models {

// The arrays of a layer at one step, for all unit blocks and columns (layouts: tape.h). The next_ arrays
// are those of the step that comes next in the direction of travel, only to be asked for; at the end, this step's.
template <class S>
struct StepArrays {
  int columns = 0;
  std::ptrdiff_t stride = 0;  // from column to column of a state
  S *slots = nullptr, *middle = nullptr;
  const S* next_slots = nullptr;
  const S *before[max_states], *next[max_states];
  S *after[max_states], *carry[max_states];
  S* handed = nullptr;                        // [columns][stride] from phase 1 to phase 0 on the way back
  const S* vectors = nullptr;                 // [unit block][vectors][L]
  S *d_vectors = nullptr, *d_bias = nullptr;  // the same, and [unit block][slots][L]: gradient, added to
  const std::int32_t* symbols =
      nullptr;                   // [columns] of a one-hot input whose table's gradient is to be added to, or null
  S* d_table = nullptr;          // [symbols][unit block][slots][L]
  std::ptrdiff_t table_row = 0;  // from symbol to symbol
};

// `count` columns from `column` on, of one unit block.
struct TilePlace {
  int unit_block, column, count;
};

template <class S>
class CellKernel {
 public:
  virtual ~CellKernel() = default;
  // Pre-activations of the phase's slots in column c of the tile: those with a recurrent part at sums + c *
  // sums_stride, the others at direct[c] + direct_offset (which begins with the phase's first slot), L numbers each.
  virtual void forward(int phase, const StepArrays<S>& arrays, const TilePlace& place, const S* sums,
                       std::ptrdiff_t sums_stride, const S* const* direct, std::ptrdiff_t direct_offset) const = 0;
  // The gradient of state s after the step in column c of the tile is at d[s] + c * d_stride[s]. In a phase that makes
  // `middle` its gradient is at d[states] + c * d_stride[states].
  virtual void backward(int phase, const StepArrays<S>& arrays, const TilePlace& place, const S* const* d,
                        const std::ptrdiff_t* d_stride) const = 0;
};

}  // namespace rnnbench::models
