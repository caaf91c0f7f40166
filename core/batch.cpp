#include "core/batch.h"

namespace rnnbench::core {
namespace {

// Calls copy(from, to) for every array with steps.
template <class F>
void copy_arrays(const Batch& from, Batch& to, F copy) {
  copy(from.symbols, to.symbols);
  copy(from.values, to.values);
  copy(from.classes, to.classes);
  copy(from.targets, to.targets);
  copy(from.weight, to.weight);
  copy(from.answer, to.answer);
}

}  // namespace

void Batch::reset(const Signature& signature, int new_steps, int new_size) {
  steps = new_steps;
  size = new_size;
  const std::size_t places = static_cast<std::size_t>(steps) * size;
  const bool classified = signature.loss == Loss::cross_entropy;
  symbols.assign(signature.one_hot ? places : 0, 0);
  values.assign(signature.one_hot ? 0 : places * signature.inputs, 0);
  classes.assign(classified ? places : 0, 0);
  targets.assign(classified ? 0 : places * signature.outputs, 0);
  weight.assign(places, 0);
  answer.assign(places, 0);
  continues.clear();
}

// Eight sums do not wait for each other. Weights are small integers in every task, so the total is exact.
double Batch::total_weight() const {
  double sums[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= weight.size(); i += 8)
    for (int k = 0; k < 8; ++k) sums[k] += weight[i + k];
  double total = 0;
  for (; i < weight.size(); ++i) total += weight[i];
  for (double sum : sums) total += sum;
  return total;
}

Batch Batch::sequences(int first, int count) const {
  Batch chosen;
  chosen.steps = steps;
  chosen.size = count;
  const auto copy = [&](const auto& from, auto& to) {
    const std::size_t width = from.size() / weight.size();
    to.reserve(width * steps * count);
    for (int t = 0; t < steps; ++t)
      to.insert(to.end(), from.begin() + width * at(t, first), from.begin() + width * at(t, first + count));
  };
  copy_arrays(*this, chosen, copy);
  return chosen;
}

Batch Batch::segment(int begin, int end) const {
  Batch chosen;
  chosen.steps = end - begin;
  chosen.size = size;
  const auto copy = [&](const auto& from, auto& to) {
    const std::size_t width = from.size() / weight.size();
    to.assign(from.begin() + width * at(begin, 0), from.begin() + width * at(end, 0));
  };
  copy_arrays(*this, chosen, copy);
  if (begin == 0)
    chosen.continues = continues;
  else
    chosen.continues.assign(size, 1);
  return chosen;
}

}  // namespace rnnbench::core
