// A cell as the recurrent layer sees it: one virtual call applies it to a unit block in a few columns, so that the code
// of the layer is compiled once for all cells. (A unit block is 16 neighboring units, or 1 in double and
// complex<double>. A column is a sequence of the tile. L is the number of units in a block.)
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/recurrent/cell_structure.h"

namespace rnnbench::models {

// The arrays of a layer at one step, for all unit blocks and columns. tape.h explains slots, middle and the layouts.
// The `next` arrays belong to the step that is computed next; they are only prefetched. At the last step they are its
// own.
template <class S>
struct StepArrays {
  int columns = 0;
  std::ptrdiff_t stride = 0;  // of a state, from column to column
  S *slots = nullptr, *middle = nullptr;
  const S* next_slots = nullptr;
  const S *before[max_states], *next[max_states];
  S* after[max_states];
  S* d_states[max_states];        // [columns][stride]: backward replaces the gradient of `after` by that of `before`
  S* partial_gradient = nullptr;  // [columns][stride]: see Unit
  const S* vectors = nullptr;     // [unit block][vectors][L]
  S* d_vectors = nullptr;         // the same; backward adds to it
  S* d_bias = nullptr;            // [unit block][slots][L]; backward adds to it
  const std::int32_t* symbols = nullptr;  // [columns]: one-hot inputs, if backward has to add to d_table; or null
  S* d_table = nullptr;                   // [symbols][unit block][slots][L]: gradient of the input weights
  std::ptrdiff_t table_row = 0;           // numbers from symbol to symbol
};

// A unit block in columns [column, column + count).
struct TilePlace {
  int unit_block, column, count;
};

template <class S>
class CellKernel {
 public:
  virtual ~CellKernel() = default;
  // The pre-activations of the phase's slots in column c of the tile, L numbers each: slots with a recurrent part are
  // at sums + c * sums_stride, the others at direct[c] + direct_offset. (direct[c] + direct_offset is where the first
  // slot of the phase is or would be.)
  virtual void forward(int phase, const StepArrays<S>& arrays, const TilePlace& place, const S* sums,
                       std::ptrdiff_t sums_stride, const S* const* direct, std::ptrdiff_t direct_offset) const = 0;
  // In column c of the tile, the gradient of state s after the step is at d[s] + c * d_stride[s]. Phase 0 of two finds
  // the gradient of `middle` at d[states] + c * d_stride[states].
  virtual void backward(int phase, const StepArrays<S>& arrays, const TilePlace& place, const S* const* d,
                        const std::ptrdiff_t* d_stride) const = 0;
};

}  // namespace rnnbench::models
