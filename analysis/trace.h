// The activations of a trained network at every step of one sequence, as tables.
#pragma once

#include <string>
#include <vector>

#include "analysis/format.h"
#include "core/batch.h"

namespace rnnbench::analysis {

// The values of a gate, a state or the attention weights.
struct Activation {
  std::string name;           // "forget gate", with several layers "layer 0 forget gate"; "attention"
  int width = 0;              // number of units; of attention: steps
  std::vector<float> values;  // [steps, width]
};

struct SequenceTrace {
  std::string name;     // of the files, without extension
  std::string title;    // describes the run
  std::string caption;  // describes the sequence
  Signature signature;
  Batch batch;  // of one sequence
  std::vector<Activation> activations;
  std::vector<float> outputs;  // [steps, outputs], logits or values
};

inline bool is_gate(const Activation& activation) { return activation.name.ends_with("gate"); }
inline bool is_attention(const Activation& activation) {
  return activation.name.find("attention") != std::string::npos;
}

// One row per value, with the columns step, input (symbol or features), target (class or values; empty where it has no
// weight), quantity, unit (of attention: the attended step, up to the step itself) and value. Steps and units count
// from 0.
std::string trace_csv(const SequenceTrace& trace);

// The mean of every gate over its units and over steps of the same kind. Steps are of the same kind if they have the
// same input symbol (or the same values of those features that are whole numbers, such as markers), and if both or
// neither have an answer. A network without gates has no columns for them.
Table gate_means(const SequenceTrace& trace);

// The shortest text that reads back as the same float; "nan" if it is not finite.
std::string float_text(float value);

}  // namespace rnnbench::analysis
