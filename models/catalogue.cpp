// The table of cells, one line each. CMake reads it too: it makes a source file for each file of cells from
// models/cells/cell_unit.cpp.in.
#include "models/catalogue.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "models/cells/cell.h"
#include "models/cells/cell_factory.h"
#include "models/transformer/transformer_plan.h"

// CELL(file, type): a cell of models/cells/<file>.h, and its type there.
#define RNNBENCH_CELLS                               \
  CELL(rnn, Rnn)                                     \
  CELL(rnn, RnnOrthogonal)                           \
  CELL(rnn, Irnn)                                    \
  CELL(lstm, Lstm)                                   \
  CELL(lstm_ablations, LstmNoInputGate)              \
  CELL(lstm_ablations, LstmNoForgetGate)             \
  CELL(lstm_ablations, LstmNoOutputGate)             \
  CELL(lstm_ablations, LstmNoInputActivation)        \
  CELL(lstm_ablations, LstmNoOutputActivation)       \
  CELL(lstm_ablations, LstmCoupledGates)             \
  CELL(lstm_peephole, LstmPeephole)                  \
  CELL(lstm_gate_recurrence, LstmFullGateRecurrence) \
  CELL(lstm_ablations, LstmSigmoidCandidate)         \
  CELL(janet, Janet)                                 \
  CELL(gru, Gru)                                     \
  CELL(gru_v1, GruV1)                                \
  CELL(gru_v1, GruConcat)                            \
  CELL(gru_variants, GruUnreset)                     \
  CELL(gru_variants, GruSigmoidCandidate)            \
  CELL(gru_output, GruOutput)                        \
  CELL(mgu, Mgu)                                     \
  CELL(mut, Mut1)                                    \
  CELL(mut, Mut2)                                    \
  CELL(mut, Mut3)                                    \
  CELL(min_rnn, MinGru)                              \
  CELL(min_rnn, MinLstm)                             \
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
      const std::size_t states = cell.structure.states.size();
      cell.entry.state = cell.entry.attention.empty() ? (states > 1 ? std::to_string(states) + " h" : "h") : "h + 1";
    }
    cells.push_back({.entry = transformer_entry(), .structure = {}});
    return cells;
  }();
  return table;
}

const CellFactory& single_cell(const std::string& name) {
  std::vector<std::string> known;
  for (const CellFactory& cell : factories()) {
    if (cell.entry.name == name) return cell;
    known.push_back(cell.entry.name);
  }
  throw UserError("unknown cell '" + name + "': the cells are " + join(known) +
                  "; a+b stacks b on a, a|b puts both side by side" + did_you_mean(name, known));
}

