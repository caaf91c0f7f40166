// What tests of the models share: the models that there are, odd shapes, batches with unequal lengths,
// comparisons.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/batch.h"
#include "core/options.h"
#include "core/parameters.h"
#include "models/catalogue.h"
#include "models/gradient_check.h"
#include "models/network.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

// Without optimization (cmake --preset debug), or with sanitizers, the kernels are up to a hundred times slower. Sweeps
// are then shorter: fewer shapes, samples and updates, and no long trainings; rnnbench_bits shows that all builds train
// the same numbers. Every cell still trains and has its gradient checked.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
inline constexpr bool optimized = true;
#else
inline constexpr bool optimized = false;
#endif

using Values = std::map<std::string, std::string>;

// The defaults of the model with these values; `cell` is among them.
Settings model_settings(const Values& values);

// A line for a failing test: the values that are not the defaults.
std::string describe_model(const Settings& model);

// The variants of every cell, so that a new line of the table is tested without anyone remembering: the cell
// as it is, then one at a time each other value of its own choices (activation = relu, gate-activation =
// hard-sigmoid) and of layer-norm. The first has only `cell` set.
std::vector<Values> cell_variants();

// The cells that go with any attention, direction and neighbor: all but the feed-forward attention and the Transformer.
std::vector<CellEntry> free_cells();

// attention, layers (1, 2) and initial-state of turn 0, 1, ...: twelve turns are all of them together, three
// turns in a row have each value of each. The turns of a cell begin anywhere, so that cells differ; a new
// cell changes no other's.
Values structure_of_turn(std::size_t turn);
std::size_t first_turn(const std::string& cell);

// The models that tests of the engine go through:
//   rnn, lstm, gru, gru-v1   with every attention x layers x initial-state (if optimized)
//   every other cell         with three turns of them: each value of each at least once
//   every other variant      with one turn
std::vector<Settings> all_models(int hidden);

// One-hot or real inputs x every loss. A further loss comes last: lines of bits/expected.txt know them by number.
std::vector<Signature> all_signatures(int inputs, int outputs);
Signature signature_of_turn(std::size_t turn, int inputs, int outputs);  // by turns
std::string describe_signature(const Signature& signature);

// Random inputs, targets and weights. Some steps have weight 0, and every sequence but the first ends early:
// in zeros of weight 0, as tasks with unequal lengths make them.
Batch uneven_batch(const Signature& signature, int steps, int size, std::uint64_t seed);

// Parameters without a special value: the usual start, but blocks that start from 0 (initial states) are
// random too. The numbers are floats whatever S is.
template <class S>
Parameters<S> random_parameters(const Network<S>& network, std::uint64_t seed);

// Largest |a - b| over the largest |b|; NaN when a number is NaN.
template <class A, class B>
double relative_error(const A& a, const B& b);

// The same for every block. A block that is small because large numbers cancel in it (a softmax takes no
// common shift of its scores) rounds as they do: its scale is at least `floor` times the largest |b| of all
// blocks.
template <class A, class B>
std::vector<BlockError> block_errors(const Parameters<A>& a, const Parameters<B>& b, double floor);
inline constexpr double cancelled = 1e-3;

// What rounding may do to float numbers of this model, relative to the largest of the terms that they are
// sums of: a number depends on at most `steps` times (4 hidden + 12) roundings (a dot product of four gates
// and a dozen operations of the cell each step), which are of random sign and so add up like the root of
// their number, times 8. (Of five thousand random shapes one exceeds it, whose terms cancel within the only
// sequence.)
double float_bound(const Settings& model, int steps);

// What the derivatives are sums of: the sum over sequences of |derivative of the sequence's part of the
// loss|.
Parameters<double> gradient_terms(const Network<double>& network, const Parameters<double>& parameters,
                                  const Batch& batch);

// Largest |a - b| of every block relative to the block's largest term (see gradient_terms), or to a hundredth
// of the largest of all blocks where that is more: inside a sequence too large numbers cancel (the scores of
// a softmax take no common shift).
std::vector<BlockError> rounding_errors(const Parameters<float>& a, const Parameters<double>& b,
                                        const Parameters<double>& terms);

// The bound of rounding errors of a gradient: float_bound, and with layer normalization, which divides by a
// deviation that may be small, at least 32 times what half a rounding of every parameter does to the gradient
// in double.
double gradient_bound(const Settings& model, const Network<double>& network, const Parameters<double>& parameters,
                      const Batch& batch, const Parameters<double>& gradient, const Parameters<double>& terms);

// Gates that do not saturate (gate-activation = relu) may multiply a state at every step: within a dozen
// steps its numbers overflow, and units may be dead. Such a model is tested on a few steps.
bool saturates(const Settings& model);

// FNV-1a over the bytes of the numbers.
std::uint64_t hash_of(const std::vector<float>& values);
std::uint64_t hash_of(const Parameters<float>& parameters);

}  // namespace rnnbench::test
