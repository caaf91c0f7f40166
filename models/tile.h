// A tile of a batch: up to sixteen of its sequences, the columns of the tile, with all arrays that a network needs for
// them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/denormals.h"
#include "core/threads.h"
#include "models/head/head.h"
#include "models/network.h"

namespace rnnbench::models {

// Steps [begin, end) of a sequence, which share a tape.
struct Segment {
  int begin, end;
  int steps() const { return end - begin; }
};

// Threads write to their own tiles only, so two tiles share no cache line.
template <class S>
struct alignas(128) Tile {
  int columns = 0;
  std::vector<std::int32_t> symbols, classes;  // as in Batch, of the columns of the tile
  // Real-valued inputs, [steps][columns][inputs], without a gap between columns. Kernels load full packs from any
  // column, so `values_padding` zeros follow the last one. (Every other array of packs has strides that are multiples
  // of the lanes.)
  AlignedVector<S> values;
  static constexpr std::size_t values_padding = lanes_of<S> - 1;
  std::vector<float> targets, weight;
  std::vector<int> lengths;                          // steps of each sequence
  std::vector<std::int32_t> reversed_symbols;        // each sequence from its last step to its first
  std::vector<std::vector<std::uint8_t>> undropped;  // for each layer: [steps][columns][features], 0 where dropped
  std::vector<std::uint8_t> wanted;                  // steps whose outputs count
  AlignedVector<S> memory;  // inputs as features, for attention over them: [steps][columns][inputs rounded up]
  AlignedVector<S> tape;    // of the layers, then of the head, for a segment of up to tape_steps steps
  int tape_steps = 0;
  AlignedVector<S> kept;           // states of the layers before each segment
  AlignedVector<S> d_inputs[2];    // gradient of the inputs of upper layers in a span
  AlignedVector<S> d_outputs;      // gradient of the top layer's outputs in a span, if it takes no panels
  AlignedVector<S> d_attended;     // what attention contributes to the gradient of the hidden states, of all steps
  std::vector<TotalOf<S>> losses;  // of each step
  StepRanges runs;                 // the result of wanted_runs()

  std::size_t bytes() const {
    std::size_t masks = 0;
    for (const auto& mask : undropped) masks += mask.capacity();
    return masks + (symbols.capacity() + classes.capacity() + reversed_symbols.capacity()) * sizeof(std::int32_t) +
           (values.capacity() + memory.capacity() + tape.capacity() + kept.capacity() + d_inputs[0].capacity() +
            d_inputs[1].capacity() + d_attended.capacity() + d_outputs.capacity()) *
               sizeof(S) +
           (targets.capacity() + weight.capacity()) * sizeof(float) + losses.capacity() * sizeof(TotalOf<S>);
  }

  // Copies sequences [first, first + columns) of a batch. A step is wanted if `all_steps`, or if one of the sequences
  // has weight or an answer there.
  void load(const Batch& batch, const Signature& signature, int first, bool all_steps) {
    columns = std::min(tile_width, batch.size - first);
    const auto copy_columns = [&](const auto& from, auto& to, int width, std::size_t padding = 0) {
      to.resize(static_cast<std::size_t>(batch.steps) * columns * width + padding);
      for (int step = 0; step < batch.steps; ++step)
        std::copy_n(from.begin() + (static_cast<std::size_t>(step) * batch.size + first) * width, columns * width,
                    to.begin() + static_cast<std::size_t>(step) * columns * width);
      std::fill(to.end() - padding, to.end(), 0);
    };
    if (signature.one_hot)
      copy_columns(batch.symbols, symbols, 1);
    else
      copy_columns(batch.values, values, signature.inputs, values_padding);
    if (signature.loss == Loss::cross_entropy)
      copy_columns(batch.classes, classes, 1);
    else
      copy_columns(batch.targets, targets, signature.outputs);
    copy_columns(batch.weight, weight, 1);
    wanted.assign(batch.steps, all_steps);
    losses.assign(batch.steps, TotalOf<S>(0));
    lengths.assign(columns, 0);
    for (int step = 0; step < batch.steps; ++step) {
      const float* of_step = &batch.weight[batch.at(step, first)];
      const auto* answer = &batch.answer[batch.at(step, first)];
      bool any = false;
      for (int c = 0; c < columns; ++c) {
        const bool counts = (of_step[c] != 0) | (answer[c] != 0);
        any |= counts;
        lengths[c] = counts ? step + 1 : lengths[c];
      }
      wanted[step] |= any;
    }
    for (int& length : lengths)
      if (length == 0) length = batch.steps;  // it has no wanted step
  }