// The entry of a name with + or |, with the options of all its cells.
CellEntry combined_entry(const std::string& name) {
  CellEntry all{.name = name, .summary = "", .formula = "", .source = ""};
  std::set<std::string> seen, options;
  std::size_t number = 0;
  for (const auto& layer : cells_of(name)) {
    std::string line;
    for (const CellFactory* cell : layer) {
      line += (line.empty() ? "" : " beside ") + cell->entry.name;
      all.parameters += (all.parameters.empty() ? "" : "; ") + cell->entry.name + ": " + cell->entry.parameters;
      all.state += (all.state.empty() ? "" : "; ") + cell->entry.name + ": " + cell->entry.state;
      all.gates = std::max(all.gates, cell->entry.gates);
      all.gated |= cell->entry.gated;
      if (!cell->is_recurrent() || !cell->entry.defaults.empty() || !cell->entry.attention.empty())
        throw UserError("cell = " + name + ": " + cell->entry.name +
                        " determines settings of the whole network and cannot be combined with other cells");
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

// Whether a layer of the model has a matrix that multiplies its previous state.
bool has_recurrent_weights(const CellEntry& cell) {
  for (const auto& layer : cells_of(cell.name))
    for (const CellFactory* factory : layer)
      for (std::size_t m = 1; m < factory->structure.matrices.size(); ++m)
        if (!factory->structure.matrices[m].gates.empty()) return true;
  return false;
}

// The options of the recurrent models.
std::vector<Option> recurrent_options(const CellEntry& cell) {
  std::vector<std::string> inits{"uniform"};
  const bool recurrent_weights = has_recurrent_weights(cell);
  if (recurrent_weights) inits.insert(inits.end(), {"orthogonal", "identity"});
  if (cell.gated) inits.push_back("chrono");
  const auto attends = [](const Settings& s) { return s.has("attention") && s.text("attention") != "none"; };
  const auto has_heads = [](const Settings& s) { return s.has("attention") && s.text("attention") == "multi-head"; };
  const auto is_chrono = [](const Settings& s) { return s.text("init") == "chrono"; };
  std::vector<Option> options{
      integer_option("layers", "1", 1, 16,
                     "number of recurrent layers, each on top of the one before; for cell = a+b, how often the pattern "
                     "is repeated"),
      choice_option(
          "direction", "forward", {"forward", "bidirectional"},
          "bidirectional: each layer has a second part that runs from the end of the sequence to its beginning, "
          "and their outputs are joined; in tasks with one answer, the final states of both are joined "
          "(Schuster & Paliwal 1997)"),
      real_option(
          "dropout", "0", 0, 0.99,
          "probability with which training drops an input of the layers above the first; the others are divided "
          "by 1 - dropout, as in PyTorch"),
      choice_option("residual", "no", {"no", "yes"},
                    "whether the layers above the first add their input to their output (Wu et al. 2016)"),
      choice_option(
          "attention", "none", {"none", "additive", "dot", "general", "multi-head"},
          "attention over the steps so far, or over the whole sequence at the last step; its context vector is "
          "appended to the hidden state that the output layer sees (additive: Bahdanau 2015; dot, general: "
          "Luong 2015; multi-head: Vaswani 2017)"),
      with_use(integer_option("heads", "4", 1, 64,
                              "heads of multi-head attention; the number of hidden states must be a multiple of it"),
               has_heads),
      with_use(choice_option("attend", "states", {"states", "inputs"},
                             "what attention looks at: hidden states of the network, or its inputs"),
               attends),
      choice_option(
          "init", "uniform", inits,
          std::string("initial weights: uniform in +-1/sqrt(hidden), as in PyTorch") +
              (recurrent_weights ? "; orthogonal or identity recurrent weights (identity with zero biases: Le 2015)"
                                 : "") +
              (cell.gated ? "; chrono biases (Tallec & Ollivier 2018)" : "")),
      choice_option("initial-state", "zero", {"zero", "learned"}, "state before the first step"),
      choice_option(
          "layer-norm", "no", {"no", "yes"},
          "whether the weighted sum in each gate is normalized over the units of the layer, before the bias is "
          "added (Ba et al. 2016)")};
  if (cell.gated)
    options.push_back(
        with_use(integer_option("chrono-steps", "", 3, 1e7,
                                "T_max of init = chrono: the longest dependency that is expected, in time steps; "
                                "by default the time steps of the longest training sequence"),
                 is_chrono));
  options.insert(options.end(), cell.options.begin(), cell.options.end());
  for (Option& option : options)  // chrono draws these biases itself
    if (option.name == "forget-bias" || option.name == "update-bias")
      option.used = [](const Settings& s) { return s.text("init") != "chrono"; };
  if (!cell.attention.empty())  // it is part of the model, and there is no recurrent state
    std::erase_if(options, [](const Option& o) {
      return o.name == "attention" || o.name == "heads" || o.name == "attend" || o.name == "initial-state";
    });
  return options;
}

std::vector<Option> make_model_options(const CellEntry& cell) {
  std::vector<Option> options{
      integer_option("hidden", "64", 1, max_hidden, "units of a layer (or give budget or state-budget)"),
      integer_option(
          "budget", "", 1, 1e9,
          "maximum number of parameters; the width is chosen to come close to it, so that models are compared "
          "at equal size"),
      integer_option("state-budget", "", 1, 1e9,
                     "maximum number of values that are carried from one step to the next; the width is chosen to come "
                     "close to it")};
  const bool is_transformer = cell.name == transformer_entry().name;
  for (Option& option : is_transformer ? transformer_options() : recurrent_options(cell)) {
    if (const auto own = cell.defaults.find(option.name); own != cell.defaults.end())
      option.default_value = own->second;
    options.push_back(std::move(option));
  }
  return options;
}

}  // namespace

const std::vector<Option>& model_options(const CellEntry& cell) {
  static std::mutex mutex;
  static std::map<std::string, std::vector<Option>> known;  // a map, because references to its elements stay valid
  const std::lock_guard lock(mutex);
  const auto found = known.find(cell.name);
  return found != known.end() ? found->second : known.emplace(cell.name, make_model_options(cell)).first->second;
}

std::vector<std::vector<const CellFactory*>> cells_of(const std::string& name) {
  const auto is_separator = [](char c) { return c == '+' || c == '|'; };
  const auto cells = static_cast<std::size_t>(std::count_if(name.begin(), name.end(), is_separator)) + 1;
  if (cells > max_combined_cells)
    throw UserError("cell = " + name.substr(0, 60) + "... combines " + std::to_string(cells) +
                    " cells, more than the maximum of " + std::to_string(max_combined_cells));
  std::vector<std::vector<const CellFactory*>> stack(1);
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= name.size(); ++at) {
    if (at < name.size() && !is_separator(name[at])) continue;
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

const CellEntry& find_cell(std::string_view text) {
  const std::string name(text);
  if (name.find_first_of("+|") == std::string::npos) return single_cell(name).entry;
  static std::mutex mutex;
  static std::map<std::string, CellEntry> known;  // a map, because references to its elements stay valid
  const std::lock_guard lock(mutex);
  const auto found = known.find(name);
  return found != known.end() ? found->second : known.emplace(name, combined_entry(name)).first->second;
}

}  // namespace rnnbench::models
