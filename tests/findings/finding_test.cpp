// Findings: their files, and the verdicts that their records give.
#include "findings/finding.h"

#include <catch2/catch.hpp>

#include "analysis/statistics/paired.h"
#include "core/error.h"
#include "findings/listing.h"
#include "tests/findings/finding_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Matchers::Contains;

namespace {

std::string refusal(const std::map<std::string, std::string>& set, const std::string& more = "") {
  Findings findings;
  findings.write("x", finding_text(set, more));
  return findings.refusal();
}

const std::string search = "[tuning]\ntrials = 2\nseeds = 101\nlearning-rate = 0.001..0.1 log\n";

}  // namespace

TEST_CASE("a finding says what its file says", "[finding]") {
  Findings findings;
  findings.write("recall", finding_text({{"number", "7"},
                                         {"also", "lstm ~ gru on loss; min(lstm, gru) > 0.5"},
                                         {"published", "lstm 0.9 (read), gru{length=5} 0.5 (from memory)"},
                                         {"note", "a note"},
                                         {"figure", "over length"}},
                                        search));
  const Finding finding = findings.read().at(0);
  CHECK(finding.name == "recall");
  CHECK(finding.number == 7);
  CHECK(finding.claim == "An LSTM recalls more than a GRU.");
  CHECK(finding.margin == 0.05);
  CHECK(finding.margin_reason == "a twentieth of all");
  CHECK(finding.primary.statement.text == "lstm > gru");
  CHECK(finding.primary.measurement.name == "recall");
  REQUIRE(finding.also.size() == 2);
  CHECK(finding.also[0].measurement.name == "loss");
  CHECK(finding.also[1].statement.left[0].kind == Expression::Kind::min);
  REQUIRE(finding.published.size() == 2);
  CHECK(finding.published[1].model.where.size() == 1);
  CHECK(finding.published[1].value == 0.5);
  CHECK(finding.published[1].certainty == "from memory");
  CHECK(finding.experiment.runs.size() == 24);
  REQUIRE(finding.tuning);
  CHECK(finding.first_runs().runs.size() == 24 + 2 * 3);
  // The margin is in the unit of the measure that it was declared for.
  CHECK(finding.margin_of(finding.also[0]) == 0);
  CHECK(finding.margin_of(finding.also[1]) == 0.05);

  const Finding smoke = findings.read(Profile::smoke).at(0);
  CHECK(smoke.experiment.runs.size() == 4);
  CHECK(smoke.first_runs().runs.size() == 4 + 2 * 2);
  CHECK(finding.results("r") == "r");
  CHECK(smoke.results("r") == std::filesystem::path("r/smoke"));
  CHECK(findings.read(Profile::full).at(0).results("r") == std::filesystem::path("r/full"));
}

TEST_CASE("every finding of the catalogue can be read under every profile", "[finding]") {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(RNNBENCH_SOURCE_DIR "/experiments/catalogue"))
    if (entry.path().extension() == ".ini") files.push_back(entry.path());
  for (const std::string& name : profile_names) {
    INFO(name);
    CHECK(read_findings(files, profile_named(name)).size() > 5);
  }
}

