#include "analysis/statistics/paired.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "analysis/statistics/subset_sums.h"
#include "core/stream.h"

namespace rnnbench::analysis {

namespace {

constexpr int max_all_means = 20;  // beyond it, 2^n means are too many to store
constexpr int random_patterns = 100000;

// A bound for the rounding error of sums of the differences minus the boundary: sums that are equal in exact arithmetic
// must count as equal. An infinite boundary needs none.
double rounding(const Values& differences, double boundary) {
  double scale = 0;
  for (const double d : differences) scale += std::abs(d) + (std::isfinite(boundary) ? std::abs(boundary) : 0);
  return 1e-12 * scale;
}

// Seeds of the random patterns. Changing them would change published p-values and intervals.
constexpr std::uint64_t sign_flip_seed = 2;
constexpr std::uint64_t subset_seed = 3;

// Numbers of set bits below 2^10: two look-ups are faster than counting, where the processor has no instruction for it.
std::array<std::uint8_t, 1024> bit_counts() {
  std::array<std::uint8_t, 1024> counts{};
  for (std::size_t i = 1; i < counts.size(); ++i) counts[i] = counts[i / 2] + i % 2;
  return counts;
}

// A subset is what a pattern of signs flips: the sum of the differences minus c stays as large as it was, or grows,
// exactly when the sum of the flipped ones is at most 0, that is, when the mean of the flipped differences is at most
// c. So tests and interval count the same subsets.
Values subset_means(const Values& differences) {
  const int n = static_cast<int>(differences.size());
  if (n <= max_all_means) {
    static const auto counts = bit_counts();
    Values means(1u << n);  // sums first, each from that of the subset without its first member
    for (std::uint32_t members = 1; members < means.size(); ++members)
      means[members] = means[members & (members - 1)] + differences[std::countr_zero(members)];
    for (std::uint32_t members = 1; members < means.size(); ++members)
      means[members] /= counts[members & 1023] + counts[members >> 10];
    means.front() = means.back();  // the empty subset has no mean
    means.pop_back();
    return means;
  }
  Values means(random_patterns);
  for (int pattern = 0; pattern < random_patterns; ++pattern) {
    Stream stream(subset_seed, Purpose::bootstrap, pattern, 0);
    int size = 0;
    double sum = 0;
    while (size == 0) {
      std::uint32_t bits = 0;
      for (int i = 0; i < n; ++i, bits >>= 1) {
        if (i % 32 == 0) bits = stream.next();
        const int member = bits & 1;
        size += member;
        sum += member * differences[i];  // a branch would be mispredicted half the time
      }
    }
    means[pattern] = sum / size;
  }
  return means;
}

}  // namespace

double sign_flip_test(const Values& differences) {
  const int n = static_cast<int>(differences.size());
  const double sum = std::accumulate(differences.begin(), differences.end(), 0.0);
  if (n <= max_exact_pairs) {  // what is as far away on the other side is the mirror image, and as frequent
    SubsetMeans means(differences);
    return std::min(1.0, 2 * (sum > 0 ? means.p_above(0) : means.p_below(0)));
  }
  const double threshold = std::abs(sum) - rounding(differences, 0);
  int extreme = 0;
  for (int pattern = 0; pattern < random_patterns; ++pattern) {
    Stream stream(sign_flip_seed, Purpose::bootstrap, pattern, 0);
    double flipped = 0;
    for (const double d : differences) flipped += stream.next() >> 31 ? -d : d;
    extreme += std::abs(flipped) >= threshold;
  }
  return (extreme + 1.0) / (random_patterns + 1.0);
}

double smallest_p(int n) { return n <= max_exact_pairs ? std::ldexp(1.0, 1 - n) : 1 / (random_patterns + 1.0); }

SubsetMeans::SubsetMeans(const Values& differences) : differences_(differences) {}

Values& SubsetMeans::means() {
  if (means_.empty()) means_ = subset_means(differences_);
  return means_;
}

double SubsetMeans::p_above(double boundary) {
  const auto n = static_cast<double>(differences_.size());
  if (n <= max_exact_pairs) {
    Values shifted = differences_;
    for (double& d : shifted) d -= boundary;
    return share_of_subset_sums(shifted, rounding(differences_, boundary));
  }
  const double threshold = boundary + rounding(differences_, boundary) / n;
  const auto extreme = std::count_if(means().begin(), means().end(), [&](double mean) { return mean <= threshold; });
  // The differences as they are, nothing flipped, are the one pattern that is no subset.
  return (static_cast<double>(extreme) + 1) / (random_patterns + 1.0);
}

double SubsetMeans::p_below(double boundary) {
  Values opposite = differences_;
  for (double& d : opposite) d = -d;
  return SubsetMeans(opposite).p_above(-boundary);  // the same patterns: the random ones do not depend on the values
}

Interval SubsetMeans::interval(double level) {
  // Each of the gaps between the ordered means holds the center with the same probability. (The addend: 1 -
  // level rounds.)
  Values& all = means();
  const double gaps = static_cast<double>(all.size()) + 1;
  const auto cut = static_cast<std::ptrdiff_t>((1 - level) / 2 * gaps + 1e-6);
  if (cut == 0) return {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  const auto low = all.begin() + (cut - 1), high = all.end() - cut;
  std::nth_element(all.begin(), low, all.end());
  const double min = *low;
  std::nth_element(low, high, all.end());  // all before `low` are less or equal
  return {min, *high};
}

double sign_flip_greater(const Values& differences) { return SubsetMeans(differences).p_above(0); }

Interval mean_interval(const Values& differences, double level) { return SubsetMeans(differences).interval(level); }

double equivalence_test(const Values& differences, double margin) {
  SubsetMeans means(differences);
  return std::max(means.p_above(-margin), means.p_below(margin));
}

Values slopes(const Values& x, const std::vector<Values>& rows) {
  const double center = mean(x);
  double squares = 0;
  for (double value : x) squares += (value - center) * (value - center);
  Values result;
  for (const Values& row : rows) {
    double products = 0;  // x is centered, so the mean of the row cancels
    for (std::size_t i = 0; i < x.size(); ++i) products += (x[i] - center) * row[i];
    result.push_back(products / squares);
  }
  return result;
}

}  // namespace rnnbench::analysis
