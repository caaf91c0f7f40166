// Everything here is element-wise and correctly rounded, or a sum in double in a fixed order, so results depend neither
// on the instruction set nor on the threads.
#include "core/optimizer.h"

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

// m and v are the running means of the gradient and of its square; `unbias` corrects the root of v.
HWY_ATTR void adam(float* p, float* m, float* v, const float* g, std::size_t count, float rate, float unbias) {
  for (std::size_t i = 0; i < count; i += 16) {
    const Pack d = load(g + i), first = broadcast(0.9f) * load(m + i) + broadcast(0.1f) * d,
               second = broadcast(0.999f) * load(v + i) + broadcast(0.001f) * (d * d);
    store(first, m + i);
    store(second, v + i);
    store(load(p + i) - broadcast(rate) * (first / (sqrt(second) * broadcast(unbias) + broadcast(1e-8f))), p + i);
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
void chosen_adam(Isa isa, float* p, float* m, float* v, const float* g, std::size_t count, float rate, float unbias) {
  RNNBENCH_CHOOSE(isa, adam(p, m, v, g, count, rate, unbias))
}

// Calls f(begin, end) for blocks of `size` numbers.
template <class F>
void in_blocks(std::size_t count, ThreadTeam* team, F&& f, std::size_t size = 4096) {
  const int blocks = static_cast<int>((count + size - 1) / size);
  const auto block = [&](int, int i) { f(i * size, std::min(count, (i + 1) * size)); };
  if (team != nullptr)
    team->run(blocks, block);
  else
    for (int i = 0; i < blocks; ++i) block(0, i);
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

class Adam final : public Optimizer {
 public:
  Adam(Isa isa, const Layout& layout) : isa_(isa), first_(layout), second_(layout) {}
  void update(Parameters<float>& parameters, const Parameters<float>& gradient, double learning_rate,
              ThreadTeam* team) override {
    power1_ *= 0.9;
    power2_ *= 0.999;
    float* p = parameters.data().data();
    float* m = first_.data().data();
    float* v = second_.data().data();
    const float* g = gradient.data().data();
    const float rate = static_cast<float>(learning_rate / (1 - power1_));
    const float unbias = static_cast<float>(1 / std::sqrt(1 - power2_));
    in_blocks(parameters.data().size(), team, [=, this](std::size_t begin, std::size_t end) {
      chosen_adam(isa_, p + begin, m + begin, v + begin, g + begin, end - begin, rate, unbias);
    });
  }
  std::vector<std::pair<std::string, Parameters<float>*>> moments() override {
    return {{"adam.first", &first_}, {"adam.second", &second_}};
  }
  std::vector<std::pair<std::string, double*>> scalars() override {
    return {{"adam.power1", &power1_}, {"adam.power2", &power2_}};
  }

 private:
  const Isa isa_;
  Parameters<float> first_, second_;
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
  return std::make_unique<Adam>(isa, layout);
}

double learning_rate(const Settings& training, std::int64_t update) {
  const double rate = training.real("learning-rate");
  const std::string& schedule = training.text("schedule");
  if (schedule == "constant") return rate;
  const double warm = static_cast<double>(training.integer("warmup-updates")), now = static_cast<double>(update);
  if (now <= warm) return rate * (now / warm);
  if (schedule == "warmup") return rate;
  const double last = static_cast<double>(training.integer("updates"));
  const double progress = (now - 1 - warm) / (last - warm);  // 0 in the first update after the warm-up, always below 1
  return rate * 0.5 * (1 + math::cos(3.14159265358979323846 * progress));
}

}  // namespace rnnbench::core
#endif
