#include "experiments/training/probe.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/math.h"
#include "experiments/declaration/run_task.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/scorer.h"
#include "tasks/catalogue.h"

namespace rnnbench::experiments {
namespace {

// Test sequences of each probe.
constexpr int gate_sequences = 32, gradient_sequences = 8, saturation_sequences = 500;
constexpr double high_gate = 0.9;       // a gate above this holds its memory
constexpr double min_log10_norm = -38;  // float numbers below 1e-38 are flushed to zero
constexpr float saturation = 100;       // the factor of the saturation probe
constexpr double log_of_10 = 2.302585092994046;

// The step of sequence 0's first answer, or the number of steps.
int first_answer(const Batch& batch) {
  return static_cast<int>(std::find(batch.answer.begin(), batch.answer.end(), 1) - batch.answer.begin());
}
// The last step whose output enters the loss.
int last_scored(const Batch& batch) {
  int step = batch.steps - 1;
  while (step > 0 && batch.weight[step] == 0) --step;
  return step;
}

// Derivatives with respect to states. A copy of the network has its initial states among its parameters; started in the
// middle of a sequence, its gradient contains the derivatives with respect to the states there.
class StateGradient {
 public:
  StateGradient(const RunSpec& run, const Task& task, const Network<float>& network)
      : cell_(run.model.text("cell")),
        network_(network),
        learning_(make_network<float>(with_learned_states(run.model, network.hidden()), task.signature())),
        parameters_(learning_->layout()),
        gradient_(learning_->layout()),
        workspace_(learning_->workspace()) {
    for (std::size_t b = 0; b < learning_->layout().blocks().size(); ++b)
      if (learning_->layout().blocks()[b].name.starts_with("initial_state.")) states_.push_back(static_cast<int>(b));
  }

  // Sets the parameters and the sequence (a batch of size 1) that the derivatives are taken of.
  void set(const Parameters<float>& parameters, const Batch& sequence) {
    for (const Block& block : network_.layout().blocks()) {
      const int to = learning_->layout().find(block.name), from = network_.layout().find(block.name);
      std::copy_n(parameters.block(from), block.size(), parameters_.block(to));
    }
    sequence_ = &sequence;
    initial_ = parameters_;
    traces_ = network_.trace(parameters, sequence, 0);
  }

  // The derivative of the loss of steps [step, end) with respect to the state before `step`: all state vectors, one
  // after another.
  std::vector<float> before(int step, int end) {
    for (const int block : states_) {
      const int size = static_cast<int>(learning_->layout().block(block).size());
      if (step == 0) {
        std::copy_n(initial_.block(block), size, parameters_.block(block));
      } else {
        const Trace& trace = state_trace(learning_->layout().block(block).name);
        std::copy_n(trace.values.begin() + static_cast<std::ptrdiff_t>(step - 1) * trace.width, size,
                    parameters_.block(block));
      }
    }
    learning_->gradient(parameters_, sequence_->segment(step, end), *workspace_, gradient_);
    std::vector<float> all;
    for (const int block : states_)
      all.insert(all.end(), gradient_.block(block), gradient_.block(block) + learning_->layout().block(block).size());
    return all;
  }
  std::size_t states() const { return states_.size(); }

 private:
  static Settings with_learned_states(Settings model, int hidden) {
    model.set("initial-state", "learned");
    for (const char* budget : {"budget", "state-budget"})
      model.set(budget, "");  // with learned states, the same budget would give a smaller width
    model.set("hidden", std::to_string(hidden));
    return model;
  }

  // The trace of the state that a block of initial states belongs to. The block "initial_state.cell_l0" belongs to the
  // trace "cell state", or "layer 0 cell state" if there are several layers.
  const Trace& state_trace(const std::string& block) const {
    const auto dot = block.find('.'), end = block.rfind("_l");
    const std::string word = block.substr(dot + 1, end - dot - 1), layer = "layer " + block.substr(end + 2) + " ";
    for (const Trace& trace : traces_) {
      const std::string name = trace.name.starts_with(layer) ? trace.name.substr(layer.size()) : trace.name;
      if (name == word || (name.starts_with(word + " ") && (name.ends_with(" state") || name.ends_with(" gate"))))
        return trace;
    }
    throw UserError("probe: the state " + word + " of cell " + cell_ + " is not traced");
  }

