#include "tests/models/model_fixture.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <set>

#include "core/hash.h"
#include "core/stream.h"
#include "models/gradient_check.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

Settings model_settings(const Values& values) {
  Settings settings = default_settings(model_options(find_cell(values.at("cell"))));
  for (const auto& [name, value] : values) settings.set(name, value);
  // In an experiment, the grid sets this to the time steps of the task.
  if (settings.text_or("init", "") == "chrono" && !settings.has("chrono-steps")) settings.set("chrono-steps", "100");
  return settings;
}

std::string describe_model(const Settings& model) {
  const Settings defaults = default_settings(model_options(find_cell(model.text("cell"))));
  std::string text;
  for (const auto& [name, value] : model.values())
    if (name == "cell" || value != defaults.text(name)) text += name + " = " + value + "  ";
  return text;
}

bool is_free(const CellEntry& cell) { return cell.attention.empty() && cell.name != "transformer"; }

std::vector<CellEntry> free_cells() {
  std::vector<CellEntry> cells;
  for (const CellEntry& cell : all_cells())
    if (is_free(cell)) cells.push_back(cell);
  return cells;
}

std::vector<Values> cell_variants() {
  std::vector<Values> variants;
  for (const CellEntry& cell : free_cells()) {
    const Values plain{{"cell", cell.name}};
    variants.push_back(plain);
    std::set<std::string> varied{"layer-norm"};
    for (const Option& option : cell.options) varied.insert(option.name);
    for (const Option& option : model_options(cell)) {
      if (option.kind != Option::Kind::choice || !varied.contains(option.name)) continue;
      for (const std::string& choice : option.choices)
        if (choice != option.default_value) {
          variants.push_back(plain);
          variants.back()[option.name] = choice;
        }
    }
  }
  return variants;
}

Values structure_of_turn(std::size_t turn) {
  static const char* const attentions[] = {"none", "additive", "dot"};
  return {{"attention", attentions[turn % 3]},
          {"layers", turn % 2 == 0 ? "1" : "2"},
          {"initial-state", turn / 2 % 2 == 0 ? "zero" : "learned"}};
}

std::size_t first_turn(const std::string& cell) { return fnv1a(cell) % 12; }

std::vector<Settings> all_models(int hidden) {
  static const std::set<std::string> crossed =
      optimized ? std::set<std::string>{"rnn", "lstm", "gru", "gru-v1"} : std::set<std::string>{};
  std::vector<Settings> models;
  std::map<std::string, std::size_t> turns;
  for (const Values& variant : cell_variants()) {
    const std::string& cell = variant.at("cell");
    std::size_t& turn = turns.try_emplace(cell, first_turn(cell)).first->second;
    const std::size_t end = turn + (variant.size() > 1 ? 1 : crossed.contains(cell) ? 12 : 3);
    for (; turn < end; ++turn) {
      Values values = variant;
      values.merge(structure_of_turn(turn));
      values["hidden"] = std::to_string(hidden);
      models.push_back(model_settings(values));
    }
  }
  // Those whose attention is their own. (With one head a Transformer may have any width.)
  for (const char* layers : {"1", "2"})
    for (Values values :
         {Values{{"cell", "feedforward-attention"}}, Values{{"cell", "transformer"},
                                                            {"heads", "1"},
                                                            {"positions", layers[0] == '1' ? "sinusoidal" : "learned"},
                                                            {"max-positions", "5"}}}) {
      values["layers"] = layers;
      values["hidden"] = std::to_string(hidden);
      models.push_back(model_settings(values));
    }
  return models;
}

std::vector<Signature> all_signatures(int inputs, int outputs) {
  return {{.inputs = inputs, .one_hot = true, .outputs = outputs, .loss = Loss::cross_entropy},
          {.inputs = inputs, .one_hot = false, .outputs = outputs, .loss = Loss::mean_squared},
          {.inputs = inputs, .one_hot = false, .outputs = outputs, .loss = Loss::cross_entropy},
          {.inputs = inputs, .one_hot = true, .outputs = outputs, .loss = Loss::mean_squared},
          {.inputs = inputs, .one_hot = false, .outputs = outputs, .loss = Loss::bernoulli},
          {.inputs = inputs, .one_hot = true, .outputs = outputs, .loss = Loss::bernoulli}};
}

Signature signature_of_turn(std::size_t turn, int inputs, int outputs) {
  const std::vector<Signature> all = all_signatures(inputs, outputs);
  return all[turn % all.size()];
}

std::string describe_signature(const Signature& signature) {
  return std::to_string(signature.inputs) + (signature.one_hot ? " symbols, " : " values, ") +
         std::to_string(signature.outputs) +
         (signature.loss == Loss::cross_entropy  ? " classes"
          : signature.loss == Loss::mean_squared ? " real outputs"
                                                 : " yes or no");
}

Batch uneven_batch(const Signature& signature, int steps, int size, std::uint64_t seed) {
  Batch batch = random_batch(signature, steps, size, seed);
  for (int b = 1; b < size; ++b)
    for (int t = std::max(1, steps - b % 3); t < steps; ++t) {
      const std::size_t at = batch.at(t, b);
      batch.weight[at] = 0;
      if (signature.one_hot)
        batch.symbols[at] = 0;
      else
        std::fill_n(batch.values.begin() + at * signature.inputs, signature.inputs, 0.0f);
    }
  batch.weight[batch.at(steps - 1, 0)] = 0.75f;
  return batch;
}

