#include "core/stream.h"

#include <cmath>

#include <Random123/philox.h>

#include "core/math.h"

namespace rnnbench::core {

std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter, std::uint64_t key) {
  const philox4x32_ctr_t in{{counter[0], counter[1], counter[2], counter[3]}};
  const philox4x32_key_t words{{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}};
  const philox4x32_ctr_t out = philox4x32(in, words);  // ten rounds
  return {out.v[0], out.v[1], out.v[2], out.v[3]};
}

Stream::Stream(std::uint64_t seed, Purpose purpose, std::uint32_t step, std::uint32_t sample)
    : seed_(seed), purpose_(static_cast<std::uint32_t>(purpose)), step_(step), sample_(sample) {}

std::uint32_t Stream::next() {
  if (used_ == 4) {
    words_ = philox({block_++, sample_, step_, purpose_}, seed_);
    used_ = 0;
  }
  return words_[used_++];
}

void Stream::skip(std::uint64_t count) {
  const std::uint64_t left = words_.size() - used_;  // of the current block
  if (count <= left) {
    used_ += static_cast<int>(count);
    return;
  }
  count -= left;
  used_ = 4;
  block_ += static_cast<std::uint32_t>(count / words_.size());
  for (std::uint64_t i = 0; i < count % words_.size(); ++i) next();
}

float Stream::uniform() { return static_cast<float>(next() >> 8) * 0x1p-24f; }

float Stream::uniform(float low, float high) { return low + (high - low) * uniform(); }

std::uint32_t Stream::below(std::uint32_t n) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(next()) * n) >> 32);
}

double Stream::normal() {
  // Marsaglia's polar method. The second number of each pair is dropped, so that a stream has no state other than its
  // position.
  for (;;) {
    const double u = (next() + 0.5) * 0x1p-31 - 1, v = (next() + 0.5) * 0x1p-31 - 1;
    const double s = u * u + v * v;
    if (s < 1) return u * std::sqrt(-2 * math::log(s) / s);
  }
}

}  // namespace rnnbench::core