TEST_CASE("a file that declares no testable claim is refused", "[finding][errors]") {
  CHECK(refusal({}) == "accepted");
  for (const char* key : {"number", "claim", "source", "measure", "compare", "margin"})
    CHECK_THAT(refusal({{key, ""}}), Catch::Matchers::EndsWith(std::string("[finding] needs ") + key));
  // Keys are written in alphabetical order, from line 8 on.
  CHECK(refusal({{"chaim", "x"}}) ==
        "x.ini:8: [finding] has no key 'chaim'; it takes claim, source, number, measure, compare, margin, "
        "also, note, "
        "published, figure, checked, not-applicable; did you mean 'claim'?");
  CHECK(refusal({{"number", "0"}}) == "x.ini:12: number = 0 is not a whole number from 1 to 999");
  CHECK(refusal({{"number", "unset"}}) == "x.ini:12: number = unset is not a whole number from 1 to 999");
  const std::string form = " is not a number with its reason, such as 0.05 (half of what seeds differ by)";
  for (const char* margin : {"0.05", "(a reason)", "0.05 ()", "-1 (a reason)", "nan (a reason)", "5% (a reason)"})
    CHECK(refusal({{"margin", margin}}) == std::string("x.ini:10: margin = ") + margin + form);
  CHECK(refusal({{"compare", "lstm = gru"}}).starts_with("x.ini:9: 'lstm = gru' is not a comparison"));
  CHECK(refusal({{"compare", "lstm > rnn"}}) == "x.ini:9: no run is 'rnn'");
  CHECK(refusal({{"also", "lstm > gru{hidden=5}"}}) == "x.ini:8: no run is 'gru{hidden=5}'");
  CHECK(refusal({{"also", "lstm > gru; lstm >"}}).starts_with("x.ini:8: 'lstm >' is not a comparison"));
  CHECK(refusal({{"compare", "show lstm"}}) ==
        "x.ini:9: compare = show lstm claims nothing that could be decided; 'show' belongs in also");
  CHECK(refusal({{"also", "show rnn"}}) == "x.ini:8: no run is 'rnn'");
  CHECK(refusal({{"compare", "lstm ~ gru"}, {"margin", "0 (none)"}}) ==
        "x.ini:9: 'lstm ~ gru' needs a margin above 0: no measured number equals another exactly");
  CHECK_THAT(refusal({{"measure", "recall at 2.5"}}), Contains("a length is a whole number"));
  CHECK(refusal({{"figure", "over nonsense"}}) ==
        "x.ini:10: figure = over nonsense: no run has a setting of that name");
  std::string deep = "lstm";
  for (int i = 0; i < 60000; ++i) deep = "min(" + deep;
  CHECK_THAT(refusal({{"compare", deep + " > gru"}}), Contains("fewer nested functions"));
  CHECK(refusal({{"figure", "pie"}}) ==
        "x.ini:10: figure = pie is not one of models, gradients, gates, time to solve, curves, profile, over KEY");
  const std::string certainty =
      " is not of the form MODEL NUMBER (CERTAINTY), the certainty one of read, secondary copy, "
      "from memory, computed";
  for (const char* published : {"lstm 3", "lstm 3 (surely)", "lstm (read)", "lstm x (read)"})
    CHECK_THAT(refusal({{"published", published}}),
               Catch::Matchers::EndsWith(std::string("published = ") + published + certainty));
  CHECK_THAT(refusal({{"published", "rnn 3 (read)"}}), Catch::Matchers::EndsWith("published: no run is 'rnn'"));

  Findings nothing;
  const auto file = nothing.write("y", "task = copy\ncell = lstm\n");
  CHECK_FALSE(is_finding(file));
  CHECK(nothing.read().empty());  // an experiment of the catalogue that claims nothing
  CHECK_THROWS_WITH(read_finding(file), Contains("claims nothing"));
}

TEST_CASE("a search that would spoil the comparison is refused", "[finding][errors]") {
  CHECK(refusal({}, search) == "accepted");
  CHECK(refusal({{"seed", "95..106"}}, search) ==
        "x.ini: seed 101 is reported and also tuned on; give [tuning] seeds of its own");
  CHECK(refusal({}, search + "momentum = 0.1, 0.5\n") ==
        "x.ini:11: [tuning] momentum = 0.1, 0.5 is used by no run of this grid");
  CHECK(refusal({{"compare", "lstm{learning-rate=0.001} > gru"}}, search) ==
        "x.ini: [tuning] searches learning-rate, which 'lstm{learning-rate=0.001}' names; take it out of one "
        "of them");
}

