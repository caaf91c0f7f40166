#include "models/gradient_check.h"

#include <algorithm>
#include <cmath>

#include "core/stream.h"

namespace rnnbench::models {

std::vector<BlockError> check_gradient(const Settings& model, const Signature& signature, const Batch& batch,
                                       std::uint64_t seed) {
  using Complex = std::complex<double>;
  const auto network = make_network<double>(model, signature);
  Parameters<double> parameters(network->layout()), gradient(network->layout());
  network->initialize(seed, parameters);
  // With dropout, every pass has the same masks.
  const StreamSource noise{.seed = seed, .purpose = Purpose::dropout};
  network->gradient(parameters, batch, *network->workspace(), gradient, &noise);
  double largest = 0;
  for (double g : gradient.data()) largest = std::max(largest, std::fabs(g));

  const auto complex = make_network<Complex>(model, signature);
  Parameters<Complex> stepped(complex->layout()), unused(complex->layout());
  std::copy(parameters.data().begin(), parameters.data().end(), stepped.data().begin());
  const auto workspace = complex->workspace();
  constexpr double step = 1e-30;
  std::vector<BlockError> errors;
  for (const Block& block : network->layout().blocks()) {
    double worst = 0, scale = 1e-3 * largest;
    for (std::size_t i = block.offset; i < block.offset + block.size(); ++i) {
      stepped.data()[i] = Complex(parameters.data()[i], step);
      const double derivative = complex->gradient(stepped, batch, *workspace, unused, &noise).imag() / step;
      stepped.data()[i] = parameters.data()[i];
      // Not std::max, which could drop a NaN.
      const double error = std::fabs(derivative - gradient.data()[i]);
      if (!(error <= worst)) worst = error;
      scale = std::max(scale, std::fabs(derivative));
    }
    errors.push_back({block.name, worst == 0 ? 0 : worst / scale});
  }
  return errors;
}

Batch random_batch(const Signature& signature, int steps, int size, std::uint64_t seed) {
  Batch batch;
  batch.reset(signature, steps, size);
  Stream stream(seed, Purpose::speed, 0, 0);
  for (std::int32_t& symbol : batch.symbols) symbol = static_cast<std::int32_t>(stream.below(signature.inputs));
  for (float& value : batch.values) value = stream.uniform(-1, 1);
  for (std::int32_t& target : batch.classes) target = static_cast<std::int32_t>(stream.below(signature.outputs));
  for (float& target : batch.targets)
    target = signature.loss == Loss::bernoulli ? static_cast<float>(stream.below(2)) : stream.uniform(-1, 1);
  for (float& weight : batch.weight) weight = stream.below(3) == 0 ? 0.0f : 0.5f + stream.uniform();
  batch.weight.back() = 1;
  return batch;
}

}  // namespace rnnbench::models