  const std::string cell_;
  const Network<float>& network_;
  const std::unique_ptr<const Network<float>> learning_;
  Parameters<float> parameters_, gradient_, initial_;
  const std::unique_ptr<Workspace<float>> workspace_;
  std::vector<int> states_;
  const Batch* sequence_ = nullptr;
  std::vector<Trace> traces_;
};

double mean_of(const std::vector<double>& values) {
  return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Least squares of y on 1, 2, 3, ...
double slope_of(const std::vector<double>& y) {
  const double n = static_cast<double>(y.size()), middle = (n + 1) / 2, mean = mean_of(y);
  double covariance = 0, variance = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double x = static_cast<double>(i) + 1 - middle;
    covariance += x * (y[i] - mean);
    variance += x * x;
  }
  return variance > 0 ? covariance / variance : 0;
}

// Means of a gate over idle steps and over the other steps before the first answer, for each unit.
struct GateMeans {
  std::string gate;
  std::vector<double> idle, relevant;
};

struct Gates {
  std::vector<GateMeans> means;
  std::vector<double> sensitivity;
};

Gates gates_of(const Task& task, std::uint64_t seed, const Network<float>& network, const Parameters<float>& parameters,
               StateGradient& derivatives) {
  Gates gates;
  double idle_steps = 0, relevant_steps = 0;
  for (int number = 0; number < gate_sequences; ++number) {
    const Batch batch = test_sequence(task, seed, number);
    const int end = first_answer(batch);
    std::vector<int> idle;
    for (int step = 0; step < end; ++step)
      if (task.idle(batch, step, 0)) idle.push_back(step);
    idle_steps += static_cast<double>(idle.size());
    relevant_steps += static_cast<double>(end) - static_cast<double>(idle.size());
    std::size_t gate = 0;
    for (const Trace& trace : network.trace(parameters, batch, 0)) {
      if (!trace.name.ends_with("gate")) continue;
      if (gate == gates.means.size())
        gates.means.push_back({trace.name, std::vector<double>(trace.width), std::vector<double>(trace.width)});
      GateMeans& means = gates.means[gate++];
      for (int step = 0; step < end; ++step) {
        std::vector<double>& sums = task.idle(batch, step, 0) ? means.idle : means.relevant;
        for (int u = 0; u < trace.width; ++u) sums[u] += trace.values[static_cast<std::size_t>(step) * trace.width + u];
      }
    }
    if (idle.empty()) continue;
    derivatives.set(parameters, batch);
    const std::vector<float> d = derivatives.before(idle[idle.size() / 2], last_scored(batch) + 1);
    // The last state is the memory proper: an LSTM's cell state, a GRU's hidden state.
    const std::size_t units = d.size() / derivatives.states(), memory = d.size() - units;
    gates.sensitivity.resize(units);
    for (std::size_t u = 0; u < units; ++u) gates.sensitivity[u] += std::abs(d[memory + u]) / gate_sequences;
  }
  for (GateMeans& means : gates.means) {
    for (double& x : means.idle) x /= std::max(idle_steps, 1.0);
    for (double& x : means.relevant) x /= std::max(relevant_steps, 1.0);
  }
  return gates;
}

// The mean over units, weighted by how much the loss depends on the memory of each.
double carrying_mean(const std::vector<double>& values, const std::vector<double>& sensitivity) {
  double sum = 0, weight = 0;
  for (std::size_t u = 0; u < values.size() && u < sensitivity.size(); ++u) {
    sum += sensitivity[u] * values[u];
    weight += sensitivity[u];
  }
  return weight > 0 ? sum / weight : mean_of(values);
}

Json gates_probe(const Task& task, std::uint64_t seed, const Network<float>& network,
                 const Parameters<float>& untrained, const Parameters<float>& trained, StateGradient& derivatives) {
  Json json = {{"sequences", gate_sequences}, {"gates", Json::array()}, {"sensitivity", Json::object()}};
  Json scalars = Json::object();
  for (const bool is_trained : {false, true}) {
    const std::string when = is_trained ? "trained" : "untrained", prefix = is_trained ? "" : "untrained ";
    const Gates gates = gates_of(task, seed, network, is_trained ? trained : untrained, derivatives);
    json["sensitivity"][when] = gates.sensitivity;
    for (std::size_t g = 0; g < gates.means.size(); ++g) {
      const GateMeans& means = gates.means[g];
      if (json["gates"].size() == g) json["gates"].push_back({{"gate", means.gate}});
      json["gates"][g][when] = {{"idle", means.idle}, {"relevant", means.relevant}};
      const double high = static_cast<double>(
          std::count_if(means.idle.begin(), means.idle.end(), [](double x) { return x >= high_gate; }));
      const std::string name = prefix + means.gate;
      scalars[name + " idle"] = mean_of(means.idle);
      scalars[name + " relevant"] = mean_of(means.relevant);
      scalars[name + " idle carrying"] = carrying_mean(means.idle, gates.sensitivity);
      scalars[name + " relevant carrying"] = carrying_mean(means.relevant, gates.sensitivity);
      scalars[name + " share above 0.9"] = high / static_cast<double>(means.idle.size());
    }
  }
  json["scalars"] = scalars;
  return json;
}

// The mean log10 norm for lags 1, 2, ... up to the longest lag that all sequences have.
std::vector<double> gradient_norms(const Task& task, std::uint64_t seed, const Parameters<float>& parameters,
                                   StateGradient& derivatives) {
  std::vector<double> sums;
  for (int number = 0; number < gradient_sequences; ++number) {
    Batch batch = test_sequence(task, seed, number);
    const int last = last_scored(batch);
    std::fill(batch.weight.begin(), batch.weight.begin() + last, 0.0f);
    if (number == 0) sums.assign(last + 1, 0);
    sums.resize(std::min<std::size_t>(sums.size(), last + 1));
    derivatives.set(parameters, batch);
    for (std::size_t lag = 1; lag <= sums.size(); ++lag) {
      double squares = 0;
      for (const float d : derivatives.before(last + 1 - static_cast<int>(lag), last + 1))
        squares += static_cast<double>(d) * d;
      sums[lag - 1] += std::max(min_log10_norm, squares > 0 ? math::log(squares) / 2 / log_of_10 : min_log10_norm);
    }
  }
  for (double& sum : sums) sum /= gradient_sequences;
  return sums;
}

Json gradients_probe(const Task& task, std::uint64_t seed, const Parameters<float>& untrained,
                     const Parameters<float>& trained, StateGradient& derivatives) {
  Json json = {{"sequences", gradient_sequences}};
  Json scalars = Json::object();
  for (const bool is_trained : {false, true}) {
    const std::string prefix = is_trained ? "" : "untrained ";
    const std::vector<double> norms = gradient_norms(task, seed, is_trained ? trained : untrained, derivatives);
    json[is_trained ? "trained" : "untrained"] = norms;
    scalars[prefix + "gradient slope"] = slope_of(norms);
    for (const std::size_t lag : {10, 20, 50, 100, 200, 500, 1000})
      if (lag <= norms.size()) scalars[prefix + "gradient at lag " + std::to_string(lag)] = norms[lag - 1] - norms[0];
  }
  json["scalars"] = scalars;
  return json;
}

Json saturation_probe(const Task& task, std::uint64_t seed, const Network<float>& network,
                      const Parameters<float>& untrained, const Parameters<float>& trained) {
  const auto workspace = network.workspace();
  Json scalars = Json::object();
  for (const bool saturated : {false, true}) {
    Parameters<float> parameters = saturated ? trained : untrained;
    if (saturated)
      for (float& x : parameters.data()) x *= saturation;
    for (const auto& [name, value] : task.evaluate(predictor(network, parameters, *workspace),
                                                   {.seed = seed, .purpose = Purpose::test}, saturation_sequences))
      scalars[(saturated ? "saturated " : "untrained ") + name] = std::isfinite(value) ? Json(value) : Json(nullptr);
  }
  return {{"scalars", scalars}};
}

}  // namespace

void check_probe(const RunSpec& run) {
  const std::string kind = run.training.text("probe");
  if (kind == "none" || kind == "saturation") return;
  if (run.task.text_or("chunk", "0") != "0")
    throw UserError("probe = " + kind + " needs whole sequences; leave out chunk = " + run.task.text("chunk"));
  const std::string cell = run.model.text("cell"), sentence = "probe = " + kind + " is not possible with ";
  if (!run.model.values().contains("initial-state"))
    throw UserError(sentence + "cell = " + cell + ", which has no state");
  if (cell.find_first_of("+|") != std::string::npos) throw UserError(sentence + "the combination " + cell);
  for (const auto& [key, plain] : {std::pair<std::string, std::string>{"attention", "none"}, {"direction", "forward"}})
    if (run.model.text_or(key, plain) != plain)
      throw UserError(sentence + key + " = " + run.model.text(key) + ", which carries gradients past the state");
  if (kind != "gates") return;
  const auto task = make_task(run);
  const Batch batch = test_sequence(*task, run.seed, 0);
  for (int step = 0; step < batch.steps; ++step)
    if (task->idle(batch, step, 0)) return;
  throw UserError(sentence + "task = " + run.task.text("task") + ", which has no idle steps");
}

Json probe(const RunSpec& run, const Task& task, const Network<float>& network, const Parameters<float>& untrained,
           const Parameters<float>& trained) {
  if (run.training.text("probe") == "saturation") return saturation_probe(task, run.seed, network, untrained, trained);
  StateGradient derivatives(run, task, network);
  if (run.training.text("probe") == "gates")
    return gates_probe(task, run.seed, network, untrained, trained, derivatives);
  return gradients_probe(task, run.seed, untrained, trained, derivatives);
}

}  // namespace rnnbench::experiments