  void reverse_symbols() {
    reversed_symbols = symbols;
    for (int c = 0; c < columns; ++c)
      for (int step = 0; step < lengths[c]; ++step)
        reversed_symbols[static_cast<std::size_t>(step) * columns + c] =
            symbols[static_cast<std::size_t>(lengths[c] - 1 - step) * columns + c];
  }

  void make_memory(const Signature& signature, int steps) {
    const std::size_t stride = round_up(signature.inputs, lanes_of<S>),
                      count = static_cast<std::size_t>(steps) * columns;
    memory.assign(count * stride, S(0));
    for (std::size_t i = 0; i < count; ++i)
      if (signature.one_hot)
        memory[i * stride + symbols[i]] = S(1);
      else
        std::copy_n(values.begin() + i * signature.inputs, signature.inputs, memory.begin() + i * stride);
  }

  // Draws which inputs of the layers above the first are dropped: sequence by sequence, layer by layer, step by step.
  // features: number of inputs of each layer; first: index of the tile's first sequence in the batch.
  void draw_dropout(const StreamSource& noise, double dropout, const std::vector<int>& features, int first, int steps) {
    undropped.resize(features.size());
    for (std::size_t layer = 1; layer < features.size(); ++layer)
      undropped[layer].resize(static_cast<std::size_t>(steps) * columns * features[layer]);
    const auto limit = static_cast<float>(dropout);
    for (int c = 0; c < columns; ++c) {
      Stream stream = noise.stream(static_cast<std::uint32_t>(first + c));
      for (std::size_t layer = 1; layer < features.size(); ++layer)
        for (int step = 0; step < steps; ++step) {
          std::uint8_t* mask =
              undropped[layer].data() + (static_cast<std::size_t>(step) * columns + c) * features[layer];
          for (int i = 0; i < features[layer]; ++i) mask[i] = stream.uniform() >= limit;
        }
    }
  }

  // The wanted steps of [begin, end), relative to `origin`. Valid until the next call.
  const StepRanges& wanted_runs(int begin, int end, int origin) {
    runs.clear();
    for (int step = begin; step < end; ++step) {
      if (!wanted[step]) continue;
      if (!runs.empty() && runs.back().end == step - origin)
        ++runs.back().end;
      else
        runs.push_back({step - origin, step - origin + 1});
    }
    return runs;
  }
};

// The memory of a network's calls: packed weights, and a tile for each thread.
template <class S>
class NetworkWorkspace final : public Workspace<S> {
 public:
  explicit NetworkWorkspace(const WorkspaceOptions& options)
      : recompute(options.recompute), threads(std::max(1, options.threads), flush_denormals), tiles(threads.size()) {}
  std::size_t bytes() const override {
    std::size_t sum = (packed.capacity() + gradients.capacity()) * sizeof(S);
    for (const Tile<S>& tile : tiles) sum += tile.bytes();
    return sum;
  }
  ThreadTeam& team() override { return threads; }

  const int recompute;
  ThreadTeam threads;
  AlignedVector<S> packed;         // weights, packed once per call
  AlignedVector<S> gradients;      // packed gradients of all tiles
  std::vector<TotalOf<S>> losses;  // of all tiles
  std::vector<Tile<S>> tiles;      // of all threads
};

}  // namespace rnnbench::models
