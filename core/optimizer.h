// Gradient clipping and optimizers. Results depend on neither threads nor instruction set.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/isa.h"
#include "core/parameters.h"
#include "core/settings.h"

namespace rnnbench::core {

class ThreadTeam;

// Scales the gradient so that its global L2 norm is at most `limit` (Pascanu et al. 2013), and returns the norm before
// scaling. limit <= 0: does not scale. The norm is summed in double, in a fixed order. Here and below, the threads of
// `team` share the work, which does not change the result.
double clip_by_norm(Parameters<float>& gradient, double limit, ThreadTeam* team = nullptr);
// Limits every element to [-limit, limit].
void clip_by_value(Parameters<float>& gradient, double limit);
bool all_finite(const Parameters<float>& parameters);

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  virtual void update(Parameters<float>& parameters, const Parameters<float>& gradient, double learning_rate,
                      ThreadTeam* team = nullptr) = 0;
  // The state that a checkpoint must contain: moments by name ("adam.first") and scalars.
  virtual std::vector<std::pair<std::string, Parameters<float>*>> moments() = 0;
  virtual std::vector<std::pair<std::string, double*>> scalars() = 0;
};
// optimizer = adam (Kingma & Ba 2015; beta1, beta2 and epsilon, bias-corrected by running products),
//             adamw (Loshchilov & Hutter 2019: adam after p -= learning rate * weight-decay * p, for matrices only),
//             rmsprop (PyTorch's: decay 0.99, epsilon 1e-8), sgd with momentum (PyTorch's, no dampening).
std::unique_ptr<Optimizer> make_optimizer(const Settings& training, const Layout& layout, Isa isa = default_isa());

}  // namespace rnnbench::core
