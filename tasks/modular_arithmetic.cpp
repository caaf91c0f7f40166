// Modular arithmetic without brackets: the value of an expression modulo 5.
//
//   input   1 + 2 * 3 _          1 + 6 = 2 modulo 5       _ = compute token
//   target  . . . . . 2          . = not asked
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

constexpr int modulus = 5;
enum Operator { plus = modulus, minus, times };  // the symbols after those of the numbers

class ModularArithmetic final : public StringTask {
 public:
  static constexpr StringForm form{"modular-arithmetic", modulus + 3, modulus, {2, -1}, {0, 1}};
  explicit ModularArithmetic(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    int value = 0, term = static_cast<int>(stream.below(modulus));  // of the finished terms; the current one, signed
    example.shown.push_back(term);
    for (int i = 1; i < length; ++i) {
      const int sign = plus + static_cast<int>(stream.below(3)), number = static_cast<int>(stream.below(modulus));
      example.shown.push_back(sign);
      example.shown.push_back(number);
      if (sign == times) {
        term = term * number % modulus;
      } else {
        value = (value + term) % modulus;
        term = sign == plus ? number : (modulus - number) % modulus;
      }
    }
    example.answers = {(value + term) % modulus};
  }

  // A product of j even numbers is 0 with probability 1 - (4/5)^j and even among the others, so that each of its
  // Fourier coefficients is 1 - 5/4 (4/5)^j, whatever its sign. A coefficient of the value is the product of those of
  // the terms; its mean over the operators (times with probability 1/3) comes from left to right:
  std::vector<double> probabilities(int length) const override {
    constexpr double zero_free = 4.0 / 5;
    double one = 1, free = zero_free;  // means of the coefficient of the finished terms, and of it times (4/5)^j
    for (int i = 1; i < length; ++i) {
      const double finished = one - free / zero_free;
      one = (one + 2 * finished) / 3;
      free = zero_free * (free + 2 * finished) / 3;
    }
    const double coefficient = one - free / zero_free;
    std::vector<double> of(modulus, (1 - coefficient) / modulus);
    of[0] += coefficient;
    return of;
  }
};

}  // namespace

TaskEntry modular_arithmetic_task() {
  return string_entry<ModularArithmetic>(
      "evaluate an expression of + - * modulo 5",
      "Shown: numbers 0 .. 4 with + - * between them, all drawn evenly; as many numbers as a length uniform in "
      "shortest .. length, so that 2 length - 1 symbols are shown (Deletang et al. 2023 count symbols, and make even "
      "counts odd). Asked, at one compute token after them: the value modulo 5, products first; the simple version of "
      "2023, which has no brackets. The memoryless predictor knows the position of the compute token, and so the "
      "number of numbers: 0 is a little more probable than the others because of the products, ln 5 for long "
      "expressions.",
      "numbers; time steps: 2 length");
}

}  // namespace rnnbench::tasks
