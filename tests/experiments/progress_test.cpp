#include "experiments/running/progress.h"

#include <catch2/catch.hpp>

#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

TEST_CASE("the time remaining follows from the measured speed", "[progress]") {
  Experiment experiment = small_experiment(2, 100);  // lstm 1, lstm 2, gru 1, gru 2
  Schedule schedule(experiment.runs, 3, 2);
  CHECK_FALSE(schedule.seconds_left());
  CHECK(schedule.line() == "3/7 runs");
  schedule.begin(0, 100);
  schedule.advance(0, 1, 0.5, 100.1);
  CHECK_FALSE(schedule.seconds_left());  // too early to say
  schedule.advance(0, 50, 0.25, 105);    // 10 updates a second
  REQUIRE(schedule.seconds_left());
  CHECK(*schedule.seconds_left() == Approx((50 + 300) / 10.0 / 2));
  CHECK(schedule.line() == "3/7 runs | 18 s left | adding lstm seed 1: 50 %, loss 0.25");
  schedule.begin(2, 105);
  schedule.advance(2, 51, 0.1, 107);               // continued from 50, ...
  schedule.advance(2, 55, 0.1, 110);               // 1 update a second
  CHECK(*schedule.seconds_left() == Approx(100));  // gru 2 alone; all together need (5 + 10 + 45 + 100) / 2
  schedule.end(0, 115);                            // with its final evaluation 15 s for 50 updates
  schedule.advance(2, 90, 0.1, 110);               // 8 updates a second
  CHECK(*schedule.seconds_left() == Approx(30));   // lstm 2 alone; all together (30 + 10 / 8.0 + 100 / 8.0) / 2
  CHECK_FALSE(schedule.may_end_early());
  for (RunSpec& run : experiment.runs) run.training.set("stop", "solved");
  CHECK(Schedule(experiment.runs, 0, 2).may_end_early());

  CHECK(duration_text(0.2) == "1 s");
  CHECK(duration_text(700) == "12 min");
  CHECK(duration_text(3 * 3600 + 61) == "3 h 2 min");
}
