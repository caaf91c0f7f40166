// A tile of a batch: up to sixteen of its sequences, and the arrays that carry them through a network.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "models/head.h"

namespace rnnbench {

// Part of a sequence, and of the batch: steps [begin, end).
struct Segment {
  int begin, end;
  int steps() const { return end - begin; }
};

template <class S>
struct Tile {
  int columns = 0;
  std::vector<std::int32_t> symbols, classes;  // as in Batch, for the columns of the tile
  AlignedVector<S> values;
  std::vector<float> targets, weight;
  std::vector<std::uint8_t> wanted;  // steps whose outputs count
  AlignedVector<S> tape;             // of the layers, then of the head, for a segment of up to
  int tape_steps = 0;                // this many steps
  AlignedVector<S> kept;             // states of the layers before each segment
  AlignedVector<S> d_inputs[2];      // gradient of the inputs of upper layers in a span
  AlignedVector<S> d_attended;       // attention's part of the gradient of the hidden states, of all steps
  std::vector<TotalOf<S>> losses;    // of each step
  Runs runs;                         // scratch

  std::size_t bytes() const {
    return (symbols.capacity() + classes.capacity()) * sizeof(std::int32_t) +
           (values.capacity() + tape.capacity() + kept.capacity() + d_inputs[0].capacity() + d_inputs[1].capacity() +
            d_attended.capacity()) *
               sizeof(S) +
           (targets.capacity() + weight.capacity()) * sizeof(float) + losses.capacity() * sizeof(TotalOf<S>);
  }

  // Columns [first, first + columns) of a batch. A step is wanted when one of them has weight or an answer there.
  void load(const Batch& batch, const Signature& signature, int first, bool all_steps) {
    columns = std::min(tile_width, batch.size - first);
    const auto copy_columns = [&](const auto& from, auto& to, int width) {
      to.resize(static_cast<std::size_t>(batch.steps) * columns * width);
      for (int step = 0; step < batch.steps; ++step)
        std::copy_n(from.begin() + (static_cast<std::size_t>(step) * batch.size + first) * width, columns * width,
                    to.begin() + static_cast<std::size_t>(step) * columns * width);
    };
    if (signature.one_hot)
      copy_columns(batch.symbols, symbols, 1);
    else
      copy_columns(batch.values, values, signature.inputs);
    if (signature.loss == Loss::cross_entropy)
      copy_columns(batch.classes, classes, 1);
    else
      copy_columns(batch.targets, targets, signature.outputs);
    copy_columns(batch.weight, weight, 1);
    wanted.assign(batch.steps, all_steps);
    losses.assign(batch.steps, TotalOf<S>(0));
    for (int step = 0; step < batch.steps && !all_steps; ++step)
      for (int c = first; c < first + columns; ++c)
        if (batch.weight[batch.at(step, c)] != 0 || batch.answer[batch.at(step, c)]) wanted[step] = 1;
  }

  // The wanted steps of [begin, end), counted from `origin` on.
  const Runs& wanted_runs(int begin, int end, int origin) {
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

}  // namespace rnnbench
