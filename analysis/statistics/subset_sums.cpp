#include "analysis/statistics/subset_sums.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace rnnbench::analysis {

namespace {

// Each value doubles the list: the sums without it are merged with the sums with it, which are in the same order. The
// lists are equally long, so merging from both ends at once meets in the middle, and needs neither bounds nor branches.
Values sorted_sums(std::span<const double> values) {
  Values sums(std::size_t{1} << values.size()), merged(sums.size());
  std::size_t size = 1;
  for (const double value : values) {
    std::size_t low = 0, high = size;  // how many sums with the value are among the smallest; below which they remain
    for (std::size_t k = 0; k < size; ++k) {
      const double small = sums[k - low], small_with = sums[low] + value;
      merged[k] = std::min(small, small_with);
      low += small_with < small;
      const double large = sums[2 * size - 1 - k - high], large_with = sums[high - 1] + value;
      merged[2 * size - 1 - k] = std::max(large, large_with);
      high -= large_with >= large;
    }
    size *= 2;
    sums.swap(merged);
  }
  return sums;
}

}  // namespace

double share_of_subset_sums(const Values& values, double limit) {
  const auto half = static_cast<std::ptrdiff_t>(values.size() / 2);
  const Values left = sorted_sums({values.begin(), values.begin() + half});
  const Values right = sorted_sums({values.begin() + half, values.end()});
  std::uint64_t count = 0;
  auto end = right.end();  // of the sums that are small enough to be added to that of the left half
  for (const double sum : left) {
    while (end != right.begin() && sum + *(end - 1) > limit) --end;
    count += static_cast<std::uint64_t>(end - right.begin());
  }
  return std::ldexp(static_cast<double>(count), -static_cast<int>(values.size()));
}

}  // namespace rnnbench::analysis
