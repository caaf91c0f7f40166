// Compiles the Transformer for every instruction set, and for the reference types double and complex<double>.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/transformer/transformer.cpp"
#include "hwy/foreach_target.h"

#include "core/choose_isa.h"
#include "models/transformer/transformer_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {
std::vector<std::unique_ptr<Layer<float>>> make_float_transformer(const TransformerPlan& plan) {
  return transformer_layers<Pack>(plan);
}
}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rnnbench::models {

template <>
std::vector<std::unique_ptr<Layer<float>>> make_transformer<float>(Isa isa, const TransformerPlan& plan) {
  RNNBENCH_CHOOSE(isa, make_float_transformer(plan))
}
template <>
std::vector<std::unique_ptr<Layer<double>>> make_transformer<double>(Isa, const TransformerPlan& plan) {
  return HWY_NAMESPACE::transformer_layers<double>(plan);
}
template <>
std::vector<std::unique_ptr<Layer<std::complex<double>>>> make_transformer<std::complex<double>>(
    Isa, const TransformerPlan& plan) {
  return HWY_NAMESPACE::transformer_layers<std::complex<double>>(plan);
}

}  // namespace rnnbench::models
#endif
