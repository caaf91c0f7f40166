// A cell as the catalogue holds it: its entry, its structure, and functions that make its kernel.
#pragma once

#include <complex>
#include <memory>

#include "core/isa.h"
#include "models/cells/cell_entry.h"
#include "models/recurrent/cell_kernel.h"
#include "models/recurrent/cell_structure.h"

namespace rnnbench::models {

struct CellFactory {
  CellEntry entry;
  CellStructure structure;
  std::unique_ptr<CellKernel<float>> (*make_float)(Isa, const Settings&) = nullptr;
  std::unique_ptr<CellKernel<double>> (*make_double)(const Settings&) = nullptr;
  std::unique_ptr<CellKernel<std::complex<double>>> (*make_complex)(const Settings&) = nullptr;
  bool is_recurrent() const { return make_float != nullptr; }  // false for the Transformer

  // S = float, double or complex<double>; `isa` matters for float only.
  template <class S>
  std::unique_ptr<const CellKernel<S>> make(Isa isa, const Settings& settings) const {
    if constexpr (std::is_same_v<S, float>)
      return make_float(isa, settings);
    else if constexpr (std::is_same_v<S, double>)
      return make_double(settings);
    else
      return make_complex(settings);
  }
};

}  // namespace rnnbench::models
