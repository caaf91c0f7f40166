// The models that can be chosen, and their options.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "models/cells/cell_entry.h"

namespace rnnbench::models {

struct CellFactory;

inline constexpr int max_hidden = 16384;  // largest value of the option `hidden`

// Every cell, and the Transformer, in the order of the table.
const std::vector<CellEntry>& all_cells();

// The entry of a cell, or of a combination: "lstm+gru" is a GRU layer on top of an LSTM layer, and "lstm|gru" puts both
// side by side in one layer. Throws UserError with the nearest known name.
const CellEntry& find_cell(std::string_view name);

inline constexpr std::size_t max_combined_cells = 64;

// The cells of such a name, for each layer from the input up. Throws as find_cell does, and for more than
// max_combined_cells.
std::vector<std::vector<const CellFactory*>> cells_of(const std::string& name);

// The options that set the width of a model. A run has one of them.
inline const std::vector<std::string> width_options = {"hidden", "budget", "state-budget"};

// All options of a model with this cell: the common ones (hidden, budget, layers, attention, init, ...) and its own.
const std::vector<Option>& model_options(const CellEntry& cell);

}  // namespace rnnbench::models
