// What a recurrent layer writes down on its way forward and reads on its way back.
//
// Layouts (lanes L = 16 or 1, unit block = L units, everything features fastest):
//   states[s]  [steps + 1][columns][stride]                    row t + 1 is the state after step t
//   slots      [steps][unit blocks][columns][slots][L]         activations, then gradients of pre-activations in place
//   middle     [steps][columns][stride]                        what phase 1 recurs on, cells of two phases
//   carry[s]   [columns][stride]                               gradient of the states on its way back
//   beyond     [unit blocks][columns][slots][L]                slots of the step after the last, when the sequence goes on
// Carry and `beyond` lie first: their place does not depend on the number of steps.
#if defined(RNNBENCH_MODELS_RECURRENT_TAPE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_RECURRENT_TAPE_INL_H_
#undef RNNBENCH_MODELS_RECURRENT_TAPE_INL_H_
#else
#define RNNBENCH_MODELS_RECURRENT_TAPE_INL_H_
#endif

#include "core/product-inl.h"
#include "models/cell_shape.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench {
namespace HWY_NAMESPACE {

template <class Cell, class V>
class RecurrentTape {
  using S = ScalarOf<V>;
  using Shape = CellShape<Cell>;
  static constexpr int L = PackTraits<V>::lanes, slots = Shape::slots, states = Shape::states;

 public:
  // With data = nullptr only size() means anything.
  RecurrentTape(int unit_blocks, int steps, int columns, S* data)
      : steps_(steps), columns_(columns), stride_(unit_blocks * L), row_(static_cast<std::size_t>(columns) * stride_) {
    Places places;
    const std::size_t carry = places.add((states + 1) * row_), beyond = places.add(slots * row_);
    std::size_t state[states];
    for (std::size_t& at : state) at = places.add((steps + 1) * row_);
    const std::size_t slot = places.add(steps * row_ * slots);
    const std::size_t middle = places.add(Shape::phases() == 2 ? steps * row_ : 0);
    size_ = places.total();
    if (data == nullptr) return;
    carry_ = data + carry;
    beyond_ = data + beyond;
    for (int s = 0; s < states; ++s) states_[s] = data + state[s];
    slots_ = data + slot;
    middle_ = data + middle;
  }

  std::size_t size() const { return size_; }
  int columns() const { return columns_; }
  S* state(int s, int row, int column) const {
    return states_[s] + row * row_ + static_cast<std::size_t>(column) * stride_;
  }
  S* slot(int step, int unit_block, int column) const {
    return (step < steps_ ? slots_ + step * row_ * slots : beyond_) +
           (static_cast<std::size_t>(unit_block) * columns_ + column) * (slots * L);
  }
  S* middle(int step, int column) const { return middle_ + step * row_ + static_cast<std::size_t>(column) * stride_; }
  S* carry(int s, int column) const { return carry_ + s * row_ + static_cast<std::size_t>(column) * stride_; }
  S* d_middle(int column) const { return carry(states, column); }
  std::size_t row_size() const { return row_; }        // of one state of all columns
  std::size_t slots_size() const { return row_ * slots; }  // of one step
  std::size_t carry_size() const { return row_ * (states + 1); }

 private:
  const int steps_, columns_, stride_;
  const std::size_t row_;
  std::size_t size_ = 0;
  S *carry_ = nullptr, *beyond_ = nullptr, *states_[states] = {}, *slots_ = nullptr, *middle_ = nullptr;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench
HWY_AFTER_NAMESPACE();

#endif
