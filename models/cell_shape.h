// How the gates of a cell lie in memory, worked out from its declaration when it is compiled.
#pragma once

#include <algorithm>

#include "models/cell.h"

namespace rnnbench {

// Slots of a unit, in order: the recurrent parts of gates kept apart, the joined gates, the input parts of gates kept
// apart. So the rows of the recurrent product (all gates) are the first slots and the rows of the input product the last,
// each contiguous.
template <class Cell>
struct CellShape {
  static constexpr int gates = Cell::gates.size();
  static constexpr int states = Cell::states.size();
  static constexpr int apart() {
    int n = 0;
    for (const Gate& g : Cell::gates) n += g.join == Join::apart;
    return n;
  }
  static constexpr int phases() {
    int last = 0;
    for (const Gate& g : Cell::gates) last = std::max(last, g.phase);
    return last + 1;
  }
  static constexpr int slots = gates + apart();
  // Gates of the phases before `phase`, and of `phase` itself.
  static constexpr int before(int phase) {
    int n = 0;
    for (const Gate& g : Cell::gates) n += g.phase < phase;
    return n;
  }
  static constexpr int rows(int phase) { return before(phase + 1) - before(phase); }
  // The gate (PyTorch's order) behind row `r` of the recurrent and of the input product.
  static constexpr int recurrent_gate(int r) { return r < apart() ? nth(r, Join::apart) : nth(r - apart(), Join::joined); }
  static constexpr int input_gate(int r) {
    return r < gates - apart() ? nth(r, Join::joined) : nth(r - (gates - apart()), Join::apart);
  }
  static constexpr int nth(int n, Join join) {
    for (int g = 0; g < gates; ++g)
      if (Cell::gates[g].join == join && n-- == 0) return g;
    return -1;
  }
  // Unit blocks that share a tile: four rows of packs, whatever the number of gates.
  static constexpr int group(int rows) { return rows == 1 ? 4 : rows == 2 ? 2 : 1; }
  static_assert(apart() == 0 || phases() == 1, "a gate kept apart belongs to a cell of one phase");
};

}  // namespace rnnbench