template <class S>
Parameters<S> random_parameters(const Network<S>& network, std::uint64_t seed) {
  Parameters<S> parameters(network.layout());
  network.initialize(seed, parameters);
  Stream stream(seed, Purpose::speed, 1, 0);
  const auto& blocks = network.layout().blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    S* block = parameters.block(static_cast<int>(i));
    if (std::all_of(block, block + blocks[i].size(), [](S x) { return x == S(0); }))
      for (std::size_t k = 0; k < blocks[i].size(); ++k) block[k] = S(stream.uniform(-0.5f, 0.5f));
  }
  return parameters;
}
template Parameters<float> random_parameters(const Network<float>&, std::uint64_t);
template Parameters<double> random_parameters(const Network<double>&, std::uint64_t);

namespace {

// Largest |a - b|, and largest |b|.
template <class A, class B>
std::pair<double, double> compare(const A* a, const B* b, std::size_t size) {
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double error = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(error <= worst)) worst = error;  // not std::max: NaN stays
    if (std::isnan(worst)) break;
    largest = std::max(largest, std::fabs(static_cast<double>(b[i])));
  }
  return {worst, largest};
}

double ratio(double error, double scale) { return error == 0 ? 0 : error / scale; }

}  // namespace

template <class A, class B>
double relative_error(const A& a, const B& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  const auto [worst, largest] = compare(a.data(), b.data(), a.size());
  return ratio(worst, largest);
}
template double relative_error(const std::vector<double>&, const std::vector<double>&);
template double relative_error(const std::vector<float>&, const std::vector<double>&);
template double relative_error(const std::vector<float>&, const std::vector<float>&);

template <class A, class B>
std::vector<BlockError> block_errors(const Parameters<A>& a, const Parameters<B>& b, double floor) {
  const double min = floor * compare(a.data().data(), b.data().data(), b.data().size()).second;
  std::vector<BlockError> errors;
  for (const Block& block : b.layout().blocks()) {
    const auto [worst, largest] = compare(&a.data()[block.offset], &b.data()[block.offset], block.size());
    errors.push_back({block.name, ratio(worst, std::max(largest, min))});
  }
  return errors;
}
template std::vector<BlockError> block_errors(const Parameters<double>&, const Parameters<double>&, double);
template std::vector<BlockError> block_errors(const Parameters<float>&, const Parameters<double>&, double);
template std::vector<BlockError> block_errors(const Parameters<float>&, const Parameters<float>&, double);

double float_bound(const Settings& model, int steps) {
  const double roundings = steps * (4.0 * static_cast<double>(model.integer("hidden")) + 12);
  return 8 * std::numeric_limits<float>::epsilon() / 2 * std::sqrt(roundings);
}

Parameters<double> gradient_terms(const Network<double>& network, const Parameters<double>& parameters,
                                  const Batch& batch) {
  Parameters<double> terms(network.layout()), part(network.layout());
  const auto workspace = network.workspace();
  double total = 0;
  for (float w : batch.weight) total += w;
  for (int b = 0; b < batch.size; ++b) {
    const Batch one = batch.sequences(b);
    double weight = 0;
    for (float w : one.weight) weight += w;
    network.gradient(parameters, one, *workspace, part);
    for (std::size_t i = 0; i < terms.data().size(); ++i) terms.data()[i] += weight / total * std::fabs(part.data()[i]);
  }
  return terms;
}

std::vector<BlockError> rounding_errors(const Parameters<float>& a, const Parameters<double>& b,
                                        const Parameters<double>& terms) {
  const double min = 0.01 * *std::max_element(terms.data().begin(), terms.data().end());
  std::vector<BlockError> errors;
  for (const Block& block : b.layout().blocks()) {
    const double worst = compare(&a.data()[block.offset], &b.data()[block.offset], block.size()).first;
    const double* first = &terms.data()[block.offset];
    errors.push_back({block.name, ratio(worst, std::max(min, *std::max_element(first, first + block.size())))});
  }
  return errors;
}

double gradient_bound(const Settings& model, const Network<double>& network, const Parameters<double>& parameters,
                      const Batch& batch, const Parameters<double>& gradient, const Parameters<double>& terms) {
  double bound = float_bound(model, batch.steps);
  if (model.text_or("layer-norm", "yes") == "no") return bound;  // (the Transformer always has it)
  Parameters<double> near = parameters, of_near(network.layout());
  Stream stream(7, Purpose::speed, 0, 0);
  constexpr double half = std::numeric_limits<float>::epsilon() / 2;
  for (double& x : near.data()) x *= 1 + half * static_cast<double>(stream.uniform(-1, 1));
  network.gradient(near, batch, *network.workspace(), of_near);
  Parameters<float> rounded(network.layout());
  std::copy(of_near.data().begin(), of_near.data().end(), rounded.data().begin());
  for (const BlockError& error : rounding_errors(rounded, gradient, terms)) bound = std::max(bound, 32 * error.worst);
  return bound;
}

bool saturates(const Settings& model) {
  return !model.has("gate-activation") || model.text("gate-activation") != "relu";
}

std::uint64_t hash_of(const std::vector<float>& values) { return fnv1a(values.data(), values.size() * sizeof(float)); }
std::uint64_t hash_of(const Parameters<float>& parameters) {
  return fnv1a(parameters.data().data(), parameters.data().size() * sizeof(float));
}

}  // namespace rnnbench::test
