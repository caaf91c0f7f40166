// The recurrent layer for every instruction set, and for double and complex<double>. The kernels of the cells are
// compiled elsewhere: models/cells/cell_unit.cpp.in.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/recurrent/recurrent.cpp"
#include "models/recurrent/recurrent.h"

#include "hwy/foreach_target.h"

#include "core/choose_isa.h"
#include "models/recurrent/recurrent-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {
std::unique_ptr<Layer<float>> make_float_recurrent(const CellStructure& cell,
                                                   std::unique_ptr<const CellKernel<float>> kernel,
                                                   const RecurrentShape& shape, const RecurrentBlocks& blocks) {
  return std::make_unique<RecurrentLayer<Pack>>(cell, std::move(kernel), shape, blocks);
}
}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rnnbench::models {

template <>
std::unique_ptr<Layer<float>> make_recurrent<float>(Isa isa, const CellStructure& cell,
                                                    std::unique_ptr<const CellKernel<float>> kernel,
                                                    const RecurrentShape& shape, const RecurrentBlocks& blocks) {
  RNNBENCH_CHOOSE(isa, make_float_recurrent(cell, std::move(kernel), shape, blocks))
}
template <>
std::unique_ptr<Layer<double>> make_recurrent<double>(Isa, const CellStructure& cell,
                                                      std::unique_ptr<const CellKernel<double>> kernel,
                                                      const RecurrentShape& shape, const RecurrentBlocks& blocks) {
  return std::make_unique<HWY_NAMESPACE::RecurrentLayer<double>>(cell, std::move(kernel), shape, blocks);
}
template <>
std::unique_ptr<Layer<std::complex<double>>> make_recurrent<std::complex<double>>(
    Isa, const CellStructure& cell, std::unique_ptr<const CellKernel<std::complex<double>>> kernel,
    const RecurrentShape& shape, const RecurrentBlocks& blocks) {
  return std::make_unique<HWY_NAMESPACE::RecurrentLayer<std::complex<double>>>(cell, std::move(kernel), shape, blocks);
}

}  // namespace rnnbench::models
#endif
