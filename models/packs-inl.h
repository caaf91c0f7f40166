// Packs and products of core under their own names in the kernels of models.
#if defined(RNNBENCH_MODELS_PACKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_PACKS_INL_H_
#undef RNNBENCH_MODELS_PACKS_INL_H_
#else
#define RNNBENCH_MODELS_PACKS_INL_H_
#endif

#include "core/lanes-inl.h"
#include "core/product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {
using namespace core::HWY_NAMESPACE;
}
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
