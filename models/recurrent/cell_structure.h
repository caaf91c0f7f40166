// A cell's declaration as data: its gates, states and slots, and the matrices and products that follow from them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::models {

enum class Weighs;

inline constexpr int max_states = 8;        // also the maximum number of vectors
inline constexpr int max_slots = 16;        // slots: see cell_shape.h
inline constexpr int from_middle = 16;      // the source `middle`; the other sources are numbers of states
inline constexpr int max_product_rows = 4;  // rows of packs in a register tile

struct CellStructure {
  struct Gate {
    std::string name;
    unsigned recurs_on;
    Weighs weighs;
  };
  struct Slot {
    int gate;
    bool input;          // contains W x
    unsigned recurs_on;  // contains products with these sources
  };
  // Consecutive slots [slot, slot + count) of a unit block.
  struct Rows {
    int slot, count;
  };
  // A weight matrix with `hidden` rows for each of its gates.
  struct Matrix {
    std::string name;  // "weight_ih", as in PyTorch; the parameter block of layer 0 is "rnn.weight_ih_l0"
    std::vector<int> gates;
  };
  // A matrix product that is added to consecutive slots.
  struct Product {
    int phase;
    int source;  // number of a state, or from_middle; -1 for the input
    Rows rows;
    int matrix;
    std::vector<int> matrix_rows;  // for each of these slots, the position of its gate in the matrix
  };

  // Filled by CellShape.
  std::vector<Gate> gates;
  std::vector<std::string> states, vectors;
  std::vector<Slot> slots;
  std::array<int, 3> first_of_phase{};
  int phases = 1;

  // Computed from these by derive(). matrices[0] multiplies the input, matrices[1] the first source of each gate, the
  // others further sources.
  void derive();
  std::vector<Matrix> matrices;
  std::vector<Product> inputs, recurrences;

  int slots_of(int phase) const { return first_of_phase[phase + 1] - first_of_phase[phase]; }
  int recurrent_slots(int phase) const;           // number of slots with a recurrent part; they come first
  int slot_of_gate(int gate) const;               // the last one
  int gate_named(const std::string& name) const;  // -1 if there is none
  // Number of parameters of a layer, as a formula in hidden size h and input size i.
  std::string parameter_formula() const;
  // Its ratio to the number of an LSTM of the same sizes: "3/4"; empty if it depends on the sizes.
  std::string share_of_lstm() const;

 private:
  bool all_gates_alike()
      const;  // each gate has a block in W, in U and in both biases, and there are no other parameters
};

}  // namespace rnnbench::models
