// Binary addition: the sum of two binary numbers, the bit of least value first (little-endian).
//
//   input   0 0 1 + 0 1 1 _ _ _ _ _ _ _ _        4 + 6 = 10        _ = compute token
//   target  . . . . . . . 0 1 0 1 # 0 0 0        # = end; the zeros after it count in the loss, not in the accuracy
#include <algorithm>
#include <cmath>

#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

constexpr int plus = 2, end = 2;  // a symbol, a class

double power_of_two(int exponent) { return std::ldexp(1.0, exponent); }

// Two independent numbers, uniform in 1 .. 2^a - 1 and in 1 .. 2^b - 1.
class TwoNumbers {
 public:
  TwoNumbers(int a, int b)
      : narrow_(std::min(a, b)), wide_(std::max(a, b)), no_zero_((1 - power_of_two(-a)) * (1 - power_of_two(-b))) {}

  // That bit j of the sum is 1. Were the numbers allowed to be 0, it would be even up to the bits of the wider one, and
  // then the carry; the pairs with a 0 are taken off, which have a 1 there in half the cases, or never.
  double one(int j) const {
    if (j > wide_) return 0;
    if (j == wide_) return power_of_two(narrow_ - wide_ - 1) * (1 - power_of_two(-narrow_)) / no_zero_;
    return (1 - power_of_two(-wide_) * (j < narrow_) - power_of_two(-narrow_)) / 2 / no_zero_;
  }

  // That the sum is less than 2^j: (2^j - 1)(2^j - 2) / 2 pairs, or (2^narrow - 1)(2^j - 1 - 2^narrow / 2) where the
  // narrow number is always less.
  double less(int j) const {
    if (j > wide_) return 1;
    const double unit = power_of_two(-j);
    if (j <= narrow_) return power_of_two(2 * j - narrow_ - wide_ - 1) * (1 - unit) * (1 - 2 * unit) / no_zero_;
    return power_of_two(j - wide_) * (1 - unit - power_of_two(narrow_ - 1 - j)) / (1 - power_of_two(-wide_));
  }

 private:
  int narrow_, wide_;
  double no_zero_;
};

class BinaryAddition final : public StringTask {
 public:
  static constexpr StringForm form{"binary-addition", 3, 3, {1, 0}, {1, 1}, 3};
  explicit BinaryAddition(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    const int width = 1 + static_cast<int>(stream.below(length - 2));
    const std::vector<int> a = draw_number(stream, width), b = draw_number(stream, length - 1 - width);
    example.shown = a;
    example.shown.push_back(plus);
    example.shown.insert(example.shown.end(), b.begin(), b.end());
    std::vector<int>& sum = example.answers;
    int carry = 0;
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      carry += (i < a.size() ? a[i] : 0) + (i < b.size() ? b[i] : 0);
      sum.push_back(carry % 2);
      carry /= 2;
    }
    sum.push_back(carry);
    while (sum.back() == 0) sum.pop_back();
    sum.push_back(end);
    sum.resize(length + 1, 0);
  }

  // Uniform in 1 .. 2^width - 1, from the bit of least value on.
  static std::vector<int> draw_number(Stream& stream, int width) {
    for (;;) {
      std::vector<int> bits = draw_symbols(stream, width, 2);
      if (std::count(bits.begin(), bits.end(), 1) > 0) return bits;
    }
  }

  int judged(const std::vector<int>& answers) const override {
    return static_cast<int>(std::find(answers.begin(), answers.end(), end) - answers.begin()) + 1;
  }

  // The mean over the widths of the numbers.
  std::vector<double> probabilities(int length) const override {
    std::vector<double> of(static_cast<std::size_t>(length + 1) * form.classes);
    for (int width = 1; width <= length - 2; ++width) {
      const TwoNumbers sum(width, length - 1 - width);
      for (int j = 0; j <= length; ++j) {
        const double one = sum.one(j), ends = j > 0 ? sum.less(j) - sum.less(j - 1) : 0;
        double* at = &of[static_cast<std::size_t>(j) * form.classes];
        at[0] += std::max(1 - one - ends, 0.0) / (length - 2);
        at[1] += one / (length - 2);
        at[end] += ends / (length - 2);
      }
    }
    return of;
  }
};

}  // namespace

TaskEntry binary_addition_task() {
  return string_entry<BinaryAddition>(
      "add two binary numbers",
      "Shown: two binary numbers with a + between them, `length` symbols in all, uniform in shortest .. length. The "
      "width of the first number is uniform in 1 .. length - 2, each number is uniform among those of its width that "
      "are not 0, and is written from its bit of least value on (little-endian), with zeros at its end. Asked, at "
      "length + 1 compute tokens: the sum, written so too but without zeros at its end, then an end symbol, then "
      "zeros; the loss is the mean over all of these, accuracy and sequences count up to the end symbol (Deletang et "
      "al. 2023). The memoryless predictor knows the position of a compute token: the entropy of bit, end or zero, "
      "from the distribution of the sum (counts of pairs with a sum below 2^j), mixed over the widths of the numbers "
      "and over the lengths that ask for an answer at that position.",
      "the two numbers and the +; time steps: 2 length + 1");
}

}  // namespace rnnbench::tasks
