// Binary addition: the sum of two binary numbers, least significant bit first.
//
//   input   0 0 1 + 0 1 1 _ _ _ _ _ _ _ _        4 + 6 = 10        _ = compute token
//   target  . . . . . . . 0 1 0 1 # 0 0 0        # = end; the zeros after it count only in the loss
#include <algorithm>
#include <cmath>

#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

constexpr int plus = 2;  // symbol
constexpr int end = 2;   // class

double power_of_two(int exponent) { return std::ldexp(1.0, exponent); }

// The distribution of the sum of two independent numbers, uniform in 1 .. 2^a - 1 and in 1 .. 2^b - 1.
class TwoNumbers {
 public:
  TwoNumbers(int a, int b)
      : narrow_(std::min(a, b)), wide_(std::max(a, b)), no_zero_((1 - power_of_two(-a)) * (1 - power_of_two(-b))) {}

  // The probability that bit j of the sum is 1. If the numbers could be 0, it would be 1/2 for the bits of the wider
  // number, and that of a carry for the bit after them. From this, the pairs with a 0 are subtracted.
  double one(int j) const {
    if (j > wide_) return 0;
    if (j == wide_) return power_of_two(narrow_ - wide_ - 1) * (1 - power_of_two(-narrow_)) / no_zero_;
    return (1 - power_of_two(-wide_) * (j < narrow_) - power_of_two(-narrow_)) / 2 / no_zero_;
  }

  // The probability that the sum is below 2^j. There are (2^j - 1)(2^j - 2) / 2 such pairs, or
  // (2^narrow - 1)(2^j - 1 - 2^narrow / 2) where the narrow number is always below 2^j.
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
  static constexpr StringForm form{.name = "binary-addition",
                                   .symbols = 3,
                                   .classes = 3,
                                   .string = {.per_length = 1},
                                   .answer = {.per_length = 1, .constant = 1},
                                   .min_length = 3};
  explicit BinaryAddition(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    const int width = 1 + static_cast<int>(stream.below(length - 2));
    const std::vector<int> a = draw_number(stream, width), b = draw_number(stream, length - 1 - width);
    example.string = a;
    example.string.push_back(plus);
    example.string.insert(example.string.end(), b.begin(), b.end());
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

  // A number uniform in 1 .. 2^width - 1, least significant bit first.
  static std::vector<int> draw_number(Stream& stream, int width) {
    for (;;) {
      std::vector<int> bits = draw_symbols(stream, width, 2);
      if (std::count(bits.begin(), bits.end(), 1) > 0) return bits;
    }
  }

  int scored_answers(const std::vector<int>& answers) const override {
    return static_cast<int>(std::find(answers.begin(), answers.end(), end) - answers.begin()) + 1;
  }

  // The mean over the widths of both numbers.
  std::vector<double> probabilities(int length) const override {
    std::vector<double> classes(static_cast<std::size_t>(length + 1) * form.classes);
    for (int width = 1; width <= length - 2; ++width) {
      const TwoNumbers sum(width, length - 1 - width);
      for (int j = 0; j <= length; ++j) {
        const double one = sum.one(j), ends = j > 0 ? sum.less(j) - sum.less(j - 1) : 0;
        double* at = &classes[static_cast<std::size_t>(j) * form.classes];
        at[0] += std::max(1 - one - ends, 0.0) / (length - 2);
        at[1] += one / (length - 2);
        at[end] += ends / (length - 2);
      }
    }
    return classes;
  }
};

}  // namespace

TaskEntry binary_addition_task() {
  return string_entry<BinaryAddition>("add two binary numbers",
                                      R"(
      Input: two binary numbers with a + between them, then compute tokens. Numbers are written from the least to the
      most significant bit. Of the `length` - 1 bits, 1 .. length - 2 (uniform) belong to the first number. Each
      number is uniform over the values other than 0 and may end in zeros.

      Target: at length + 1 compute tokens, the sum without zeros at its end, then an end symbol, then zeros. All of
      them count in the loss; accuracy and sequences count the symbols up to the end symbol.

      Lengths: the number of symbols, including the +, is uniform in shortest .. length.

      Baseline: the predictor knows the position of a compute token. The baseline is the entropy of bit, end or zero
      at each position, averaged over the widths of the numbers and over the lengths that have an answer there.

      Source: Deletang et al. 2023.)",
                                      "symbols of both numbers and the +; time steps: 2 length + 1");
}

}  // namespace rnnbench::tasks
