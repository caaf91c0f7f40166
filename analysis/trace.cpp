#include "analysis/trace.h"

#include <charconv>
#include <cmath>
#include <map>
#include <numeric>

#include "core/csv.h"
#include "core/text.h"

namespace rnnbench::analysis {

namespace {

constexpr std::size_t max_markers = 8;

std::string vector_text(const float* values, int n) {
  return join(std::vector<float>(values, values + n), float_text, " ");
}

std::string input_text(const SequenceTrace& trace, int step) {
  if (trace.signature.one_hot) return std::to_string(trace.batch.symbols[step]);
  const int n = trace.signature.inputs;
  return vector_text(&trace.batch.values[static_cast<std::size_t>(step) * n], n);
}

std::string target_text(const SequenceTrace& trace, int step) {
  if (trace.batch.weight[step] == 0) return "";
  if (trace.signature.loss == Loss::cross_entropy) return std::to_string(trace.batch.classes[step]);
  const int n = trace.signature.outputs;
  return vector_text(&trace.batch.targets[static_cast<std::size_t>(step) * n], n);
}

// The features that are whole numbers at all steps, since these are markers. If there are many, they are content, such
// as the keys of a chord, and all steps would differ: then the result is empty.
std::vector<int> whole_features(const SequenceTrace& trace) {
  std::vector<int> features;
  for (int f = 0; f < trace.signature.inputs; ++f) {
    bool whole = true;
    for (int step = 0; step < trace.batch.steps; ++step) {
      const float value = trace.batch.values[static_cast<std::size_t>(step) * trace.signature.inputs + f];
      whole &= value == std::round(value);
    }
    if (whole) features.push_back(f);
  }
  if (features.size() > max_markers) features.clear();
  return features;
}

struct Kind {
  std::vector<float> input;  // the symbol, or the values of whole_features
  bool has_answer;
  auto operator<=>(const Kind&) const = default;
};

std::string input_name(const SequenceTrace& trace, const Kind& kind, const std::vector<int>& features) {
  if (trace.signature.one_hot) return float_text(kind.input[0]);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < features.size(); ++i)
    parts.push_back("feature " + std::to_string(features[i]) + " = " + float_text(kind.input[i]));
  return parts.empty() ? "any" : join(parts);
}

}  // namespace

std::string float_text(float value) {
  if (!std::isfinite(value)) return "nan";
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string trace_csv(const SequenceTrace& trace) {
  std::string csv = "step,input,target,quantity,unit,value\n";
  for (int step = 0; step < trace.batch.steps; ++step) {
    const std::string prefix =
        std::to_string(step) + "," + input_text(trace, step) + "," + target_text(trace, step) + ",";
    const auto add = [&](const std::string& name, const std::vector<float>& values, int width, int count) {
      for (int unit = 0; unit < count; ++unit) {
        csv += prefix + csv_field(name) + "," + std::to_string(unit) + "," +
               float_text(values[static_cast<std::size_t>(step) * width + unit]) + "\n";
      }
    };
    for (const Activation& a : trace.activations) add(a.name, a.values, a.width, is_attention(a) ? step + 1 : a.width);
    add("output", trace.outputs, trace.signature.outputs, trace.signature.outputs);
  }
  return csv;
}

Table gate_means(const SequenceTrace& trace) {
  const std::vector<int> features = trace.signature.one_hot ? std::vector<int>{} : whole_features(trace);
  std::map<Kind, std::vector<int>> steps_of;
  for (int step = 0; step < trace.batch.steps; ++step) {
    Kind kind{{}, trace.batch.answer[step] != 0};
    if (trace.signature.one_hot) kind.input = {static_cast<float>(trace.batch.symbols[step])};
    for (int f : features)
      kind.input.push_back(trace.batch.values[static_cast<std::size_t>(step) * trace.signature.inputs + f]);
    steps_of[kind].push_back(step);
  }
  Table table{{{"input", false}, {"answer", false}, {"steps"}}, {}};
  for (const Activation& a : trace.activations)
    if (is_gate(a)) table.columns.push_back({a.name});
  for (const auto& [kind, steps] : steps_of) {
    table.rows.push_back(
        {input_name(trace, kind, features), kind.has_answer ? "yes" : "no", std::to_string(steps.size())});
    for (const Activation& a : trace.activations) {
      if (!is_gate(a)) continue;
      double sum = 0;
      for (int step : steps) {
        const auto first = a.values.begin() + static_cast<std::ptrdiff_t>(step) * a.width;
        sum = std::accumulate(first, first + a.width, sum);
      }
      table.rows.back().push_back(fixed_text(sum / (static_cast<double>(steps.size()) * a.width), 3));
    }
  }
  return table;
}

}  // namespace rnnbench::analysis
