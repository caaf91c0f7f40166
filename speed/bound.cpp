#include "speed/bound.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "speed/bound.cpp"
#include "hwy/foreach_target.h"

#include "core/choose_isa.h"
#include "core/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::speed {
namespace HWY_NAMESPACE {
using namespace core::HWY_NAMESPACE;

// Reads `count` numbers, a multiple of 128, and returns a sum that depends on all of them.
HWY_ATTR float read_numbers(const float* numbers, std::size_t count) {
  constexpr int chains = 8;
  Pack sum[chains];
  for (int i = 0; i < chains; ++i) sum[i] = broadcast(0);
  for (std::size_t at = 0; at < count; at += 16 * chains)
    HWY_UNROLL(8) for (int i = 0; i < chains; ++i) sum[i] = greater(sum[i], load(numbers + at + 16 * i));
  for (int i = 1; i < chains; ++i) sum[0] = greater(sum[0], sum[i]);
  return largest_lane(sum[0]);
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::speed
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <limits>

#include "core/aligned.h"
#include "core/optimizer.h"
#include "experiments/training/clock.h"
#include "models/cells/cell_factory.h"

namespace rnnbench::speed {
namespace {

float chosen_read(Isa isa, const float* numbers, std::size_t count) {
  RNNBENCH_CHOOSE(isa, read_numbers(numbers, count))
}

// Seconds of a call: the fastest of many rounds of about 20 microseconds each.
template <class F>
double fastest_seconds(F&& call) {
  int calls = 1;
  double seconds = 0;
  const auto round = [&] {
    const double start = wall_seconds();
    for (int i = 0; i < calls; ++i) call();
    return wall_seconds() - start;
  };
  while ((seconds = round()) < 20e-6) calls *= 2;
  for (int i = 0; i < 500; ++i) seconds = std::min(seconds, round());
  return seconds / calls;
}

double read_seconds(Isa isa, std::size_t count) {
  const AlignedVector<float> numbers(round_up(std::max<std::size_t>(count, 128), 128));
  volatile float sink = 0;
  return fastest_seconds([&] { sink = sink + chosen_read(isa, numbers.data(), numbers.size()); });
}

// Seconds of a cell's forward and backward functions for one unit block in `columns` columns.
double cell_seconds(const CellFactory& cell, const Settings& settings, Isa isa, int columns) {
  constexpr int L = lanes_of<float>;
  const CellStructure& structure = cell.structure;
  const std::unique_ptr<CellKernel<float>> kernel = cell.make_float(isa, settings);
  const std::size_t slots = structure.slots.size(), states = structure.states.size(), row = columns * L;
  AlignedVector<float> activations(slots * row), next_slots(slots * row), sums(slots * row), middle(row), next(row),
      before(states * row), after(states * row), d_states(states * row), d((states + 1) * row), partial(row),
      weights(2 * max_states * L), d_bias(slots * L);
  for (auto* numbers : {&sums, &before, &d, &weights})
    for (std::size_t i = 0; i < numbers->size(); ++i) (*numbers)[i] = 0.01f * static_cast<float>(i % 37) - 0.2f;

  StepArrays<float> arrays;
  arrays.columns = columns;
  arrays.stride = L;
  arrays.slots = activations.data();
  arrays.next_slots = next_slots.data();
  arrays.middle = middle.data();
  for (std::size_t s = 0; s < states; ++s) {
    arrays.before[s] = before.data() + s * row;
    arrays.after[s] = after.data() + s * row;
    arrays.d_states[s] = d_states.data() + s * row;
    arrays.next[s] = next.data();
  }
  arrays.partial_gradient = partial.data();
  arrays.vectors = weights.data();
  arrays.d_vectors = weights.data() + max_states * L;
  arrays.d_bias = d_bias.data();
  const float* direct[tile_width];
  const float* gradients[max_states + 1];
  std::ptrdiff_t strides[max_states + 1];
  for (int c = 0; c < columns; ++c) direct[c] = sums.data() + c * slots * L;
  for (std::size_t s = 0; s <= states; ++s) {
    gradients[s] = d.data() + s * row;
    strides[s] = L;
  }
  const TilePlace place{0, 0, columns};
  return fastest_seconds([&] {
    for (int phase = 0; phase < structure.phases; ++phase)
      kernel->forward(phase, arrays, place, sums.data(), slots * L, direct, 0);
    for (int phase = structure.phases - 1; phase >= 0; --phase)
      kernel->backward(phase, arrays, place, gradients, strides);
  });
}

// Seconds of clipping and the optimizer, for one parameter of many.
double optimizer_seconds(const Settings& training) {
  Layout layout;
  layout.add("weight", 1024);
  Parameters<float> parameters(layout), gradient(layout);
  std::fill(gradient.data().begin(), gradient.data().end(), 1e-3f);
  const auto optimizer = make_optimizer(training, layout);
  const double limit = training.has("clip-norm") ? training.real("clip-norm") : 0;
  return fastest_seconds([&] {
           clip_by_norm(gradient, limit);
           optimizer->update(parameters, gradient, 0);
         }) /
         static_cast<double>(layout.count());
}

}  // namespace

std::optional<Bound> measured_bound(const RunSpec& run, const NetworkPlan& plan, const UpdateSize& size, double peak,
                                    int threads) {
  if (plan.is_transformer || plan.attention != AttentionKind::none) return std::nullopt;
  const Isa isa = best_isa();
  const int tiles = (size.batch + tile_width - 1) / tile_width, unit_blocks = (plan.hidden + 15) / 16;
  const double steps = size.time_steps;
  double cells = 0;
  std::size_t recurrent = 0;
  for (const LayerPlan& layer : plan.layers)
    for (const SublayerPlan& sublayer : layer.sublayers) {
      const int columns = std::min(size.batch, tile_width);
      cells += cell_seconds(*sublayer.cell, run.model, isa, columns) / columns * size.batch * unit_blocks * steps;
      for (std::size_t m = 1; m < sublayer.blocks.weights.size(); ++m)  // 0 multiplies the input
        if (const int block = sublayer.blocks.weights[m]; block >= 0) recurrent += plan.layout.block(block).size();
    }
  const double milliseconds = 1e3 / threads;  // of a second of one thread's work
  Bound bound;
  bound.products = size.executed_flops / peak * 1e-6;
  bound.weights =
      recurrent == 0 ? 0 : 2 * steps * tiles * read_seconds(isa, recurrent) * 1e3 / std::min(threads, tiles);
  bound.cells = cells * milliseconds;
  bound.optimizer = optimizer_seconds(run.training) * static_cast<double>(plan.layout.count()) * milliseconds;
  return bound;
}

}  // namespace rnnbench::speed
#endif
