// What a trained network does at every step of one sequence, as data for other tools.
#pragma once

#include <string>
#include <vector>

#include "analysis/format.h"
#include "core/batch.h"

namespace rnnbench::analysis {

// A gate, a state or the attention over time.
struct Activation {
  std::string name;           // "forget gate", with several layers "layer 0 forget gate"; "attention"
  int width = 0;              // units, or attended steps
  std::vector<float> values;  // steps * width
};

struct SequenceTrace {
  std::string name;     // of the files, without ending
  std::string title;    // the run
  std::string caption;  // the sequence
  Signature signature;
  Batch batch;  // of one sequence
  std::vector<Activation> activations;
  std::vector<float> outputs;  // steps * outputs, logits or values
};

inline bool is_gate(const Activation& activation) { return activation.name.ends_with("gate"); }
inline bool is_attention(const Activation& activation) {
  return activation.name.find("attention") != std::string::npos;
}

// One row per number: step, input (symbol, or the features), target (class or values; empty where none
// counts), quantity, unit (of attention: the attended step, up to the step itself), value. Steps and units
// count from 0.
std::string trace_csv(const SequenceTrace& trace);

// The mean of every gate over its units and the steps of one kind: the same input symbol (or the same values
// of those features that are whole numbers, as markers are), and whether an answer is asked. No columns for
// gates when the network has none.
Table gate_means(const SequenceTrace& trace);

// The shortest text that reads back as the same float; "nan" for what is not finite.
std::string float_text(float value);

}  // namespace rnnbench::analysis