TEST_CASE("a family has numbers of its own and seeds enough", "[finding][errors]") {
  Findings twice;
  twice.write("a", finding_text());
  twice.write("b", finding_text());
  CHECK(twice.refusal() == "b.ini and a.ini are both finding number 1");
  Findings same_name;
  std::filesystem::create_directory(same_name.results().parent_path() / "other");
  same_name.write("a", finding_text());
  same_name.write("other/a", finding_text({{"number", "2"}}));
  CHECK(same_name.refusal().ends_with("are both findings named a"));
  CHECK(refusal({{"seed", "1..9"}}) == "x.ini: 9 seeds decide nothing; an interval takes 10 or more");
  CHECK(refusal({{"seed", "1..10"}}) == "accepted");
  // 2^-9 is the smallest p-value of ten seeds; 25 times that is below 0.05, 26 times is not.
  Findings many;
  for (int i = 1; i <= 26; ++i) {
    many.write("f" + std::to_string(100 + i), finding_text({{"number", std::to_string(i)}, {"seed", "1..10"}}));
    if (i == 25) CHECK(many.refusal() == "accepted");
  }
  CHECK(many.refusal() ==
        "f101.ini: 10 seeds cannot decide a family of 26 findings: the smallest p-value they can give is "
        "0.00195, which the correction makes 0.0508; give it more seeds");
  CHECK(many.refusal(Profile::smoke) == "accepted");
  // Where one of several comparisons can contradict, each is a chance: 13 times 2 is 26, and 2^-10 is half of 2^-9.
  Findings several;
  for (int i = 1; i <= 13; ++i) {
    several.write("f" + std::to_string(100 + i),
                  finding_text({{"number", std::to_string(i)}, {"compare", "lstm, gru > gru"}, {"seed", "1..10"}}));
    if (i == 12) CHECK(several.refusal() == "accepted");
  }
  CHECK(several.refusal() ==
        "f101.ini: 10 seeds cannot decide 2 comparisons in a family of 13 findings: the smallest p-value they can give "
        "is 0.00195, which the correction makes 0.0508; give it more seeds");
  Findings enough;
  for (int i = 1; i <= 13; ++i)
    enough.write("f" + std::to_string(100 + i),
                 finding_text({{"number", std::to_string(i)}, {"compare", "lstm, gru > gru"}, {"seed", "1..11"}}));
  CHECK(enough.refusal() == "accepted");
}

TEST_CASE("equivalence of binary outcomes is refused if no outcome of so many seeds could establish it",
          "[finding][errors]") {
  const auto solved = [](const std::string& compare, const std::string& margin, const std::string& seeds) {
    return refusal({{"measure", "solved"}, {"compare", compare}, {"margin", margin + " (m)"}, {"seed", seeds}});
  };
  CHECK(
      solved("lstm ~ gru", "0.02", "1..12") ==
      "x.ini: 12 seeds cannot establish 'lstm ~ gru' for solved within 0.02, even if all runs agree; give it 133 seeds "
      "or a wider margin");
  CHECK(
      solved("lstm ~ gru", "0.1", "1..24") ==
      "x.ini: 24 seeds cannot establish 'lstm ~ gru' for solved within 0.1, even if all runs agree; give it 25 seeds or "
      "a wider margin");
  CHECK(solved("lstm ~ gru", "0.1", "1..25") == "accepted");
  CHECK(
      solved("lstm - gru ~ 0", "0.1", "1..24") ==
      "x.ini: 24 seeds cannot establish 'lstm - gru ~ 0' for solved within 0.1, even if all runs agree; give it 25 seeds "
      "or a wider margin");
  // Of a rate the exact test decides: 0.9^28 > 0.05 >= 0.9^29.
  CHECK(
      refusal({{"measure", "diverged"}, {"compare", "lstm ~ 0"}, {"margin", "0.1 (m)"}, {"seed", "1..28"}}) ==
      "x.ini: 28 seeds cannot establish 'lstm ~ 0' for diverged within 0.1, even if all runs agree; give it 29 seeds or a "
      "wider margin");
  CHECK(
      solved("lstm ~ gru", "0.002", "1..12") ==
      "x.ini: 12 seeds cannot establish 'lstm ~ gru' for solved within 0.002, even if all runs agree; more than 1,000 "
      "would be needed; give it a wider margin");
  CHECK(solved("lstm > gru", "0.02", "1..12") == "accepted");
  CHECK(solved("lstm >= gru", "0.02", "1..12") == "accepted");
  // The correction for the family: z at 5 % / 2 instead of 5 %.
  Findings two;
  two.write("a", finding_text());
  two.write("b", finding_text({{"number", "2"},
                               {"measure", "solved"},
                               {"compare", "lstm ~ gru"},
                               {"margin", "0.1 (m)"},
                               {"seed", "1..25"}}));
  CHECK(
      two.refusal() ==
      "b.ini: 25 seeds cannot establish 'lstm ~ gru' for solved within 0.1 in a family of 2 findings, even if all runs "
      "agree; give it 35 seeds or a wider margin");
  CHECK(two.refusal(Profile::smoke) == "accepted");
}

