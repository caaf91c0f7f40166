// Cycle navigation: where one stands on a cycle of five places after some moves.
//
//   move    + + 0 - - - _        from place 0 over 1 2 2 1 0 to 4      _ = compute token
//   target  . . . . . . 4        . = not asked
#include <algorithm>

#include "core/math.h"
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

constexpr int places = 5;
constexpr double turn = 2 * 3.14159265358979323846 / places;  // radians

class CycleNavigation final : public StringTask {
 public:
  static constexpr StringForm form{"cycle-navigation", 3, places, {1, 0}, {0, 1}};
  explicit CycleNavigation(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.shown = draw_symbols(stream, length, 3);  // 0 = a step back, 1 = stay, 2 = a step on
    int place = 0;
    for (const int move : example.shown) place = (place + move + places - 1) % places;
    example.answers = {place};
  }

  // The walk's place after `length` moves, by its Fourier coefficients: a move multiplies that of frequency m by
  // (1 + 2 cos(turn m)) / 3, and those of m and places - m are the same.
  std::vector<double> probabilities(int length) const override {
    std::vector<double> of(places, 1);
    for (int m = 1; m <= places / 2; ++m) {
      const double move = (1 + 2 * math::cos(turn * m)) / 3;
      double coefficient = 1;
      for (int t = 0; t < length && coefficient != 0; ++t) coefficient *= move;
      for (int k = 0; k < places; ++k) of[k] += 2 * coefficient * math::cos(turn * m * k);
    }
    for (double& p : of) p = std::max(p / places, 0.0);  // what cannot be is 0 up to rounding
    return of;
  }
};

}  // namespace

TaskEntry cycle_navigation_task() {
  return string_entry<CycleNavigation>(
      "follow moves around a cycle of five places",
      "Shown: moves, a step back, stay or a step on, drawn evenly, as many as a length uniform in shortest .. length. "
      "Asked, at one compute token after them: the place reached from place 0 on a cycle of five (Deletang et al. "
      "2023). The memoryless predictor knows the position of the compute token, and so the number of moves: the mean "
      "over the lengths n of the entropy of the walk, p(k) = (1 + 2 sum over m = 1, 2 of ((1 + 2 cos(2 pi m / 5)) / "
      "3)^n cos(2 pi m k / 5)) / 5; ln 5 for long ones.",
      "moves; time steps: length + 1");
}

}  // namespace rnnbench::tasks
