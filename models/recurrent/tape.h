// What a recurrent layer writes down on its way forward and reads on its way back.
//
// Layouts (lanes L = 16 or 1, unit block = L units, everything features fastest):
//   states[s]  [steps + 1][columns][stride]                    row t + 1 is the state after step t
//   slots      [steps][unit blocks][columns][slots][L]         activations, then gradients of pre-activations in place
//   middle     [steps][columns][stride]                        what phase 1 recurs on, cells of two phases
//   carry[s]   [columns][stride]                               gradient of the states on its way back; then what phase
//   1
//                                                             hands over to phase 0
//   beyond     [unit blocks][columns][slots][L]                slots of the step after the last, when the sequence goes
//   on normal     as slots; deviation [steps][columns][slots]     with layer normalization: see norm-inl.h
// Carry and `beyond` lie first: their place does not depend on the number of steps.
#pragma once

#include "models/layer.h"
#include "models/recurrent/cell_structure.h"

namespace rnnbench::models {

template <class S>
class RecurrentTape {
  static constexpr int L = lanes_of<S>;

 public:
  // With data = nullptr only size() means anything.
  RecurrentTape(const CellStructure& cell, bool normalized, int unit_blocks, int steps, int columns, S* data)
      : steps_(steps),
        columns_(columns),
        stride_(unit_blocks * L),
        slots_count_(static_cast<int>(cell.slots.size())),
        states_count_(static_cast<int>(cell.states.size())),
        row_(static_cast<std::size_t>(columns) * stride_) {
    Places places;
    const std::size_t carry = places.add((states_count_ + 1) * row_), beyond = places.add(slots_size());
    std::size_t state[max_states];
    for (int s = 0; s < states_count_; ++s) state[s] = places.add((steps + 1) * row_);
    const std::size_t slot = places.add(steps * slots_size());
    const std::size_t middle = places.add(cell.phases == 2 ? steps * row_ : 0);
    const std::size_t normal = places.add(normalized ? steps * slots_size() : 0);
    const std::size_t deviation = places.add(normalized ? static_cast<std::size_t>(steps) * columns * slots_count_ : 0);
    size_ = places.total();
    if (data == nullptr) return;
    carry_ = data + carry;
    beyond_ = data + beyond;
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
    return (step < steps_ ? slots_ + step * slots_size() : beyond_) + place(unit_block, column);
  }
  S* normal(int step, int unit_block, int column) const {
    return normal_ + step * slots_size() + place(unit_block, column);
  }
  S* deviation(int step, int column) const {
    return deviation_ + (static_cast<std::size_t>(step) * columns_ + column) * slots_count_;
  }
  S* middle(int step, int column) const { return middle_ + step * row_ + static_cast<std::size_t>(column) * stride_; }
  S* carry(int s, int column) const { return carry_ + s * row_ + static_cast<std::size_t>(column) * stride_; }
  S* handed() const { return carry(states_count_, 0); }
  std::size_t row_size() const { return row_; }                   // of one state of all columns
  std::size_t slots_size() const { return row_ * slots_count_; }  // of one step
  std::size_t carry_size() const { return row_ * (states_count_ + 1); }

 private:
  std::size_t place(int unit_block, int column) const {
    return (static_cast<std::size_t>(unit_block) * columns_ + column) * (slots_count_ * L);
  }

  const int steps_, columns_, stride_, slots_count_, states_count_;
  const std::size_t row_;
  std::size_t size_ = 0;
  S *carry_ = nullptr, *beyond_ = nullptr, *states_[max_states] = {}, *slots_ = nullptr, *middle_ = nullptr,
    *normal_ = nullptr, *deviation_ = nullptr;
};

}  // namespace rnnbench::models
