// Everything here is element-wise and correctly rounded, or a sum in double in a fixed order, so results depend neither
// on the instruction set nor on the threads.
#include "core/optimizer.h"

#ifndef RNNBENCH_CORE_ADAM_STEP
#define RNNBENCH_CORE_ADAM_STEP
namespace rnnbench::core {

// What an update of Adam or AdamW needs, in the precision in which it computes.
struct AdamStep {
  float beta1, rest1, beta2, rest2;  // rest = 1 - beta
  float epsilon;
  float rate;    // learning rate, corrected for the bias of the first mean
  float unbias;  // corrects the root of the second mean
  float keep;    // 1 - learning rate * weight decay
};

}  // namespace rnnbench::core
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/optimizer.cpp"
#include "hwy/foreach_target.h"

#include "core/choose_isa.h"
#include "core/pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::core {
namespace HWY_NAMESPACE {

// Updates of `count` parameters p, a multiple of 16, by their gradients g.

// v is the velocity.
HWY_ATTR void sgd(float* p, float* v, const float* g, std::size_t count, float rate, float momentum) {
  for (std::size_t i = 0; i < count; i += 16) {
    const Pack velocity = broadcast(momentum) * load(v + i) + load(g + i);
    store(velocity, v + i);
    store(load(p + i) - broadcast(rate) * velocity, p + i);
  }
}

// s is the running mean of the squared gradient.
HWY_ATTR void rmsprop(float* p, float* s, const float* g, std::size_t count, float rate) {
  for (std::size_t i = 0; i < count; i += 16) {
    const Pack d = load(g + i), square = broadcast(0.99f) * load(s + i) + broadcast(0.01f) * (d * d);
    store(square, s + i);
    store(load(p + i) - broadcast(rate) * (d / (sqrt(square) + broadcast(1e-8f))), p + i);
  }
}

// m and v are the running means of the gradient and of its square.
HWY_ATTR void adam(float* p, float* m, float* v, const float* g, std::size_t count, AdamStep step) {
  for (std::size_t i = 0; i < count; i += 16) {
    const Pack d = load(g + i), first = broadcast(step.beta1) * load(m + i) + broadcast(step.rest1) * d,
               second = broadcast(step.beta2) * load(v + i) + broadcast(step.rest2) * (d * d);
    store(first, m + i);
    store(second, v + i);
    store(broadcast(step.keep) * load(p + i) -
              broadcast(step.rate) * (first / (sqrt(second) * broadcast(step.unbias) + broadcast(step.epsilon))),
          p + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::core
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cmath>

#include "core/math.h"
#include "core/threads.h"

namespace rnnbench::core {
namespace {

void chosen_sgd(Isa isa, float* p, float* v, const float* g, std::size_t count, float rate, float momentum) {
  RNNBENCH_CHOOSE(isa, sgd(p, v, g, count, rate, momentum))
}
void chosen_rmsprop(Isa isa, float* p, float* s, const float* g, std::size_t count, float rate) {
  RNNBENCH_CHOOSE(isa, rmsprop(p, s, g, count, rate))
}
void chosen_adam(Isa isa, float* p, float* m, float* v, const float* g, std::size_t count, AdamStep step) {
  RNNBENCH_CHOOSE(isa, adam(p, m, v, g, count, step))
}

// Numbers that one thread updates at a time.
constexpr std::size_t part_size = 4096;

// Calls f(0), ..., f(count - 1), which have `numbers` numbers together. A few are not worth waking other threads.
template <class F>
void in_parts(int count, std::size_t numbers, ThreadTeam* team, F&& f) {
  if (team != nullptr && numbers > part_size)
    team->run(count, [&](int, int i) { f(i); });
  else
    for (int i = 0; i < count; ++i) f(i);
}
// Calls f(begin, end) for blocks of `size` numbers.
template <class F>
void in_blocks(std::size_t count, ThreadTeam* team, F&& f, std::size_t size = part_size) {
  const int blocks = static_cast<int>((count + size - 1) / size);
  in_parts(blocks, count, team, [&](int i) { f(i * size, std::min(count, (i + 1) * size)); });
}

class Sgd final : public Optimizer {
 public:
  Sgd(Isa isa, const Layout& layout, float momentum) : isa_(isa), momentum_(momentum), velocity_(layout) {}
  void update(Parameters<float>& parameters, const Parameters<float>& gradient, double learning_rate,
              ThreadTeam* team) override {
    float* p = parameters.data().data();
    float* v = velocity_.data().data();
    const float* g = gradient.data().data();
    const float rate = static_cast<float>(learning_rate), momentum = momentum_;
    in_blocks(parameters.data().size(), team, [=, this](std::size_t begin, std::size_t end) {
      chosen_sgd(isa_, p + begin, v + begin, g + begin, end - begin, rate, momentum);
    });
  }
  std::vector<std::pair<std::string, Parameters<float>*>> moments() override { return {{"sgd.velocity", &velocity_}}; }
  std::vector<std::pair<std::string, double*>> scalars() override { return {}; }

 private:
  const Isa isa_;
  const float momentum_;
  Parameters<float> velocity_;
};

class RmsProp final : public Optimizer {
 public:
  RmsProp(Isa isa, const Layout& layout) : isa_(isa), square_(layout) {}
  void update(Parameters<float>& parameters, const Parameters<float>& gradient, double learning_rate,
              ThreadTeam* team) override {
    float* p = parameters.data().data();
    float* s = square_.data().data();
    const float* g = gradient.data().data();
    const float rate = static_cast<float>(learning_rate);
    in_blocks(parameters.data().size(), team, [=, this](std::size_t begin, std::size_t end) {
      chosen_rmsprop(isa_, p + begin, s + begin, g + begin, end - begin, rate);
    });
  }
  std::vector<std::pair<std::string, Parameters<float>*>> moments() override { return {{"rmsprop.square", &square_}}; }
  std::vector<std::pair<std::string, double*>> scalars() override { return {}; }

 private:
  const Isa isa_;
  Parameters<float> square_;
};

// Adam, and with weight decay AdamW (Loshchilov & Hutter 2019), which multiplies the weights by 1 - rate * decay before
// the update.
class Adam final : public Optimizer {
 public:
  struct Options {
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  };
  Adam(Isa isa, const Layout& layout, const Options& options)
      : isa_(isa), options_(options), first_(layout), second_(layout), parts_(parts_of(layout)) {}
  void update(Parameters<float>& parameters, const Parameters<float>& gradient, double learning_rate,
              ThreadTeam* team) override {
    power1_ *= options_.beta1;
    power2_ *= options_.beta2;
    float* p = parameters.data().data();
    float* m = first_.data().data();
    float* v = second_.data().data();
    const float* g = gradient.data().data();
    AdamStep step{.beta1 = static_cast<float>(options_.beta1),
                  .rest1 = static_cast<float>(1 - options_.beta1),
                  .beta2 = static_cast<float>(options_.beta2),
                  .rest2 = static_cast<float>(1 - options_.beta2),
                  .epsilon = static_cast<float>(options_.epsilon),
                  .rate = static_cast<float>(learning_rate / (1 - power1_)),
                  .unbias = static_cast<float>(1 / std::sqrt(1 - power2_)),
                  .keep = 1};
    const float keep = static_cast<float>(1 - learning_rate * options_.weight_decay);
    in_parts(static_cast<int>(parts_.size()), parameters.data().size(), team, [&](int number) {
      const Part& part = parts_[number];
      AdamStep of_part = step;
      if (part.decays) of_part.keep = keep;
      chosen_adam(isa_, p + part.begin, m + part.begin, v + part.begin, g + part.begin, part.end - part.begin, of_part);
    });
  }
  std::vector<std::pair<std::string, Parameters<float>*>> moments() override {
    return {{"adam.first", &first_}, {"adam.second", &second_}};
  }
  std::vector<std::pair<std::string, double*>> scalars() override {
    return {{"adam.power1", &power1_}, {"adam.power2", &power2_}};
  }

 private:
  // A range of the array that decays, or does not.
  struct Part {
    std::size_t begin, end;
    bool decays;
  };
  // Weight matrices decay, vectors (biases, gains and offsets of normalization, initial states) do not.
  static std::vector<Part> parts_of(const Layout& layout) {
    std::vector<Part> parts;
    for (const Block& block : layout.blocks()) {
      const std::size_t end = block.offset + (block.size() + 15) / 16 * 16;
      for (std::size_t at = block.offset; at < end; at += part_size)
        parts.push_back({at, std::min(end, at + part_size), !block.vector});
    }
    return parts;
  }

  const Isa isa_;
  const Options options_;
  Parameters<float> first_, second_;
  const std::vector<Part> parts_;
  double power1_ = 1, power2_ = 1;  // beta to the number of updates
};

}  // namespace

double clip_by_norm(Parameters<float>& gradient, double limit, ThreadTeam* team) {
  float* g = gradient.data().data();  // padded with zeros to a multiple of 16 numbers
  const std::size_t count = gradient.data().size();
  constexpr std::size_t block = 16384;  // part of the definition of the norm, because it orders the sum
  std::vector<double> squares((count + block - 1) / block);
  const auto sum_squares = [&](std::size_t begin, std::size_t end) {
    double sum[16] = {};
    for (std::size_t i = begin; i < end; i += 16)
      for (int lane = 0; lane < 16; ++lane) sum[lane] += static_cast<double>(g[i + lane]) * g[i + lane];
    for (int half = 8; half >= 1; half /= 2)
      for (int lane = 0; lane < half; ++lane) sum[lane] += sum[lane + half];
    squares[begin / block] = sum[0];
  };
  in_blocks(count, team, sum_squares, block);
  double total = 0;
  for (double square : squares) total += square;
  const double norm = std::sqrt(total);
  if (limit > 0 && norm > limit) {
    const float scale = static_cast<float>(limit / norm);
    in_blocks(count, team, [=](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) g[i] *= scale;
    });
  }
  return norm;
}

void clip_by_value(Parameters<float>& gradient, double limit) {
  const float max = static_cast<float>(limit);
  for (float& x : gradient.data()) x = x > max ? max : x < -max ? -max : x;
}

bool all_finite(const Parameters<float>& parameters) {
  return std::all_of(parameters.data().begin(), parameters.data().end(), [](float x) { return std::isfinite(x); });
}

std::unique_ptr<Optimizer> make_optimizer(const Settings& training, const Layout& layout, Isa isa) {
  const std::string& name = training.text("optimizer");
  if (name == "sgd") return std::make_unique<Sgd>(isa, layout, static_cast<float>(training.real("momentum")));
  if (name == "rmsprop") return std::make_unique<RmsProp>(isa, layout);
  const auto value = [&](const char* option, double usual) {
    return training.has(option) ? training.real(option) : usual;
  };
  return std::make_unique<Adam>(isa, layout,
                                Adam::Options{.beta1 = value("beta1", 0.9),
                                              .beta2 = value("beta2", 0.999),
                                              .epsilon = value("epsilon", 1e-8),
                                              .weight_decay = name == "adamw" ? training.real("weight-decay") : 0});
}

}  // namespace rnnbench::core
#endif
