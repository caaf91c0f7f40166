// What the rest of the program knows about a cell: its texts and options. Each cell's file fills in an entry.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/option.h"

namespace rnnbench::models {

struct CellEntry {
  std::string name;                  // "gru-v1"
  std::string summary;               // one line
  std::string formula;               // several lines of plain text; a quote marks values of the previous step: h'
  std::string source;                // papers
  bool gated = false;                // has a gate whose bias determines how long the cell remembers
  int gates = 0;                     // number of gates: blocks of `hidden` rows in weight_ih
  std::string parameters = {};       // number of parameters of a layer, as a formula in hidden size h and input size i
  std::string share = {};            // their ratio to the LSTM's, where it is the same for all sizes: "3/4"
  std::string state = {};            // values that a layer carries from one step to the next: "2 h"
  std::vector<Option> options = {};  // of this cell, in addition to those of every model
  std::string attention = {};        // the kind of attention that is part of this model and cannot be chosen
  std::map<std::string, std::string> defaults = {};  // of common options, where this cell's differ: init = identity
};

}  // namespace rnnbench::models
