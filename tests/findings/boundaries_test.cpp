// The boundaries of a comparison, and how effects and boundaries are printed.
#include <catch2/catch.hpp>

#include "findings/verdict.h"
#include "tests/findings/finding_records.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;
using made_up::add;
using made_up::around;
using made_up::decided;
using made_up::pair_of_models;

TEST_CASE("the boundary is the claimed value shifted by the margin", "[verdict]") {
  const std::vector<Run> runs = pair_of_models(0.1, 10);
  const auto boundary = [&](const std::string& text, double margin) {
    return boundary_text(decided(text, margin, runs));
  };
  CHECK(boundary("lstm > gru", 0.05) == "> +0.05");
  CHECK(boundary("lstm > gru", 0) == "> 0");
  CHECK(boundary("lstm < gru", 75) == "< -75");
  CHECK(boundary("lstm >= gru", 0.1) == "> -0.1");
  CHECK(boundary("lstm <= gru", 0.1) == "< +0.1");
  CHECK(boundary("lstm ~ gru", 0.02) == "within ±0.02");
  CHECK(boundary("lstm > 0.3", 0.05) == "> 0.35");
  CHECK(boundary("lstm ~ 0.3", 0.05) == "0.25 to 0.35");
  CHECK(boundary("show lstm", 0.05) == "");
  const auto boundaries = [](const std::string& text, double margin) {
    const Boundaries b = boundaries_of(parse_statement(text), margin);
    return Values{b.low, b.high};
  };
  CHECK(boundaries("lstm > gru", 0.5) == Values{-0.5, 0.5});
  CHECK(boundaries("lstm < gru", 0.5) == Values{-0.5, 0.5});
  CHECK(boundaries("lstm ~ gru", 0.5) == Values{-0.5, 0.5});
  CHECK(boundaries("lstm >= gru", 0.5) == Values{-0.5, -0.5});
  CHECK(boundaries("lstm <= gru", 0.5) == Values{0.5, 0.5});
  CHECK(boundaries("lstm > 2", 0.5) == Values{1.5, 2.5});
  CHECK(boundaries("lstm >= 2", 0.5) == Values{1.5, 1.5});
  CHECK(boundaries("lstm <= 2", 0.5) == Values{2.5, 2.5});
}

TEST_CASE("a comparison with a number has the number between its boundaries", "[verdict]") {
  std::vector<Run> runs;
  add(runs, "lstm", around(0.5, 0.02, 24, 1));
  CHECK(decided("lstm > 0.3", 0.05, runs).verdict == Verdict::supported);
  CHECK(decided("lstm < 0.3", 0.05, runs).verdict == Verdict::contradicted);
  CHECK(decided("lstm > 0.48", 0.05, runs).verdict == Verdict::no_difference);
  CHECK(decided("lstm ~ 0.48", 0.05, runs).verdict == Verdict::supported);
  CHECK(decided("lstm ~ 0.3", 0.05, runs).verdict == Verdict::contradicted);
  CHECK(decided("lstm >= 0.52", 0.05, runs).verdict == Verdict::supported);
  CHECK(decided("lstm >= 0.6", 0.05, runs).verdict == Verdict::contradicted);
  CHECK(decided("lstm > 0.45", 0.05, runs).verdict == Verdict::undecided);  // on its boundary
}

TEST_CASE("an effect is signed where it is a difference", "[verdict]") {
  const Outcome difference = decided("lstm > gru", 0, pair_of_models(0.1, 24));
  const ComparisonPart& part = difference.parts[0];
  CHECK_THAT(mean_text(difference, part, 0), Catch::StartsWith("+0.1"));
  CHECK_THAT(hull_text(difference, part), Catch::StartsWith("[+0.0") && Contains(", +0.1"));
  CHECK(mean_text(difference, part, 0) != mean_text(difference, part, 1));
  CHECK(effect_text(difference, part) == "A " + mean_text(difference, part, 0) + ", B " +
                                             mean_text(difference, part, 1) + ", " + hull_text(difference, part));
  const Outcome opposite = decided("gru > lstm", 0, pair_of_models(0.1, 24));
  CHECK(mean_text(opposite, opposite.parts[0], 0)[0] == '-');
  const Outcome plain = decided("lstm > 0", 0, pair_of_models(0.1, 24));
  CHECK(effect_text(plain, plain.parts[0]).find('+') == std::string::npos);
  const Outcome few = decided("lstm > gru", 0, pair_of_models(0.1, 3));
  CHECK(hull_text(few, few.parts[0]).empty());
  CHECK(effect_text(few, few.parts[0]).find('[') == std::string::npos);
}
