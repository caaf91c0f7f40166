#include "core/sequence_arrays.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <type_traits>

#include "core/error.h"
#include "core/text.h"

namespace rnnbench::core {
namespace {

// Array [steps, size, width] of a batch, time-major, into the rows from `first` of an array [sequences, time, width].
template <class To, class From>
void transpose(const std::vector<From>& from, const Batch& batch, std::size_t width, std::size_t first,
               std::size_t time, std::vector<To>& to) {
  for (int t = 0; t < batch.steps; ++t)
    for (int b = 0; b < batch.size; ++b)
      for (std::size_t k = 0; k < width; ++k)
        to[((first + b) * time + t) * width + k] = static_cast<To>(from[batch.at(t, b) * width + k]);
}

// An array [sequences, time] or, with a width, [sequences, time, width] of all batches. `of`: that of a batch.
template <class To, class Of>
Tensor joined(const std::string& name, const std::vector<Batch>& batches, int width, Of of) {
  std::size_t count = 0, time = 0;
  for (const Batch& batch : batches) {
    count += batch.size;
    time = std::max<std::size_t>(time, batch.steps);
  }
  std::vector<To> values(count * time * std::max(1, width));
  std::size_t first = 0;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    transpose(of(i), batches[i], std::max(1, width), first, time, values);
    first += batches[i].size;
  }
  std::vector<std::int64_t> shape = {static_cast<std::int64_t>(count), static_cast<std::int64_t>(time)};
  if (width > 0) shape.push_back(width);
  return make_tensor(name, std::move(shape), values.data());
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return "[" +
         join(
             shape, [](std::int64_t n) { return std::to_string(n); }, ", ") +
         "]";
}

// Reads the arrays of a file, all of whose [sequences, time] must agree.
class Reader {
 public:
  Reader(const TensorFile& file, const std::string& name) : file_(file), name_(name) {}

  [[noreturn]] void fail(const std::string& what) const { throw UserError(name_ + ": " + what); }

  // nullptr when there is no such array. `width`: 0 for [sequences, time].
  const Tensor* find(const std::string& array, const std::string& type, int width) {
    const Tensor* tensor = file_.find(array);
    if (tensor == nullptr) return nullptr;
    const std::string wanted = type + " [sequences, time" + (width > 0 ? ", " + std::to_string(width) : "") + "]";
    const auto& shape = tensor->shape;
    if (tensor->type != type || shape.size() != (width > 0 ? 3u : 2u) || (width > 0 && shape[2] != width))
      fail("the array " + array + " is " + tensor->type + " " + shape_text(shape) + ", but must be " + wanted);
    if (shape[0] < 1 || shape[1] < 1 || shape[0] > INT32_MAX || shape[1] > INT32_MAX)
      fail("the array " + array + " is " + shape_text(shape) + ", but needs at least one sequence and one time step");
    if (sequences_ == 0) sequences_ = shape[0], time_ = shape[1];
    if (shape[0] != sequences_ || shape[1] != time_)
      fail("the array " + array + " is " + shape_text(shape) + ", but those before it have " +
           std::to_string(sequences_) + " sequences and " + std::to_string(time_) + " time steps");
    return tensor;
  }

  // The values of an array, each of which must be `allowed`, in words `what`.
  template <class T, class Allowed>
  std::vector<T> values(const Tensor& tensor, const std::string& what, Allowed allowed) const {
    std::vector<T> values(tensor.bytes.size() / sizeof(T));
    std::memcpy(values.data(), tensor.bytes.data(), values.size() * sizeof(T));
    const std::size_t width = tensor.shape.size() == 3 ? static_cast<std::size_t>(tensor.shape[2]) : 1;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (allowed(values[i])) continue;
      const std::size_t step = i / width, time = static_cast<std::size_t>(time_);
      fail("the array " + tensor.name + " contains " + number_text(values[i]) + " in sequence " +
           std::to_string(step / time) + " at time step " + std::to_string(step % time) + ", but must have " + what);
    }
    return values;
  }

  int sequences() const { return static_cast<int>(sequences_); }
  int time() const { return static_cast<int>(time_); }

 private:
  template <class T>
  static std::string number_text(T value) {
    if constexpr (std::is_integral_v<T>) return std::to_string(value);
    char text[32];
    std::snprintf(text, sizeof text, "%g", static_cast<double>(value));
    return text;
  }

  const TensorFile& file_;
  const std::string& name_;
  std::int64_t sequences_ = 0, time_ = 0;
};

// Rows [first, first + batch.size) of an array [sequences, time, width] into an array [steps, size, width].
template <class From, class To>
void take_rows(const std::vector<From>& from, const Batch& batch, std::size_t first, std::vector<To>& to) {
  if (from.empty()) return;
  const std::size_t width = to.size() / (static_cast<std::size_t>(batch.steps) * batch.size);
  for (int t = 0; t < batch.steps; ++t)
    for (int b = 0; b < batch.size; ++b)
      for (std::size_t k = 0; k < width; ++k)
        to[batch.at(t, b) * width + k] = static_cast<To>(from[((first + b) * batch.steps + t) * width + k]);
}

}  // namespace

