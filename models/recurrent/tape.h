// The activations of a recurrent layer: written by the forward pass, read and overwritten by the backward pass.
//
// Layouts (L = 16 or 1 lanes; a unit block is L units; a column is a sequence of the tile; slots: see cell_shape.h)
//   states[s]         [steps + 1][columns][stride]             row t is the state before step t
//   slots             [steps][unit blocks][columns][slots][L]  activations; backward: gradients of the pre-activations
//   middle            [steps][columns][stride]                 cells with two phases: what phase 1 recurs on
//   d_states[s]       [columns][stride]                        the part of the gradient of state s that does not come
//                                                              through a product, at the step that backward has reached
//   partial_gradient  [columns][stride]                        see Unit
//   next_segment      [unit blocks][columns][slots][L]         slots of the first step of the segment after this one
//   normal, deviation                                          layer normalization: see norm-inl.h
// d_states and next_segment outlive a segment. They come first, so that their place does not depend on its length.
#pragma once

#include "models/layer.h"
#include "models/recurrent/cell_structure.h"

namespace rnnbench::models {

template <class S>
class RecurrentTape {
  static constexpr int L = lanes_of<S>;

 public:
  // With data = nullptr, only size() may be called.
  RecurrentTape(const CellStructure& cell, bool normalized, int unit_blocks, int steps, int columns, S* data)
      : steps_(steps),
        columns_(columns),
        stride_(unit_blocks * L),
        slots_count_(static_cast<int>(cell.slots.size())),
        states_count_(static_cast<int>(cell.states.size())),
        row_(static_cast<std::size_t>(columns) * stride_) {
    Places places;
    const std::size_t d_states = places.add((states_count_ + 1) * row_), next_segment = places.add(slots_size());
    std::size_t state[max_states];
    for (int s = 0; s < states_count_; ++s) state[s] = places.add((steps + 1) * row_);
    const std::size_t slot = places.add(steps * slots_size());
    const std::size_t middle = places.add(cell.phases == 2 ? steps * row_ : 0);
    const std::size_t normal = places.add(normalized ? steps * slots_size() : 0);
    const std::size_t deviation = places.add(normalized ? static_cast<std::size_t>(steps) * columns * slots_count_ : 0);
    size_ = places.total();
    if (data == nullptr) return;
    d_states_ = data + d_states;
    next_segment_ = data + next_segment;
    for (int s = 0; s < states_count_; ++s) states_[s] = data + state[s];
    slots_ = data + slot;
    middle_ = data + middle;
    normal_ = data + normal;
    deviation_ = data + deviation;
  }

  std::size_t size() const { return size_; }
  int columns() const { return columns_; }
  S* state(int s, int row, int column) const {
    return states_[s] + row * row_ + static_cast<std::size_t>(column) * stride_;
  }
  S* slot(int step, int unit_block, int column) const {
    return (step < steps_ ? slots_ + step * slots_size() : next_segment_) + place(unit_block, column);
  }
  S* normal(int step, int unit_block, int column) const {
    return normal_ + step * slots_size() + place(unit_block, column);
  }
  S* deviation(int step, int column) const {
    return deviation_ + (static_cast<std::size_t>(step) * columns_ + column) * slots_count_;
  }
  S* middle(int step, int column) const { return middle_ + step * row_ + static_cast<std::size_t>(column) * stride_; }
  S* d_state(int s, int column) const { return d_states_ + s * row_ + static_cast<std::size_t>(column) * stride_; }
  S* partial_gradient() const { return d_state(states_count_, 0); }
  std::size_t row_size() const { return row_; }                             // of a state in all columns
  std::size_t slots_size() const { return row_ * slots_count_; }            // of a step
  std::size_t d_states_size() const { return row_ * (states_count_ + 1); }  // with the partial gradient

 private:
  std::size_t place(int unit_block, int column) const {
    return (static_cast<std::size_t>(unit_block) * columns_ + column) * (slots_count_ * L);
  }

  const int steps_, columns_, stride_, slots_count_, states_count_;
  const std::size_t row_;
  std::size_t size_ = 0;
  S *d_states_ = nullptr, *next_segment_ = nullptr, *states_[max_states] = {}, *slots_ = nullptr, *middle_ = nullptr,
    *normal_ = nullptr, *deviation_ = nullptr;
};

}  // namespace rnnbench::models