TEST_CASE("a comparison of mean losses is refused, one of their ratio is not", "[finding][errors]") {
  CHECK_THAT(refusal({{"measure", "loss"}, {"compare", "lstm < gru"}}),
             Contains("x.ini: 'lstm < gru' compares means of loss") && Contains("compare a ratio"));
  CHECK_THAT(refusal({{"measure", "cpu_ms_per_update"}, {"compare", "lstm < 3"}}), Contains("compares means of"));
  CHECK(refusal({{"measure", "loss"}, {"compare", "lstm / gru < 1"}}) == "accepted");
  CHECK(refusal({{"measure", "loss"}, {"compare", "lstm < gru"}, {"not-applicable", "it is not"}}) == "accepted");
}

TEST_CASE("claims are decided by their records, and corrected for their number", "[finding]") {
  Findings findings;
  findings.write("large", finding_text({{"number", "1"}}));
  findings.write("absent", finding_text({{"number", "2"}}));
  findings.write("opposite", finding_text({{"number", "3"}}));
  findings.write("aside", finding_text({{"number", "4"}, {"not-applicable", "no such model here"}}));
  for (const Finding& finding : findings.read()) {
    if (finding.name == "large") findings.record_all(finding, 0.2);
    if (finding.name == "opposite") findings.record_all(finding, -0.2);
    if (finding.name == "aside") findings.record_all(finding, 0.2);
    if (finding.name == "absent") findings.record(finding, finding.experiment.runs[0], 0.5);
  }
  const std::vector<FindingResult> results = findings.evaluate();
  REQUIRE(results.size() == 4);
  CHECK(results[0].verdict == Verdict::supported);
  CHECK(results[1].verdict == Verdict::not_run);
  CHECK(results[1].reason == "1 of 24 runs recorded");
  CHECK_FALSE(results[1].primary);
  CHECK(results[2].verdict == Verdict::contradicted);
  CHECK(results[3].verdict == Verdict::not_applicable);
  CHECK(results[3].reason == "no such model here");
  CHECK(results[3].primary);  // its numbers can still be looked at
  CHECK_FALSE(results[3].adjusted_p);
  // The family is the three that can have a verdict, the one that was not run as p = 1.
  const Values adjusted = holm({*results[0].primary->p, 1, *results[2].primary->p});
  CHECK(results[0].adjusted_p == adjusted[0]);
  CHECK(results[2].adjusted_p == adjusted[2]);
  CHECK(*results[0].adjusted_p > *results[0].primary->p);

  const Json json = findings_json(results);
  REQUIRE(json.size() == 4);
  for (const Json& entry : json)
    for (const char* key : {"name", "claim", "verdict", "effect", "interval", "n", "p"}) {
      INFO(key);
      CHECK(entry.contains(key));
    }
  CHECK(json[0].at("name") == "large");
  CHECK(json[0].at("verdict") == "supported");
  CHECK(json[0].at("n") == 12);
  CHECK(json[0].at("effect") == results[0].primary->parts[0].effect);
  CHECK(json[0].at("interval").at(0) == results[0].primary->parts[0].interval->low);
  CHECK(json[0].at("p") == *results[0].primary->p);
  CHECK(json[1].at("effect").is_null());
  CHECK(json[1].at("p").is_null());
  CHECK(json[0].at("boundary") == "> +0.05");
  CHECK(json[1].at("boundary").is_null());
  CHECK_THAT(findings_text(results), Contains("supported") && Contains("1 of 24 runs recorded"));
  // An interval is shown with the boundary that it is compared with, and a measure with its direction.
  CHECK_THAT(findings_text(results), Contains("compared: lstm - gru, recall (higher is better)"));
  for (const std::string& table : {findings_text(results), findings_markdown(results)})
    CHECK_THAT(table, Contains("boundary") && Contains(effect_cell(results[2])) && Contains("> +0.05"));
  CHECK_THAT(findings_markdown(results), Contains("**contradicted**"));
  CHECK(comparison_cell(results[3]) == "-");
}

