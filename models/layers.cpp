#include "models/layers.h"

#include "models/cells/cell_factory.h"
#include "models/recurrent/branch.h"
#include "models/recurrent/joined.h"
#include "models/transformer/transformer.h"

namespace rnnbench::models {

template <class S>
std::vector<std::unique_ptr<Layer<S>>> make_layers(Isa isa, const NetworkPlan& plan, const Settings& settings) {
  if (plan.is_transformer) return make_transformer<S>(isa, plan.transformer);
  std::vector<std::unique_ptr<Layer<S>>> layers;
  for (std::size_t l = 0; l < plan.layers.size(); ++l) {
    const LayerPlan& layer_plan = plan.layers[l];
    std::vector<typename JoinedLayer<S>::Sublayer> sublayers;
    for (const SublayerPlan& sublayer : layer_plan.sublayers)
      sublayers.push_back({make_recurrent<S>(isa, sublayer.cell->structure, sublayer.cell->make<S>(isa, settings),
                                             plan.recurrent_shape(l), sublayer.blocks),
                           sublayer.reversed, sublayer.name});
    std::unique_ptr<Layer<S>> layer;
    if (sublayers.size() == 1)
      layer = std::move(sublayers[0].layer);
    else
      layer = std::make_unique<JoinedLayer<S>>(std::move(sublayers), layer_plan.inputs,
                                               layer_plan.top && plan.signature.one_answer);
    if (l > 0 && (plan.dropout > 0 || plan.residual))
      layer = std::make_unique<BranchLayer<S>>(std::move(layer), layer_plan.inputs, plan.dropout, plan.residual);
    layers.push_back(std::move(layer));
  }
  return layers;
}
template std::vector<std::unique_ptr<Layer<float>>> make_layers(Isa, const NetworkPlan&, const Settings&);
template std::vector<std::unique_ptr<Layer<double>>> make_layers(Isa, const NetworkPlan&, const Settings&);
template std::vector<std::unique_ptr<Layer<std::complex<double>>>> make_layers(Isa, const NetworkPlan&,
                                                                               const Settings&);

}  // namespace rnnbench::models
