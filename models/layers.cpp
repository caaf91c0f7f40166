// The layers that a plan asks for.
#include "models/plan.h"
#include "models/recurrent/branch.h"
#include "models/recurrent/joined.h"

namespace rnnbench::models {

template <class S>
std::vector<std::unique_ptr<Layer<S>>> make_layers(Isa isa, const NetworkPlan& plan, const Settings& settings) {
  if (plan.is_transformer) return make_transformer<S>(isa, plan.transformer);
  std::vector<std::unique_ptr<Layer<S>>> layers;
  for (std::size_t l = 0; l < plan.layers.size(); ++l) {
    const LayerPlan& of = plan.layers[l];
    std::vector<typename JoinedLayer<S>::Part> parts;
    for (const PartPlan& part : of.parts)
      parts.push_back({make_recurrent<S>(isa, *part.cell, settings, plan.recurrent_shape(l), part.blocks),
                       part.reversed, part.name});
    std::unique_ptr<Layer<S>> layer =
        parts.size() == 1
            ? std::move(parts[0].layer)
            : std::make_unique<JoinedLayer<S>>(std::move(parts), of.inputs, of.top && plan.signature.one_answer);
    if (l > 0 && (plan.dropout > 0 || plan.residual))
      layer = std::make_unique<BranchLayer<S>>(std::move(layer), of.inputs, plan.dropout, plan.residual);
    layers.push_back(std::move(layer));
  }
  return layers;
}
template std::vector<std::unique_ptr<Layer<float>>> make_layers(Isa, const NetworkPlan&, const Settings&);
template std::vector<std::unique_ptr<Layer<double>>> make_layers(Isa, const NetworkPlan&, const Settings&);
template std::vector<std::unique_ptr<Layer<std::complex<double>>>> make_layers(Isa, const NetworkPlan&,
                                                                               const Settings&);

}  // namespace rnnbench::models
