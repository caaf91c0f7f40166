// Random numbers as a pure function of seed, purpose, step and sample (Philox4x32-10 of Salmon et al. 2011, from
// Random123).
#pragma once

#include <array>
#include <cstdint>

#include "core/namespaces.h"

namespace rnnbench::core {

// Philox4x32 with ten rounds. The key is split into its low and its high word.
std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter, std::uint64_t key);

// What a stream is used for. Streams of different purposes never overlap. Changing a value would change results.
enum class Purpose : std::uint32_t {
  training = 1,    // training data of update `step`
  validation = 2,  // data that decides when a run stops and whether it solved the task
  test = 3,        // data of the reported scores
  initial = 4,     // initial parameters
  bootstrap = 5,   // resampling in the analysis
  speed = 6,       // data of `rnnbench speed` and `dump`
  dropout = 7,     // dropout masks of update `step`
  choice = 8,      // the sequences of a finite training set that update `step` uses
  tuning = 9,      // scrambling of the points of a search for settings
  map = 10,        // data that an option of a task fixes for all runs, such as a random map
};

// One stream: key = 64-bit seed, counter = (block, sample, step, purpose), with 2^32 blocks of four 32-bit words.
// The counter does not contain the model, so with the same task, options and seed every model sees the same batches.
class Stream {
 public:
  Stream(std::uint64_t seed, Purpose purpose, std::uint32_t step, std::uint32_t sample);

  std::uint32_t next();                  // 32 uniform bits
  void skip(std::uint64_t count);        // as so many calls of next(), in constant time
  float uniform();                       // [0, 1), 24 bits, exact in float and double
  float uniform(float low, float high);  // low + (high - low) * uniform(), in float
  std::uint32_t below(std::uint32_t n);  // 0 .. n-1 by 64-bit multiply-shift (bias below n / 2^32); n > 0
  double normal();                       // mean 0, variance 1

 private:
  std::uint64_t seed_;
  std::uint32_t purpose_, step_, sample_, block_ = 0;
  std::array<std::uint32_t, 4> words_{};
  int used_ = 4;
};

// The streams of one batch. Sequence i of the batch is generated from stream(i) alone.
struct StreamSource {
  std::uint64_t seed = 0;
  Purpose purpose = Purpose::training;
  std::uint32_t step = 0;
  std::uint32_t first = 0;  // sample number of sequence 0, since an evaluation set is drawn in several batches
  // Size of a finite training set, from which every sequence is drawn with replacement; 0: every sequence is new.
  std::uint32_t set = 0;
  Stream stream(std::uint32_t sample) const {
    if (set == 0) return {seed, purpose, step, first + sample};
    return {seed, purpose, 0, Stream(seed, Purpose::choice, step, first + sample).below(set)};
  }
};

}  // namespace rnnbench::core
