#include "core/batch.h"

namespace rnnbench::core {

void Batch::reset(const Signature& signature, int new_steps, int new_size) {
  steps = new_steps;
  size = new_size;
  const std::size_t cells = static_cast<std::size_t>(steps) * size;
  const bool classified = signature.loss == Loss::cross_entropy;
  symbols.assign(signature.one_hot ? cells : 0, 0);
  values.assign(signature.one_hot ? 0 : cells * signature.inputs, 0);
  classes.assign(classified ? cells : 0, 0);
  targets.assign(classified ? 0 : cells * signature.outputs, 0);
  weight.assign(cells, 0);
  answer.assign(cells, 0);
}

Batch Batch::part(int first_step, int end_step, int first, int end) const {
  Batch part;
  part.steps = end_step - first_step;
  part.size = end - first;
  const auto copy = [&](const auto& from, auto& to) {
    const std::size_t width = from.size() / weight.size();
    to.reserve(width * part.steps * part.size);
    for (int t = first_step; t < end_step; ++t)
      to.insert(to.end(), from.begin() + width * at(t, first), from.begin() + width * at(t, end));
  };
  copy(symbols, part.symbols);
  copy(values, part.values);
  copy(classes, part.classes);
  copy(targets, part.targets);
  copy(weight, part.weight);
  copy(answer, part.answer);
  return part;
}

}  // namespace rnnbench::core
