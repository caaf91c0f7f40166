#include "core/optimizer.h"

#include <algorithm>
#include <cmath>

#include "core/math.h"
#include "core/threads.h"

// Plain element-wise loops: every operation is correctly rounded, so vectorizing them does not change the result.

namespace rnnbench::core {
namespace {

// Calls f(begin, end) for blocks of block_size numbers.
constexpr std::size_t block_size = 16384;
template <class F>
void in_blocks(std::size_t count, ThreadTeam* team, F&& f) {
  const int blocks = static_cast<int>((count + block_size - 1) / block_size);
  const auto block = [&](int, int i) { f(i * block_size, std::min(count, (i + 1) * block_size)); };
  if (team != nullptr)
    team->run(blocks, block);
  else
    for (int i = 0; i < blocks; ++i) block(0, i);
}

class Sgd final : public Optimizer {
 public:
  Sgd(const Layout& layout, float momentum) : momentum_(momentum), velocity_(layout) {}
  void update(Parameters<float>& parameters, const Parameters<float>& gradient, double learning_rate,
              ThreadTeam* team) override {
    float* p = parameters.data().data();
    float* v = velocity_.data().data();
    const float* g = gradient.data().data();
    const float rate = static_cast<float>(learning_rate), momentum = momentum_;
    in_blocks(parameters.data().size(), team, [=](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        v[i] = momentum * v[i] + g[i];
        p[i] -= rate * v[i];
      }
    });
  }
  std::vector<std::pair<std::string, Parameters<float>*>> moments() override { return {{"sgd.velocity", &velocity_}}; }
  std::vector<std::pair<std::string, double*>> scalars() override { return {}; }

 private:
  const float momentum_;
  Parameters<float> velocity_;
};

class RmsProp final : public Optimizer {
 public:
  explicit RmsProp(const Layout& layout) : square_(layout) {}
  void update(Parameters<float>& parameters, const Parameters<float>& gradient, double learning_rate,
              ThreadTeam* team) override {
    float* p = parameters.data().data();
    float* s = square_.data().data();
    const float* g = gradient.data().data();
    const float rate = static_cast<float>(learning_rate);
    in_blocks(parameters.data().size(), team, [=](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        s[i] = 0.99f * s[i] + 0.01f * (g[i] * g[i]);
        p[i] -= rate * (g[i] / (std::sqrt(s[i]) + 1e-8f));
      }
    });
  }
  std::vector<std::pair<std::string, Parameters<float>*>> moments() override { return {{"rmsprop.square", &square_}}; }
  std::vector<std::pair<std::string, double*>> scalars() override { return {}; }

 private:
  Parameters<float> square_;
};

class Adam final : public Optimizer {
 public:
  explicit Adam(const Layout& layout) : first_(layout), second_(layout) {}
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
    in_blocks(parameters.data().size(), team, [=](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        m[i] = 0.9f * m[i] + 0.1f * g[i];
        v[i] = 0.999f * v[i] + 0.001f * (g[i] * g[i]);
        p[i] -= rate * (m[i] / (std::sqrt(v[i]) * unbias + 1e-8f));
      }
    });
  }
  std::vector<std::pair<std::string, Parameters<float>*>> moments() override {
    return {{"adam.first", &first_}, {"adam.second", &second_}};
  }
  std::vector<std::pair<std::string, double*>> scalars() override {
    return {{"adam.power1", &power1_}, {"adam.power2", &power2_}};
  }

 private:
  Parameters<float> first_, second_;
  double power1_ = 1, power2_ = 1;  // beta to the number of updates
};

}  // namespace

double clip_by_norm(Parameters<float>& gradient, double limit, ThreadTeam* team) {
  float* g = gradient.data().data();  // padded with zeros to a multiple of 16 numbers
  const std::size_t count = gradient.data().size();
  std::vector<double> squares((count + block_size - 1) / block_size);
  in_blocks(count, team, [&](std::size_t begin, std::size_t end) {
    double sum[16] = {};
    for (std::size_t i = begin; i < end; i += 16)
      for (int lane = 0; lane < 16; ++lane) sum[lane] += static_cast<double>(g[i + lane]) * g[i + lane];
    for (int half = 8; half >= 1; half /= 2)
      for (int lane = 0; lane < half; ++lane) sum[lane] += sum[lane + half];
    squares[begin / block_size] = sum[0];
  });
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

std::unique_ptr<Optimizer> make_optimizer(const Settings& training, const Layout& layout) {
  const std::string& name = training.text("optimizer");
  if (name == "sgd") return std::make_unique<Sgd>(layout, static_cast<float>(training.real("momentum")));
  if (name == "rmsprop") return std::make_unique<RmsProp>(layout);
  return std::make_unique<Adam>(layout);
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
