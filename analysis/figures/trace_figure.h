// The figure of the trace of one sequence.
#pragma once

#include <vector>

#include "analysis/figures/gnuplot.h"
#include "analysis/trace.h"

namespace rnnbench::analysis {

// Heat maps of all gates, states and attention weights over the steps, followed by maps of the outputs and inputs.
Figure trace_figure(const SequenceTrace& trace);

// The order of units in the heat maps of a layer, from top to bottom: by the step at which the magnitude of the last
// state (of an LSTM, the cell state) is largest; ties by the larger value there, then by the smaller index. `name` is
// the name of any activation of the layer.
std::vector<int> unit_order(const SequenceTrace& trace, const std::string& name);

}  // namespace rnnbench::analysis
