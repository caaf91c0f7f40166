// The table of cells: one line each. CMake reads it too, to make the unit of each file from
// models/cells/cell_unit.cpp.in.
#include <algorithm>
#include <mutex>
#include <set>

#include "core/error.h"
#include "models/cells/cell.h"
#include "models/transformer/transformer.h"

// Cell of models/cells/<file>.h and its type.
#define RNNBENCH_CELLS               \
  CELL(rnn, Rnn)                     \
  CELL(rnn, RnnOrthogonal)           \
  CELL(rnn, Irnn)                    \
  CELL(lstm, Lstm)                   \
  CELL(lstm, LstmNoInputGate)        \
  CELL(lstm, LstmNoForgetGate)       \
  CELL(lstm, LstmNoOutputGate)       \
  CELL(lstm, LstmNoInputActivation)  \
  CELL(lstm, LstmNoOutputActivation) \
  CELL(lstm, LstmCoupledGates)       \
  CELL(lstm, LstmPeephole)           \
  CELL(lstm, LstmFullGateRecurrence) \
  CELL(lstm, LstmSigmoidCandidate)   \
  CELL(janet, Janet)                 \
  CELL(gru, Gru)                     \
  CELL(gru_v1, GruV1)                \
  CELL(gru_v1, GruConcat)            \
  CELL(gru, GruUnreset)              \
  CELL(gru, GruSigmoidCandidate)     \
  CELL(gru_output, GruOutput)        \
  CELL(mgu, Mgu)                     \
  CELL(mut, Mut1)                    \
  CELL(mut, Mut2)                    \
  CELL(mut, Mut3)                    \
  CELL(min_rnn, MinGru)              \
  CELL(min_rnn, MinLstm)             \
  CELL(feedforward, Feedforward)

namespace rnnbench::models {

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
      cell.entry.share = cell.structure.share_of_lstm();
    }
    cells.push_back({.entry = transformer_entry(), .structure = {}});
    return cells;
  }();
  return table;
}
}  // namespace

namespace {

const CellFactory& single_cell(const std::string& name) {
  std::vector<std::string> known;
  for (const CellFactory& cell : factories()) {
    if (cell.entry.name == name) return cell;
    known.push_back(cell.entry.name);
  }
  std::string list;
  for (const std::string& k : known) list += (list.empty() ? "" : ", ") + k;
  throw UserError("unknown cell '" + name + "': the cells are " + list +
                  "; a+b stacks b on a, a|b puts both side by side" + did_you_mean(name, known));
}

// Of a name with + or |: the options of all its cells.
CellEntry combined_entry(const std::string& name) {
  CellEntry all{.name = name, .summary = "", .formula = "", .source = ""};
  std::set<std::string> seen, options;
  std::size_t number = 0;
  for (const auto& layer : cells_of(name)) {
    std::string line;
    for (const CellFactory* cell : layer) {
      line += (line.empty() ? "" : " beside ") + cell->entry.name;
      all.parameters += (all.parameters.empty() ? "" : "; ") + cell->entry.name + ": " + cell->entry.parameters;
      all.gates = std::max(all.gates, cell->entry.gates);
      all.gated |= cell->entry.gated;
      if (!cell->is_recurrent() || !cell->entry.defaults.empty() || !cell->entry.attention.empty())
        throw UserError("cell = " + name + ": " + cell->entry.name +
                        " stands for settings of the whole network and cannot be combined with other cells");
      if (!seen.insert(cell->entry.name).second) continue;
      all.formula += (all.formula.empty() ? "" : "\n\n") + cell->entry.name + "\n" + cell->entry.formula;
      all.source += (all.source.empty() ? "" : "; ") + cell->entry.source;
      for (const Option& option : cell->entry.options)
        if (options.insert(option.name).second) all.options.push_back(option);
    }
    all.summary += (number++ == 0 ? "" : ", on it ") + line;
  }
  return all;
}

}  // namespace

std::vector<std::vector<const CellFactory*>> cells_of(const std::string& name) {
  std::vector<std::vector<const CellFactory*>> stack(1);
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= name.size(); ++at) {
    if (at < name.size() && name[at] != '+' && name[at] != '|') continue;
    stack.back().push_back(&single_cell(name.substr(begin, at - begin)));
    if (at < name.size() && name[at] == '+') stack.emplace_back();
    begin = at + 1;
  }
  return stack;
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
  if (name.find_first_of("+|") == std::string::npos) return single_cell(name).entry;
  static std::mutex mutex;
  static std::map<std::string, CellEntry> known;  // its nodes stay where they are
  const std::lock_guard lock(mutex);
  const auto found = known.find(name);
  return found != known.end() ? found->second : known.emplace(name, combined_entry(name)).first->second;
}

}  // namespace rnnbench::models
