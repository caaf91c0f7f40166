// A family of claims: p-values are corrected together, and margins are varied within it.
#include <map>
#include <vector>

#include <catch2/catch.hpp>

#include "findings/evaluation.h"
#include "tests/findings/finding_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

TEST_CASE("p-values are corrected over all parts of all claims", "[study]") {
  Findings findings;
  const KeyValues two_sides = {{"compare", "lstm, gru > mgu"}, {"cell", "lstm, gru, mgu"}};
  const auto with = [](KeyValues set, const std::string& number) {
    set["number"] = number;
    return set;
  };
  findings.write("one", finding_text(with({}, "1")) +
                            claim_text("claim second", {{"number", "2"}, {"margin", "0.01 (a hundredth)"}}));
  findings.write("two", finding_text(with({{"length", "5, 10"}}, "3")));
  findings.write("not-run", finding_text(with(two_sides, "4")));
  findings.write("aside", finding_text(with({{"not-applicable", "no such model here"}}, "5")));
  findings.write("ceiling", finding_text(with({{"length", "5, 10"}}, "6"), short_search));
  std::map<std::string, const DeclaredStudy*> study;
  const std::vector<Finding>& declared = findings.freeze();
  for (const Finding& finding : declared) study[finding.study->name] = finding.study.get();
  findings.add_runs(*study["one"], leads_with_exceptions(2, 1));
  findings.add_runs(*study["two"], by_length({{5, leads_with_exceptions(0, 0)}, {10, leads_with_exceptions(4, 3)}}));
  findings.add_runs(*study["aside"], leads_with_exceptions(0, 0));
  findings.add_record(*study["not-run"], recall_record(study["not-run"]->experiment.runs[0], 0.5));
  findings.add_trials(*study["ceiling"], by_length({{5, all_recall(0.5)}, {10, all_recall(1)}}));

  const std::vector<FindingResult>& results = findings.evaluate();
  REQUIRE(results.size() == 6);
  CHECK(results[3].reason == "1 of 60 runs recorded");
  CHECK(results[3].verdict == Verdict::not_run);
  CHECK(results[4].verdict == Verdict::not_applicable);
  CHECK(results[4].reason == "no such model here");
  CHECK(results[4].primary);  // its numbers can still be looked at
  CHECK_FALSE(results[4].primary->parts[0].adjusted_p);
  CHECK(results[5].verdict == Verdict::not_run);

  // The family: 1, 1 and 2 parts with p-values, 2 of "not-run" and 1 of "ceiling" with p = 1. Claim 2 is about the same
  // runs with a smaller margin, so all its leads are on one side, and its p is the smallest possible one.
  const double smallest = p_with_exceptions(0);
  const auto adjusted = [&](std::size_t result, std::size_t part) {
    return results[result].primary->parts[part].adjusted_p.value();
  };
  CHECK(results[1].primary->parts[0].effect.smallest_p() == smallest);
  CHECK(adjusted(1, 0) == 7 * smallest);
  CHECK(adjusted(2, 0) == 7 * smallest);  // 6 times would be less than the one before
  CHECK(results[0].primary->parts[0].effect.smallest_p() == p_with_exceptions(3));
  CHECK(adjusted(0, 0) == 5 * p_with_exceptions(3));
  CHECK(results[2].primary->parts[1].effect.smallest_p() == p_with_exceptions(7));
  CHECK(adjusted(2, 1) == 4 * p_with_exceptions(7));
  CHECK(results[0].verdict == Verdict::supported);
  CHECK(results[1].verdict == Verdict::supported);
}

TEST_CASE("an interval that is clear of the boundary may not survive the family", "[study]") {
  // With four exceptions after each search p is 2^-11, and the hull is above the boundary. A hundred more comparisons
  // that were not run count too: 102 of 2^-11 are below 0.05, 103 are above.
  for (const int others : {101, 102}) {
    INFO(others);
    std::string lengths = "5";
    for (int i = 1; i < others; ++i) lengths += ", " + std::to_string(5 + i);
    Findings findings;
    findings.write("x", finding_text());
    findings.write("others", finding_text({{"number", "2"}, {"length", lengths}}));
    findings.add_runs(*findings.freeze().at(0).study, leads_with_exceptions(4, 4));
    const FindingResult& result = findings.evaluate().at(0);
    const ComparisonPart& part = result.primary->parts[0];
    CHECK(part.effect.smallest_p() == p_with_exceptions(8));
    CHECK(part.effect.hull->low > 0.05);
    CHECK(part.adjusted_p == (others + 1) * p_with_exceptions(8));
    CHECK(result.verdict == (others == 101 ? Verdict::supported : Verdict::undecided));
  }
}

TEST_CASE("the verdict at half and at twice the margin is shown", "[study]") {
  const auto verdicts_of = [](double effect, const std::string& compare, const std::string& margin) {
    Findings findings;
    const FindingResult& result =
        findings.evaluate_one({{"compare", compare}, {"margin", margin + " (m)"}}, lstm_leads(effect));
    CHECK(result.half_margin->margin == result.finding->margin / 2);
    CHECK(result.twice_margin->margin == result.finding->margin * 2);
    return std::vector{result.half_margin->verdict, result.verdict, result.twice_margin->verdict};
  };
  using enum Verdict;
  CHECK(verdicts_of(0.15, "lstm > gru", "0.1") == std::vector{supported, supported, no_difference});
  CHECK(verdicts_of(0.15, "lstm > gru", "0.2") == std::vector{supported, no_difference, no_difference});
  CHECK(verdicts_of(0.1, "lstm > gru", "0.1") == std::vector{supported, undecided, no_difference});
  CHECK(verdicts_of(0.15, "lstm ~ gru", "0.1") == std::vector{contradicted, contradicted, supported});
  CHECK(verdicts_of(-0.15, "lstm >= gru", "0.2") == std::vector{contradicted, supported, supported});
  Findings findings;
  const FindingResult& result = findings.evaluate_one({{"margin", "0 (any difference)"}}, lstm_leads(0.2));
  CHECK(result.verdict == Verdict::supported);
  CHECK_FALSE(result.half_margin);
  CHECK_FALSE(result.twice_margin);
}

TEST_CASE("a smaller margin is tested in the same family", "[study]") {
  Findings findings;
  findings.write("x", finding_text({{"margin", "0.1 (m)"}}));
  findings.write("not-run", finding_text({{"number", "2"}, {"length", "5, 10, 20, 40"}}));
  findings.add_runs(*findings.freeze().at(0).study, leads_with_exceptions(2, 1));
  const FindingResult& result = findings.evaluate().at(0);
  const ComparisonPart& half = result.half_margin->parts[0];
  CHECK(half.effect.smallest_p() == p_with_exceptions(3));  // the boundary of the exceptions
  CHECK(half.adjusted_p == 5 * p_with_exceptions(3));
}
