#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/head/head.cpp"
#include "hwy/foreach_target.h"

#include "core/choose_isa.h"
#include "models/head/head-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {
std::unique_ptr<Head<float>> make_float_head(const HeadShape& shape, const HeadBlocks& blocks) {
  return std::make_unique<HeadOf<Pack>>(shape, blocks);
}
}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rnnbench::models {

template <>
std::unique_ptr<Head<float>> make_head<float>(Isa isa, const HeadShape& shape, const HeadBlocks& blocks) {
  RNNBENCH_CHOOSE(isa, make_float_head(shape, blocks))
}
template <>
std::unique_ptr<Head<double>> make_head<double>(Isa, const HeadShape& shape, const HeadBlocks& blocks) {
  return std::make_unique<HWY_NAMESPACE::HeadOf<double>>(shape, blocks);
}
template <>
std::unique_ptr<Head<std::complex<double>>> make_head<std::complex<double>>(Isa, const HeadShape& shape,
                                                                            const HeadBlocks& blocks) {
  return std::make_unique<HWY_NAMESPACE::HeadOf<std::complex<double>>>(shape, blocks);
}

}  // namespace rnnbench::models
#endif
