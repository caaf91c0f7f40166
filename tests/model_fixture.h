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
#include "models/gradient_check.h"
#include "models/network.h"

namespace rnnbench::test {

using Values = std::map<std::string, std::string>;

// The defaults of the model with these values; `cell` is among them.
Settings model_settings(const Values& values);

// A line for a failing test: the values that are not the defaults.
std::string describe_model(const Settings& model);

// Every cell of the table with every value of its own choices (activation = tanh, relu), so that a new line
// of the table is tested without anyone remembering.
std::vector<Values> cell_variants();

// Every cell variant x attention x layers 1 and 2 x initial state, `hidden` as given.
std::vector<Settings> all_models(int hidden);

// One-hot or real inputs x both losses.
std::vector<Signature> all_signatures(int inputs, int outputs);
std::string describe_signature(const Signature& signature);

// Random inputs, targets and weights. Some steps have weight 0, and every sequence but the first ends early:
// in zeros of weight 0, as tasks with unequal lengths make them.
Batch uneven_batch(const Signature& signature, int steps, int size, std::uint64_t seed);

// Sequences [first, first + count) of a batch, alone.
Batch sequences_of(const Batch& batch, const Signature& signature, int first, int count = 1);

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

// While it lives, this thread computes as the program does: denormal numbers count as 0.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;

 private:
  unsigned before_ = 0;
};

// FNV-1a over the bytes of the numbers.
std::uint64_t hash_of(const std::vector<float>& values);
std::uint64_t hash_of(const Parameters<float>& parameters);

}  // namespace rnnbench::test
