// Models, optimizers and clipping against values that tests/torch/make_torch_values.py took from PyTorch in
// double.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <catch2/catch.hpp>

#include "core/optimizer.h"
#include "core/safetensors.h"
#include "core/schedule.h"
#include "tests/models/model_fixture.h"
#include "tests/models/stored_case.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

template <class S>
void compare_with(const TensorFile& file, double bound) {
  const StoredCase c = read_case(file);
  const auto network = make_network<S>(c.model, c.signature);
  const auto workspace = network->workspace();
  const Parameters<S> parameters = blocks_of<S>(file, "", network->layout());
  const Parameters<double> expected = blocks_of<double>(file, "grad.", network->layout());
  std::size_t gradients = 0;
  for (const Tensor& tensor : file.tensors) gradients += tensor.name.starts_with("grad.");
  CHECK(gradients == network->layout().blocks().size());

  std::vector<S> outputs;
  std::vector<double> expected_outputs = reals(file, "outputs");
  network->predict(parameters, c.batch, !c.signature.one_answer, *workspace, outputs);
  if (c.signature.one_answer)  // nothing else is asked of the network
    std::fill(expected_outputs.begin(), expected_outputs.end() - c.batch.size * c.signature.outputs, 0.0);
  CHECK(relative_error(outputs, expected_outputs) <= bound);
  Parameters<S> gradient(network->layout());
  const double loss = network->gradient(parameters, c.batch, *workspace, gradient);
  const double expected_loss = reals(file, "loss")[0];
  CHECK(std::fabs(loss - expected_loss) <= bound * expected_loss);
  for (const BlockError& error : block_errors(gradient, expected, std::is_same_v<S, float> ? 1 : cancelled)) {
    CAPTURE(error.name, error.worst, bound);
    const bool within_bound = error.worst <= bound;
    CHECK(within_bound);
  }
}

}  // namespace

TEST_CASE("outputs, loss and every gradient are PyTorch's", "[models][torch]") {
  const std::vector<std::string> names{"rnn-tanh",
                                       "rnn-tanh-2-mse",
                                       "rnn-relu",
                                       "rnn-relu-2-mse",
                                       "lstm",
                                       "lstm-2-mse",
                                       "gru",
                                       "gru-2-mse",
                                       "lstm-wide",
                                       "gru-wide",
                                       "lstm-dot",
                                       "gru-dot-2-mse",
                                       "lstm-additive",
                                       "gru-additive-2-mse",
                                       "lstm-bidirectional-2",
                                       "gru-bidirectional-2",
                                       "lstm-bidirectional-answer",
                                       "gru-bidirectional-answer",
                                       "lstm-multi-head",
                                       "gru-multi-head",
                                       "gru-multi-head-bidirectional",
                                       "lstm-general",
                                       "gru-general",
                                       "lstm-additive-inputs",
                                       "lstm-general-inputs",
                                       "lstm-multi-head-inputs",
                                       "feedforward-attention",
                                       "transformer-sinusoidal",
                                       "transformer-learned",
                                       "transformer-none"};
  for (const std::string& name : names) {
    CAPTURE(name);
    const TensorFile file = read_safetensors(torch_folder / (name + ".safetensors"));
    const int steps = static_cast<int>(file.find("outputs")->shape[0]);
    const int hidden = std::stoi(file.metadata.at("hidden"));
    compare_with<double>(file, 1e-12);
    // The first-order bound that gradient_test.cpp explains.
    compare_with<float>(file, std::numeric_limits<float>::epsilon() / 2.0 * steps * (4 * hidden + 12));
  }
}

TEST_CASE("truncated gradients are those of PyTorch with detached states", "[models][torch][truncate]") {
  for (const char* name : {"rnn-truncated", "lstm-truncated", "gru-truncated"}) {
    CAPTURE(name);
    const TensorFile file = read_safetensors(torch_folder / (std::string(name) + ".safetensors"));
    const StoredCase c = read_case(file);
    const int truncate = std::stoi(file.metadata.at("truncate"));
    const auto network = make_network<double>(c.model, c.signature);
    REQUIRE(network->carries_states());
    const auto workspace = network->workspace();
    const Parameters<double> parameters = blocks_of<double>(file, "", network->layout());
    const Parameters<double> expected = blocks_of<double>(file, "grad.", network->layout());
    Parameters<double> gradient(network->layout()), sum(network->layout());
    Carried<double> carried, predicted;
    std::vector<double> outputs, all;
    double loss = 0;
    for (int begin = 0; begin < c.batch.steps; begin += truncate) {
      const Batch segment = c.batch.segment(begin, std::min(c.batch.steps, begin + truncate));
      const double share = segment.total_weight() / c.batch.total_weight();
      loss += share * network->gradient(parameters, segment, *workspace, gradient, nullptr, &carried);
      for (std::size_t i = 0; i < sum.data().size(); ++i) sum.data()[i] += share * gradient.data()[i];
      network->predict(parameters, segment, true, *workspace, outputs, &predicted);
      all.insert(all.end(), outputs.begin(), outputs.end());
    }
    CHECK(relative_error(all, reals(file, "outputs")) <= 1e-12);
    CHECK(std::fabs(loss - reals(file, "loss")[0]) <= 1e-12 * loss);
    for (const BlockError& error : block_errors(sum, expected, cancelled)) {
      CAPTURE(error.name, error.worst);
      CHECK(error.worst <= 1e-12);
    }
  }
}

