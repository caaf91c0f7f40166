// The figure of one traced sequence.
#pragma once

#include <vector>

#include "analysis/figures/gnuplot.h"
#include "analysis/trace.h"

namespace rnnbench::analysis {

// Heat maps of every gate, state and of the attention under each other, above the outputs and the input of
// the same steps.
Figure trace_figure(const SequenceTrace& trace);

// The rows of a layer's heat maps from top to bottom: its units by the step at which the last state is
// largest in magnitude (the cell state of an LSTM), of equals the larger value there first, then the smaller
// number. `name` is that of any activation of the layer.
std::vector<int> unit_order(const SequenceTrace& trace, const std::string& name);

}  // namespace rnnbench::analysis
