// The entry points of libFuzzer for the target RNNBENCH_FUZZ_TARGET.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

#include "tests/fuzz/check.h"

namespace rnnbench::fuzz {
void RNNBENCH_FUZZ_TARGET(const std::string& input);
}

extern "C" {

std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  rnnbench::fuzz::check(rnnbench::fuzz::RNNBENCH_FUZZ_TARGET, "this input",
                        std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}

// Once in a thousand times, a piece of the input is repeated until the input is as large as it may be: what takes time
// or memory of a higher order than the size of the input only shows in large ones, which the mutations of libFuzzer
// hardly reach.
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned int seed) {
  std::minstd_rand random(seed);
  if (size == 0 || random() % 1000 != 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::size_t begin = random() % size, length = 1 + random() % std::min<std::size_t>(size - begin, 64);
  const std::string whole(reinterpret_cast<const char*>(data), size), piece = whole.substr(begin, length);
  std::string large = whole.substr(0, begin);
  while (large.size() + piece.size() + (size - begin) <= max_size) large += piece;
  large += whole.substr(begin);
  std::copy(large.begin(), large.end(), data);
  return large.size();
}

}  // extern "C"
