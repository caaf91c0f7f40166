// Modular arithmetic without brackets: the value of an expression modulo 5.
//
//   input   1 + 2 * 3 _          1 + 6 = 2 modulo 5       _ = compute token
//   target  . . . . . 2          . = no target
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

constexpr int modulus = 5;
enum Operator { plus = modulus, minus, times };  // symbols; those of the numbers come before

class ModularArithmetic final : public StringTask {
 public:
  static constexpr StringForm form{.name = "modular-arithmetic",
                                   .symbols = modulus + 3,
                                   .classes = modulus,
                                   .string = {.per_length = 2, .constant = -1},
                                   .answer = {.constant = 1}};
  explicit ModularArithmetic(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    int value = 0,
        term = static_cast<int>(stream.below(modulus));  // sum of the finished terms; the current term with its sign
    example.string.push_back(term);
    for (int i = 1; i < length; ++i) {
      const int sign = plus + static_cast<int>(stream.below(3)), number = static_cast<int>(stream.below(modulus));
      example.string.push_back(sign);
      example.string.push_back(number);
      if (sign == times) {
        term = term * number % modulus;
      } else {
        value = (value + term) % modulus;
        term = sign == plus ? number : (modulus - number) % modulus;
      }
    }
    example.answers = {(value + term) % modulus};
  }

  // A product of j uniform numbers is 0 with probability 1 - (4/5)^j, and otherwise uniform over the other four. So all
  // its Fourier coefficients (other than the mean) are 1 - 5/4 (4/5)^j, whatever its sign. A coefficient of the value
  // is the product of the coefficients of its terms. Its mean over the operators (* with probability 1/3) is
  // accumulated from left to right.
  std::vector<double> probabilities(int length) const override {
    constexpr double zero_free = 4.0 / 5;
    // Means of the coefficient of the finished terms, alone and times (4/5)^j, where j counts the factors of the
    // current term.
    double finished_mean = 1, weighted_mean = zero_free;
    for (int i = 1; i < length; ++i) {
      const double with_term = finished_mean - weighted_mean / zero_free;
      finished_mean = (finished_mean + 2 * with_term) / 3;
      weighted_mean = zero_free * (weighted_mean + 2 * with_term) / 3;
    }
    const double coefficient = finished_mean - weighted_mean / zero_free;
    std::vector<double> distribution(modulus, (1 - coefficient) / modulus);
    distribution[0] += coefficient;
    return distribution;
  }
};

}  // namespace

TaskEntry modular_arithmetic_task() {
  return string_entry<ModularArithmetic>("evaluate an expression of + - * modulo 5",
                                         R"(
      Input: numbers 0 .. 4 with one of + - * between neighbors, all uniformly random, then one compute token.

      Target: at the compute token, the value of the expression modulo 5, where * binds more tightly than + and -.

      Lengths: the number of numbers is uniform in shortest .. length; the string has 2 length - 1 symbols.

      Baseline: the predictor knows the position of the compute token, and so the number of numbers. Because of the
      products, 0 is slightly more probable than the other values. The baseline is the mean entropy of the value,
      close to ln 5 for long expressions.

      Source: Deletang et al. 2023, the simple version without brackets. They count symbols instead of numbers.)",
                                         "numbers; time steps: 2 length");
}

}  // namespace rnnbench::tasks