TEST_CASE("numbers that are only shown have an interval, but no verdict and no p-value", "[finding]") {
  Findings findings;
  findings.write("shown", finding_text({{"also", "show lstm, gru on recall; show gru on loss"}}));
  findings.record_all(findings.read().at(0), 0.2);
  const FindingResult result = findings.evaluate().at(0);
  REQUIRE(result.also.size() == 2);
  REQUIRE(result.also[0].parts.size() == 2);
  for (const ComparisonPart& part : result.also[0].parts) {
    CHECK(part.effect == mean(part.values));
    CHECK(part.interval->low == mean_interval(part.values, 0.95).low);
    CHECK_FALSE(part.p_for);
    CHECK_FALSE(part.p_against);
    CHECK(part.verdict == Verdict::undecided);
  }
  CHECK_FALSE(result.also[0].p);
  CHECK(boundary_text(result.also[0]).empty());
  CHECK(result.verdict == Verdict::supported);
}

TEST_CASE("an interval that is clear of the boundary may not survive the family", "[finding]") {
  // Ten seeds of which one disagrees: p = 4 / 1024, and the interval excludes the margin; 24 more claims.
  Findings findings;
  for (int i = 1; i <= 25; ++i)
    findings.write("f" + std::to_string(100 + i), finding_text({{"number", std::to_string(i)}, {"seed", "1..10"}}));
  const Finding first = findings.read().at(0);
  for (const RunSpec& run : first.experiment.runs) {
    const double lead = run.seed == 1 ? 0.049 : 0.1 + 0.01 * static_cast<double>(run.seed);
    findings.record(first, run, run.model.text("cell") == "lstm" ? 0.3 + lead : 0.3);
  }
  const FindingResult result = findings.evaluate().at(0);
  CHECK(result.primary->parts[0].interval->low > 0.05);
  CHECK(result.primary->verdict == Verdict::supported);
  REQUIRE(result.adjusted_p);
  CHECK(*result.adjusted_p > 0.05);
  CHECK(result.verdict == Verdict::undecided);
  CHECK_THAT(result.reason, Contains("after Holm's correction for 25 findings"));
  // With one disagreeing in n, the test needs (n + 1) 2^(1 - n) <= 0.05 / 25: fourteen seeds. The number is an estimate
  // from mean and spread, and not below the ten of which the smallest p-value is small enough.
  const ComparisonPart& part = result.primary->parts[0];
  const auto needed = seeds_needed(*result.primary, part, 25);
  REQUIRE(needed);
  CHECK(*needed == std::max(*seeds_to_decide(part.values, 0.05, 1 - 0.05 / 25), 10));
  const int more = std::max(*needed - result.seeds, 1);
  CHECK_THAT(result.reason, Contains("; about " + std::to_string(more) + " more seed"));
}

