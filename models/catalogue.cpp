// The table of cells: one line each. CMake reads it too, to make the unit of each file from models/cell_unit.cpp.in.
#include "core/error.h"
#include "models/cell.h"

// Cell of models/<file>.h and its type.
#define RNNBENCH_CELLS                \
  CELL(rnn, Rnn)                      \
  CELL(rnn, RnnOrthogonal)            \
  CELL(rnn, Irnn)                     \
  CELL(lstm, Lstm)                    \
  CELL(lstm, LstmNoInputGate)         \
  CELL(lstm, LstmNoForgetGate)        \
  CELL(lstm, LstmNoOutputGate)        \
  CELL(lstm, LstmNoInputActivation)   \
  CELL(lstm, LstmNoOutputActivation)  \
  CELL(lstm, LstmCoupledGates)        \
  CELL(lstm, LstmPeephole)            \
  CELL(lstm, LstmFullGateRecurrence)  \
  CELL(janet, Janet)                  \
  CELL(gru, Gru)                      \
  CELL(gru_v1, GruV1)                 \
  CELL(gru_v1, GruConcat)             \
  CELL(gru, GruUnreset)               \
  CELL(gru_output, GruOutput)         \
  CELL(mgu, Mgu)                      \
  CELL(mut, Mut1)                     \
  CELL(mut, Mut2)                     \
  CELL(mut, Mut3)                     \
  CELL(min_rnn, MinGru)               \
  CELL(min_rnn, MinLstm)              \
  CELL(feedforward, Feedforward)

namespace rnnbench {

#define CELL(file, type) CellFactory type##_cell();
RNNBENCH_CELLS
#undef CELL

namespace {
const std::vector<CellFactory>& factories() {
  static const std::vector<CellFactory> table = [] {
    std::vector<CellFactory> cells;
#define CELL(file, type) cells.push_back(type##_cell());
    RNNBENCH_CELLS
#undef CELL
    for (CellFactory& cell : cells) {
      for (const CellStructure::Gate& gate : cell.structure.gates) cell.entry.gated |= gate.weighs != Weighs::neither;
      cell.entry.gates = static_cast<int>(cell.structure.gates.size());
      cell.entry.parameters = cell.structure.parameter_formula();
    }
    return cells;
  }();
  return table;
}
}  // namespace

const CellFactory& cell_factory(const std::string& name) {
  std::vector<std::string> known;
  for (const CellFactory& cell : factories()) {
    if (cell.entry.name == name) return cell;
    known.push_back(cell.entry.name);
  }
  std::string list;
  for (const std::string& k : known) list += (list.empty() ? "" : ", ") + k;
  throw UserError("unknown cell '" + name + "': the cells are " + list + did_you_mean(name, known));
}

const std::vector<CellEntry>& all_cells() {
  static const std::vector<CellEntry> entries = [] {
    std::vector<CellEntry> all;
    for (const CellFactory& cell : factories()) all.push_back(cell.entry);
    return all;
  }();
  return entries;
}

const CellEntry& find_cell(const std::string& name) {
  const CellFactory& factory = cell_factory(name);
  for (const CellEntry& entry : all_cells())
    if (entry.name == factory.entry.name) return entry;
  throw UserError("unknown cell '" + name + "'");
}

}  // namespace rnnbench