namespace {

const std::vector<std::string> optimizer_blocks{"a", "b", "c"};

Layout optimizer_layout(const TensorFile& file) {
  Layout layout;
  for (const std::string& name : optimizer_blocks) {
    const auto& shape = file.find(name)->shape;
    if (shape.size() == 2)
      layout.add(name, static_cast<int>(shape[0]), static_cast<int>(shape[1]));
    else
      layout.add(name, static_cast<int>(shape[0]));
  }
  return layout;
}

}  // namespace

TEST_CASE("five updates of every optimizer are PyTorch's", "[optimizer][torch]") {
  const TensorFile file = read_safetensors(torch_folder / "optimizers.safetensors");
  const Layout layout = optimizer_layout(file);
  const double rate = std::stod(file.metadata.at("learning-rate")), unit = std::numeric_limits<float>::epsilon() / 2;
  const std::map<std::string, std::map<std::string, std::string>> options = {
      {"adam", {}},
      {"rmsprop", {}},
      {"sgd", {{"momentum", file.metadata.at("momentum")}}},
      {"adam-options", {{"optimizer", "adam"}, {"beta1", "0.8"}, {"beta2", "0.95"}, {"epsilon", "0.0001"}}},
      {"adamw", {{"weight-decay", "0.5"}, {"beta1", "0.9"}, {"beta2", "0.95"}, {"epsilon", "1e-6"}}}};
  for (const auto& [name, values] : options) {
    Settings training;
    training.set("optimizer", name);
    for (const auto& [key, value] : values) training.set(key, value);
    const auto optimizer = make_optimizer(training, layout);
    Parameters<float> parameters = blocks_of<float>(file, "", layout);
    for (int update = 1; update <= 5; ++update) {
      const std::string number = "." + std::to_string(update) + ".";
      optimizer->update(parameters, blocks_of<float>(file, "gradient" + number, layout), rate);
      const Parameters<double> expected = blocks_of<double>(file, name + number, layout);
      // An update rounds the parameter (below 2) once, and about twenty times its step (at most 10 rates:
      // RMSprop's first is g / sqrt(0.01 g^2)).
      const double bound = update * unit * (2 + 20 * 10 * rate);
      for (std::size_t i = 0; i < layout.extent(); ++i) {
        CAPTURE(name, update, i);
        CHECK(std::fabs(parameters.data()[i] - expected.data()[i]) <= bound);
      }
    }
  }
}

TEST_CASE("learning-rate schedules are PyTorch's", "[optimizer][torch]") {
  const TensorFile file = read_safetensors(torch_folder / "schedules.safetensors");
  const std::vector<double> scores = reals(file, "scores");
  for (const char* name : {"cosine", "linear", "plateau"}) {
    Settings training;
    for (const auto& [key, value] : std::map<std::string, std::string>{{"schedule", name},
                                                                       {"learning-rate", "0.02"},
                                                                       {"updates", "20"},
                                                                       {"warmup-updates", "0"},
                                                                       {"min-rate", "0.1"},
                                                                       {"plateau-factor", "0.5"},
                                                                       {"plateau-patience", "2"}})
      training.set(key, value);
    const std::vector<double> expected = reals(file, name);
    Plateau plateau;
    double best = std::numeric_limits<double>::infinity();
    for (int update = 1; update <= 20; ++update) {
      CAPTURE(name, update);
      const double scale = name == std::string("plateau") ? plateau.scale : 1;
      CHECK(learning_rate(training, update) * scale == Approx(expected[update - 1]).epsilon(1e-12));
      const double score = scores[update - 1];
      plateau.evaluated(training, score < best);
      best = std::min(best, score);
    }
  }
}

TEST_CASE("clipping by the global norm is PyTorch's", "[optimizer][torch]") {
  const TensorFile file = read_safetensors(torch_folder / "optimizers.safetensors");
  const Layout layout = optimizer_layout(file);
  for (const char* limit : {"0.5", "100"}) {
    CAPTURE(limit);
    Parameters<float> gradient = blocks_of<float>(file, "gradient.1.", layout);
    const double expected_norm = reals(file, std::string("norm.") + limit)[0];
    const double norm = clip_by_norm(gradient, std::stod(limit));
    CHECK(std::fabs(norm - expected_norm) <= 1e-14 * expected_norm);
    // PyTorch divides by norm + 1e-6 where it clips, which is taken out here; two roundings to float remain.
    const double factor = norm > std::stod(limit) ? (norm + 1e-6) / norm : 1;
    const Parameters<double> expected = blocks_of<double>(file, std::string("clipped.") + limit + ".", layout);
    for (std::size_t i = 0; i < layout.extent(); ++i)
      CHECK(std::fabs(gradient.data()[i] - factor * expected.data()[i]) <=
            std::numeric_limits<float>::epsilon() * std::fabs(expected.data()[i]));
  }
}
