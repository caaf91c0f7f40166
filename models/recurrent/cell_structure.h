// A cell's declaration as data: what its layer packs, multiplies and lays out, and which parameters it has.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::models {

enum class Weighs;

inline constexpr int max_states = 8;        // of a cell; also most vectors
inline constexpr int max_slots = 16;        // of a cell
inline constexpr int from_middle = 16;      // as a source, beside the number of a state
inline constexpr int max_product_rows = 4;  // that a tile takes at once

struct CellStructure {
  struct Gate {
    std::string name;
    unsigned recurs_on;
    Weighs weighs;
  };
  struct Slot {
    int gate;
    bool input;          // has an input part
    unsigned recurs_on;  // has a recurrent part on these sources
  };
  // A run of slots of a unit block.
  struct Rows {
    int slot, count;
  };
  // A weight matrix: rows for these gates, `hidden` rows each.
  struct Matrix {
    std::string name;  // "weight_ih", as PyTorch; of layer 0: "rnn.weight_ih_l0"
    std::vector<int> gates;
  };
  // slots [rows] of a phase += matrix rows (numbers of gates within the matrix) times a source.
  struct Product {
    int phase, source;
    Rows rows;
    int matrix;
    std::vector<int> matrix_rows;
  };

  // Filled by CellShape.
  std::vector<Gate> gates;
  std::vector<std::string> states, vectors;
  std::vector<Slot> slots;
  std::array<int, 3> first_of_phase{};
  int phases = 1;

  // Derived from them. matrices[0] multiplies the input, matrices[1] each gate's first source, the others further ones.
  void derive();
  std::vector<Matrix> matrices;
  std::vector<Product> inputs, recurrences;

  int slots_of(int phase) const { return first_of_phase[phase + 1] - first_of_phase[phase]; }
  int recurrent_slots(int phase) const;           // the first so many slots of the phase have a recurrent part
  int slot_of_gate(int gate) const;               // its last
  int gate_named(const std::string& name) const;  // -1 when absent
  // Trainable numbers of a layer as a formula in hidden size h and input size i.
  std::string parameter_formula() const;
  // Of the LSTM's, which has four gates with both matrices and both biases: "3/4"; "" where it depends on the sizes.
  std::string share_of_lstm() const;

 private:
  bool alike() const;  // every gate has one row of W, one of U and two biases, and there is nothing else
};

}  // namespace rnnbench::models
