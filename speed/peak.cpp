#include "speed/peak.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "speed/peak.cpp"
#include "hwy/foreach_target.h"

#include "core/choose_isa.h"
#include "core/pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::speed {
namespace HWY_NAMESPACE {
using namespace core::HWY_NAMESPACE;

// Advances twelve independent chains of multiply-adds by `rounds` steps. Returns the number of floating-point
// operations.
HWY_ATTR double multiply_add_rounds(long rounds, float* out) {
  constexpr int chains = 12;
  const Pack a = broadcast(out[0]), b = broadcast(out[1]);
  Pack x[chains];
  for (int i = 0; i < chains; ++i) x[i] = broadcast(static_cast<float>(i));
  for (long r = 0; r < rounds; ++r) {
    HWY_UNROLL(12) for (int i = 0; i < chains; ++i) x[i] = fma(x[i], a, b);
  }
  Pack sum = x[0];
  for (int i = 1; i < chains; ++i) sum = sum + x[i];
  store(sum, out);
  return 2.0 * 16 * chains * static_cast<double>(rounds);
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::speed
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/threads.h"
#include "models/network.h"

namespace rnnbench::speed {
namespace {

double chosen_rounds(Isa isa, long rounds, float* out) { RNNBENCH_CHOOSE(isa, multiply_add_rounds(rounds, out)) }

// GFLOP/s of one measurement.
double measured_gflops(Isa isa, ThreadTeam& team) {
  using Clock = std::chrono::steady_clock;
  const long rounds = isa == Isa::scalar ? 20'000 : 1'000'000;
  std::vector<double> operations(team.size());
  const auto start = Clock::now();
  team.run(team.size(), [&](int, int i) {
    alignas(64) float numbers[16] = {0.999f, 0.001f};
    operations[i] = chosen_rounds(isa, rounds, numbers);
  });
  double sum = 0;
  for (double n : operations) sum += n;
  return sum / std::chrono::duration<double>(Clock::now() - start).count() * 1e-9;
}

}  // namespace

double peak_gflops(int threads) {
  const Isa isa = supported_isas().front();
  ThreadTeam team(threads, [] {});
  if (team.size() < threads)
    throw std::runtime_error("the system started only " + std::to_string(team.size()) + " of " +
                             std::to_string(threads) + " threads, so their speed cannot be measured");
  double best = 0;
  for (int round = 0; round < 15; ++round) best = std::max(best, measured_gflops(isa, team));
  return best;
}

}  // namespace rnnbench::speed
#endif
