// Cycle navigation: the position on a cycle of five places after a sequence of moves.
//
//   move    + + 0 - - - _        from place 0 over 1 2 2 1 0 to 4      _ = compute token
//   target  . . . . . . 4        . = no target
#include <algorithm>

#include "core/math.h"
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

constexpr int places = 5;
constexpr double turn = 2 * 3.14159265358979323846 / places;  // radians

class CycleNavigation final : public StringTask {
 public:
  static constexpr StringForm form{.name = "cycle-navigation",
                                   .symbols = 3,
                                   .classes = places,
                                   .string = {.per_length = 1},
                                   .answer = {.constant = 1}};
  explicit CycleNavigation(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.string = draw_symbols(stream, length, 3);  // 0 = back, 1 = stay, 2 = forward
    int place = 0;
    for (const int move : example.string) place = (place + move + places - 1) % places;
    example.answers = {place};
  }

  // The distribution of the place after `length` moves, from its Fourier coefficients: a move multiplies the
  // coefficient of frequency m by (1 + 2 cos(turn m)) / 3, and the coefficients of m and places - m are equal.
  std::vector<double> probabilities(int length) const override {
    std::vector<double> distribution(places, 1);
    for (int m = 1; m <= places / 2; ++m) {
      const double move = (1 + 2 * math::cos(turn * m)) / 3;
      double coefficient = 1;
      for (int t = 0; t < length && coefficient != 0; ++t) coefficient *= move;
      for (int k = 0; k < places; ++k) distribution[k] += 2 * coefficient * math::cos(turn * m * k);
    }
    for (double& p : distribution) p = std::max(p / places, 0.0);  // rounding may make an impossible place negative
    return distribution;
  }
};

}  // namespace

TaskEntry cycle_navigation_task() {
  return string_entry<CycleNavigation>("track the position on a cycle of five places",
                                       R"(
      Input: moves (one step back, stay, one step forward), each equally probable, then one compute token.

      Target: at the compute token, the place that the moves lead to on a cycle of five, from place 0.

      Lengths: the number of moves is uniform in shortest .. length.

      Baseline: the predictor knows the position of the compute token, and so the number of moves n. Place k has
      probability p(k) = (1 + 2 sum over m = 1, 2 of ((1 + 2 cos(2 pi m / 5)) / 3)^n cos(2 pi m k / 5)) / 5. The
      baseline is the mean over n of the entropy of p, close to ln 5 for long sequences.

      Source: Deletang et al. 2023.)",
                                       "moves; time steps: length + 1");
}

}  // namespace rnnbench::tasks
