// Reads the files that tests/torch/make_torch_values.py has written: a model, a batch, and PyTorch's numbers.
#pragma once

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "core/safetensors.h"
#include "tests/models/model_fixture.h"

namespace rnnbench::test {

inline const std::filesystem::path torch_folder = std::filesystem::path(RNNBENCH_SOURCE_DIR) / "tests" / "torch";

template <class T>
std::vector<T> numbers(const TensorFile& file, const std::string& name, const std::string& type) {
  const Tensor* tensor = file.find(name);
  INFO("tensor " << name);
  REQUIRE(tensor != nullptr);
  REQUIRE(tensor->type == type);
  std::vector<T> values(tensor->bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor->bytes.data(), tensor->bytes.size());
  return values;
}
inline std::vector<double> reals(const TensorFile& file, const std::string& name) {
  return numbers<double>(file, name, "F64");
}
inline std::vector<std::int32_t> integers(const TensorFile& file, const std::string& name) {
  const auto wide = numbers<std::int64_t>(file, name, "I64");
  return {wide.begin(), wide.end()};
}
inline std::vector<float> floats(const TensorFile& file, const std::string& name) {
  const auto wide = reals(file, name);
  std::vector<float> values(wide.begin(), wide.end());
  for (std::size_t i = 0; i < wide.size(); ++i) REQUIRE(static_cast<double>(values[i]) == wide[i]);
  return values;
}

struct StoredCase {
  Settings model;
  Signature signature;
  Batch batch;
};

inline StoredCase read_case(const TensorFile& file) {
  StoredCase c;
  c.model = model_settings(file.metadata);
  c.signature.one_hot = file.find("symbols") != nullptr;
  c.signature.loss = file.find("classes") != nullptr ? Loss::cross_entropy : Loss::mean_squared;
  const Tensor* first = file.find("rnn.weight_ih_l0");
  c.signature.inputs = static_cast<int>((first ? first : file.find("embedding.weight"))->shape[1]);
  c.signature.one_answer = file.metadata.contains("one-answer");
  const auto& shape = file.find("outputs")->shape;
  c.signature.outputs = static_cast<int>(shape[2]);
  c.batch.reset(c.signature, static_cast<int>(shape[0]), static_cast<int>(shape[1]));
  if (c.signature.one_hot)
    c.batch.symbols = integers(file, "symbols");
  else
    c.batch.values = floats(file, "inputs");
  if (c.signature.loss == Loss::cross_entropy)
    c.batch.classes = integers(file, "classes");
  else
    c.batch.targets = floats(file, "targets");
  c.batch.weight = floats(file, "weight");
  return c;
}

// The parameters (or gradients) of a file in the network's layout; every tensor of that prefix has to have a
// place.
template <class S>
Parameters<S> blocks_of(const TensorFile& file, const std::string& prefix, const Layout& layout) {
  Parameters<S> parameters(layout);
  const auto& blocks = layout.blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::vector<double> values = reals(file, prefix + blocks[i].name);
    const Tensor* tensor = file.find(prefix + blocks[i].name);
    INFO(blocks[i].name);
    REQUIRE(tensor->shape[0] == blocks[i].rows);
    REQUIRE(tensor->shape.size() == (blocks[i].vector ? 1 : 2));
    REQUIRE(values.size() == blocks[i].size());
    std::copy(values.begin(), values.end(), parameters.block(static_cast<int>(i)));
  }
  return parameters;
}

}  // namespace rnnbench::test
