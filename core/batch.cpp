#include "core/batch.h"

namespace rnnbench {

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

}  // namespace rnnbench
