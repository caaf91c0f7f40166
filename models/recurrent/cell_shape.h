// The order of a unit's numbers in memory, derived from the cell's declaration at compile time.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "models/cells/cell.h"
#include "models/recurrent/cell_structure.h"

namespace rnnbench::models {

template <class Cell>
constexpr int vectors_of() {
  if constexpr (requires { Cell::vectors; })
    return static_cast<int>(Cell::vectors.size());
  else
    return 0;
}

template <class Cell>
constexpr bool has_partial_gradient() {
  if constexpr (requires { Cell::has_partial_gradient; })
    return Cell::has_partial_gradient;
  else
    return false;
}

// A slot is one of the numbers in Unit::gates: a gate, or one of the two parts of a gate kept apart. Their order is
// explained there: first phase 0, then phase 1; within a phase, slots with a recurrent part come first, and slots with
// an input part come last.
template <class Cell>
struct CellShape {
  static constexpr int gates = Cell::gates.size();
  static constexpr int states = Cell::states.size();
  static constexpr int vectors = vectors_of<Cell>();

  static constexpr int phases() {
    int last = 0;
    for (const Gate& g : Cell::gates) last = std::max(last, g.phase());
    return last + 1;
  }
  enum Kind { apart_recurrent, joined, input_only, apart_input, kinds };
  static constexpr bool is(const Gate& g, Kind kind) {
    if (g.recurs_on == from::nothing) return kind == input_only;
    return g.join == Join::joined ? kind == joined : kind == apart_recurrent || kind == apart_input;
  }
  static constexpr int count(int phase, int first_kind, int end_kind) {
    int n = 0;
    for (int kind = first_kind; kind < end_kind; ++kind)
      for (const Gate& g : Cell::gates) n += g.phase() == phase && is(g, Kind(kind));
    return n;
  }
  static constexpr int slots_of(int phase) { return count(phase, 0, kinds); }
  static constexpr int recurrent(int phase) { return count(phase, apart_recurrent, input_only); }
  static constexpr int first(int phase) { return phase == 0 ? 0 : slots_of(0); }
  static constexpr int slots = slots_of(0) + slots_of(1);
  static_assert(states <= max_states && vectors <= max_states && slots <= max_slots);

  static std::vector<CellStructure::Slot> order() {
    std::vector<CellStructure::Slot> all;
    for (int phase = 0; phase < 2; ++phase)
      for (int kind = 0; kind < kinds; ++kind)
        for (int g = 0; g < gates; ++g)
          if (Cell::gates[g].phase() == phase && is(Cell::gates[g], Kind(kind)))
            all.push_back({g, kind != apart_recurrent, kind < input_only ? Cell::gates[g].recurs_on : from::nothing});
    return all;
  }
  static CellStructure structure() {
    CellStructure cell;
    for (const Gate& g : Cell::gates) cell.gates.push_back({std::string(g.name), g.recurs_on, g.weighs});
    for (std::string_view name : Cell::states) cell.states.emplace_back(name);
    if constexpr (vectors > 0)
      for (std::string_view name : Cell::vectors) cell.vectors.emplace_back(name);
    cell.slots = order();
    cell.first_of_phase = {0, slots_of(0), slots};
    cell.phases = phases();
    cell.derive();
    return cell;
  }
};

}  // namespace rnnbench::models