TEST_CASE("an undecided claim says how many seeds would decide", "[finding]") {
  Findings findings;
  findings.write("close", finding_text());
  findings.record_all(findings.read().at(0), 0.05);
  const FindingResult result = findings.evaluate().at(0);
  CHECK(result.verdict == Verdict::undecided);
  const auto needed = seeds_needed(*result.primary, result.primary->parts[0], 1);
  CHECK(result.reason == (needed ? "about " + std::to_string(*needed - result.seeds) + " more seeds would decide"
                                 : "more than 1,000 seeds would be needed"));
}

TEST_CASE("tuned findings are decided by the tuned runs", "[finding]") {
  Findings findings;
  findings.write("tuned", finding_text({}, search));
  const Finding finding = findings.read().at(0);
  findings.record_all(finding, -0.2);  // untuned, the claim is contradicted
  CHECK(findings.evaluate().at(0).verdict == Verdict::not_run);
  const auto trials = finding.tuning->trial_runs(finding.experiment.runs);
  for (const RunSpec& run : trials) findings.record(finding, run, 0.5);
  CHECK(findings.evaluate().at(0).verdict == Verdict::not_run);
  const ResultsFolder results_folder(findings.results(), finding.name);
  const auto chosen = tuned(*finding.tuning, finding.experiment.runs, results_folder);
  REQUIRE(chosen);
  Finding second = finding;
  second.experiment.runs = chosen->runs;
  findings.record_all(second, 0.2);
  const FindingResult result = findings.evaluate().at(0);
  CHECK(result.verdict == Verdict::supported);
  REQUIRE(result.untuned_primary);
  CHECK(result.untuned_primary->verdict == Verdict::contradicted);
  CHECK(result.choices.size() == 2);
  CHECK(result.declared == 24);
  CHECK(result.recorded == 24);
}

TEST_CASE("a verdict says what its scores are of and what its intervals leave out", "[finding]") {
  const auto caveats = [](const Json& result) {
    Findings findings;
    findings.write("x", finding_text());
    findings.record_all(findings.read().at(0), 0.2, result);
    return findings.evaluate().at(0).caveats;
  };
  CHECK(caveats({{"evaluated_on", "random"}}).empty());
  CHECK(caveats({{"evaluated_on", "all"}}).empty());
  const auto list = caveats({{"evaluated_on", "list"}});
  REQUIRE(list.size() == 1);
  CHECK_THAT(list[0], Contains("the same sequences of a file, whose sampling error is not part of the intervals"));
}

TEST_CASE("published numbers are compared by sign, size and ranking, and decide nothing", "[finding]") {
  const auto met = [](const std::string& published, double effect) {
    Findings findings;
    findings.write("x", finding_text({{"published", published}}));
    findings.record_all(findings.read().at(0), effect);
    const FindingResult result = findings.evaluate().at(0);
    CHECK(result.verdict == Verdict::supported);
    CHECK_THAT(published_text(result), Contains("lstm") && Contains("ours"));
    return result.published;
  };
  const PublishedAgreement alike = met("lstm 0.6 (read), gru 0.4 (read)", 0.2);
  CHECK(alike.sign == true);
  CHECK(alike.size == true);
  CHECK(alike.ranking == true);
  const PublishedAgreement larger = met("lstm 0.9 (read), gru 0.1 (from memory)", 0.2);
  CHECK(larger.sign == true);
  CHECK(larger.size == false);
  CHECK(larger.ranking == true);
  const PublishedAgreement opposite = met("lstm 0.1 (read), gru 0.9 (read)", 0.2);
  CHECK(opposite.sign == false);
  CHECK(opposite.size == false);
  CHECK(opposite.ranking == false);
  const PublishedAgreement one_number = met("lstm 0.6 (computed)", 0.2);
  CHECK_FALSE(one_number.sign);
  CHECK_FALSE(one_number.size);
  CHECK_FALSE(one_number.ranking);
}
