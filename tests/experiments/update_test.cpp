// Updates of training with truncated backpropagation, against PyTorch.
#include "experiments/training/update.h"

#include <catch2/catch.hpp>

#include "core/options.h"
#include "experiments/declaration/training_options.h"
#include "tests/models/model_fixture.h"
#include "tests/models/stored_case.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

// The parameters after training as make_truncated_training of make_torch_values.py describes it.
Parameters<float> parameters_after(const StoredCase& c, const std::string& kind, Parameters<float> parameters) {
  Settings training = default_settings(training_options());
  training.set("optimizer", "sgd");
  training.set("clip-norm", "0");
  if (kind != "chunk") {
    training.set("truncate", "4");
    training.set("truncate-update", kind);
  }
  const auto network = make_network<float>(c.model, c.signature);
  const auto workspace = network->workspace();
  Updater updater(training, kind == "chunk", *network, *workspace);
  const int steps = kind == "chunk" ? 4 : 12;
  for (int begin = 0; begin < c.batch.steps; begin += steps) {
    Batch batch = c.batch.segment(begin, begin + steps);
    if (kind != "chunk") batch.continues.clear();
    if (kind == "chunk" && begin == 24) batch.continues[0] = 0;
    CHECK(updater.update(parameters, batch, 0.1, nullptr).not_finite.empty());
  }
  return parameters;
}

}  // namespace

TEST_CASE("truncated training is PyTorch's with detached states", "[torch][truncate]") {
  for (const char* cell : {"rnn", "lstm", "gru"}) {
    const TensorFile file = read_safetensors(torch_folder / (std::string(cell) + "-truncated-training.safetensors"));
    const StoredCase c = read_case(file);
    const auto network = make_network<float>(c.model, c.signature);
    const Parameters<float> start = blocks_of<float>(file, "", network->layout());
    std::vector<Parameters<double>> ends;
    for (const char* kind : {"segment", "sequence", "chunk"}) {
      CAPTURE(cell, kind);
      ends.push_back(blocks_of<double>(file, std::string(kind) + ".", network->layout()));
      const Parameters<float> parameters = parameters_after(c, kind, start);
      // Up to fifteen updates, each of which moves a parameter by less than 1 and rounds it and its gradient.
      for (std::size_t i = 0; i < parameters.data().size(); ++i)
        CHECK(std::fabs(parameters.data()[i] - ends.back().data()[i]) <= 1e-5);
    }
    // The three differ by much more than the bound.
    for (const auto& [a, b] : {std::pair{0, 1}, {0, 2}, {1, 2}}) {
      double largest = 0;
      for (std::size_t i = 0; i < ends[a].data().size(); ++i)
        largest = std::max(largest, std::fabs(ends[a].data()[i] - ends[b].data()[i]));
      CHECK(largest > 0.01);
    }
  }
}