std::string name_of(Loss loss) {
  return loss == Loss::cross_entropy ? "cross_entropy" : loss == Loss::mean_squared ? "mean_squared" : "bernoulli";
}

double sequence_array_bytes(const Signature& signature, int steps, bool with_outputs) {
  const double inputs = signature.one_hot ? 8 : 4.0 * signature.inputs;
  const double targets = signature.loss == Loss::cross_entropy ? 8 : 4.0 * signature.outputs;
  return steps * (inputs + targets + 4 + 1 + (with_outputs ? 4.0 * signature.outputs : 0));
}

TensorFile sequence_arrays(const Signature& signature, const std::vector<Batch>& batches,
                           const std::vector<std::vector<float>>& outputs) {
  TensorFile file;
  const auto add = [&](Tensor tensor) { file.tensors.push_back(std::move(tensor)); };
  if (signature.one_hot)
    add(joined<std::int64_t>(
        "inputs", batches, 0, [&](std::size_t i) -> auto& { return batches[i].symbols; }));
  else
    add(joined<float>(
        "inputs", batches, signature.inputs, [&](std::size_t i) -> auto& { return batches[i].values; }));
  if (signature.loss == Loss::cross_entropy)
    add(joined<std::int64_t>(
        "targets", batches, 0, [&](std::size_t i) -> auto& { return batches[i].classes; }));
  else
    add(joined<float>(
        "targets", batches, signature.outputs, [&](std::size_t i) -> auto& { return batches[i].targets; }));
  add(joined<float>(
      "mask", batches, 0, [&](std::size_t i) -> auto& { return batches[i].weight; }));
  add(joined<std::uint8_t>(
      "answers", batches, 0, [&](std::size_t i) -> auto& { return batches[i].answer; }));
  if (!outputs.empty())
    add(joined<float>(
        "outputs", batches, signature.outputs, [&](std::size_t i) -> auto& { return outputs[i]; }));
  return file;
}

std::vector<Batch> batches_of(const TensorFile& file, const Signature& signature, int size, const std::string& name,
                              bool& has_targets) {
  Reader reader(file, name);
  const auto below = [](int n) { return [n](std::int64_t value) { return value >= 0 && value < n; }; };
  const auto up_to = [](int n) { return "whole numbers from 0 to " + std::to_string(n - 1); };
  const auto finite = [](float value) { return std::isfinite(value); };

  std::vector<std::int64_t> symbols, classes;
  std::vector<float> inputs, targets, mask;
  std::vector<std::uint8_t> answers;
  const Tensor* found =
      reader.find("inputs", signature.one_hot ? "I64" : "F32", signature.one_hot ? 0 : signature.inputs);
  if (found == nullptr) reader.fail("there is no array named inputs");
  if (signature.one_hot)
    symbols = reader.values<std::int64_t>(*found, up_to(signature.inputs), below(signature.inputs));
  else
    inputs = reader.values<float>(*found, "finite numbers", finite);
  const bool are_classes = signature.loss == Loss::cross_entropy;
  found = reader.find("targets", are_classes ? "I64" : "F32", are_classes ? 0 : signature.outputs);
  has_targets = found != nullptr;
  if (has_targets && are_classes)
    classes = reader.values<std::int64_t>(*found, up_to(signature.outputs), below(signature.outputs));
  if (has_targets && signature.loss == Loss::mean_squared)
    targets = reader.values<float>(*found, "finite numbers", finite);
  if (has_targets && signature.loss == Loss::bernoulli)
    targets = reader.values<float>(*found, "0 or 1", [](float value) { return value == 0 || value == 1; });
  found = reader.find("mask", "F32", 0);
  if (found != nullptr)
    mask = reader.values<float>(*found, "numbers from 0", [](float v) { return std::isfinite(v) && v >= 0; });
  found = reader.find("answers", "U8", 0);
  if (found != nullptr) answers = reader.values<std::uint8_t>(*found, "0 or 1", [](std::uint8_t v) { return v <= 1; });

  std::vector<Batch> batches;
  for (int first = 0; first < reader.sequences(); first += size) {
    Batch& batch = batches.emplace_back();
    batch.reset(signature, reader.time(), std::min(size, reader.sequences() - first));
    take_rows(symbols, batch, first, batch.symbols);
    take_rows(inputs, batch, first, batch.values);
    take_rows(classes, batch, first, batch.classes);
    take_rows(targets, batch, first, batch.targets);
    std::fill(batch.weight.begin(), batch.weight.end(), 1.0f);
    take_rows(mask, batch, first, batch.weight);
    for (std::size_t i = 0; i < batch.weight.size(); ++i) batch.answer[i] = batch.weight[i] > 0;
    take_rows(answers, batch, first, batch.answer);
  }
  return batches;
}

}  // namespace rnnbench::core
