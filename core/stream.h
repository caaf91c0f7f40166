// Random numbers as a pure function of an address (Philox4x32-10, Salmon et al. 2011, from Random123).
#pragma once

#include <array>
#include <cstdint>

#include "core/namespaces.h"

namespace rnnbench::core {

// The generator itself: ten rounds of Philox4x32; key = low word, high word.
std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter, std::uint64_t key);

// What a stream is for; part of the address, so that streams never overlap. The values are part of the numerics.
enum class Purpose : std::uint32_t {
  training = 1,    // data of update `step`
  validation = 2,  // data for choosing (early stop, solved)
  test = 3,        // data for reporting
  initial = 4,     // initial parameters
  bootstrap = 5,   // resampling in the analysis
  speed = 6,       // data of `rnnbench speed` and `dump`
  dropout = 7,     // which numbers update `step` drops
  choice = 8,      // which sequences of a finite training set update `step` sees
  tuning = 9,      // the random trials of a search for settings
  map = 10,        // what an option of a task fixes for all runs: a random map
};

// One stream: key = 64-bit seed, counter = (block, sample, step, purpose); 2^32 blocks of four 32-bit words each.
// The model is not part of the address of data: for the same task, options and seed every model sees the same batches.
class Stream {
 public:
  Stream(std::uint64_t seed, Purpose purpose, std::uint32_t step, std::uint32_t sample);

  std::uint32_t next();                  // 32 uniform bits
  float uniform();                       // [0, 1), 24 bits, exact in float and double
  float uniform(float low, float high);  // low + (high - low) * uniform(), in float
  std::uint32_t below(std::uint32_t n);  // 0 .. n-1 by 64-bit multiply-shift (bias below n / 2^32); n > 0
  double normal();                       // mean 0, variance 1, without the C library's logarithm

 private:
  std::uint64_t seed_;
  std::uint32_t purpose_, step_, sample_, block_ = 0;
  std::array<std::uint32_t, 4> words_{};
  int used_ = 4;
};

// The streams of one batch: sequence i of the batch is made from stream(i) alone.
struct StreamSource {
  std::uint64_t seed = 0;
  Purpose purpose = Purpose::training;
  std::uint32_t step = 0;
  std::uint32_t first = 0;  // sample number of sequence 0: an evaluation set is drawn in several batches
  // When not 0, every sequence is drawn, with replacement, from the `set` sequences at step 0: a finite training set.
  std::uint32_t set = 0;
  Stream stream(std::uint32_t sample) const {
    if (set == 0) return {seed, purpose, step, first + sample};
    return {seed, purpose, 0, Stream(seed, Purpose::choice, step, first + sample).below(set)};
  }
};

}  // namespace rnnbench::core
