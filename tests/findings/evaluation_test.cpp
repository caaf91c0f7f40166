// What an evaluated claim says beside its verdict: shown numbers, caveats, published numbers, and its listing.
#include "findings/evaluation.h"

#include <regex>

#include <catch2/catch.hpp>

#include "findings/listing.h"
#include "tests/findings/finding_fixture.h"
#include "tests/namespaces.h"
#include "tests/texts.h"

using namespace rnnbench::test;
using Catch::Contains;

TEST_CASE("the listings show both searches, the interval and the boundary", "[finding]") {
  Findings findings;
  findings.write("large", finding_text());
  findings.write("absent", finding_text({{"number", "2"}}));
  findings.write("opposite", finding_text({{"number", "3"}}));
  findings.write("aside", finding_text({{"number", "4"}, {"not-applicable", "no such model here"}}));
  const std::vector<Finding>& declared = findings.freeze();
  findings.add_runs(*declared[0].study, lstm_leads(0.2, 0.3));
  findings.add_record(*declared[1].study, recall_record(declared[1].study->experiment.runs[0], 0.5));
  findings.add_runs(*declared[2].study, lstm_leads(-0.2));
  findings.add_runs(*declared[3].study, lstm_leads(0.2));
  const std::vector<FindingResult>& results = findings.evaluate();

  const Json json = findings_json(results);
  REQUIRE(json.size() == 4);
  CHECK(json[0].at("name") == "large");
  CHECK(json[0].at("study") == "large");
  CHECK(json[0].at("verdict") == "supported");
  CHECK(json[0].at("verdict_at_half_margin") == "supported");
  CHECK(json[0].at("n") == 20);
  const Outcome& primary = *results[0].primary;
  const ComparisonPart& part = primary.parts[0];
  const Json& listed = json[0].at("primary").at("parts").at(0);
  CHECK(listed.at("A").at("mean") == part.effect.mean[0]);
  CHECK(listed.at("B").at("mean") == part.effect.mean[1]);
  CHECK(listed.at("B").at("interval").at(0) == part.effect.interval[1]->low);
  CHECK(listed.at("B").at("seeds").at(0) == 11);
  CHECK(listed.at("interval") == Json{part.effect.hull->low, part.effect.hull->high});
  CHECK(listed.at("p").at("above") == part.effect.smallest_p());
  CHECK(listed.at("p_holm") == *part.adjusted_p);
  CHECK(json[0].at("primary").at("boundary") == "> +0.05");
  CHECK(json[1].at("primary").is_null());
  CHECK(json[1].at("reason") == "1 of 40 runs recorded");

  CHECK(mean_cell(results[0], 0) == mean_text(primary, part, 0));
  CHECK(mean_cell(results[0], 1) == mean_text(primary, part, 1));
  CHECK(mean_cell(results[0], 0) != mean_cell(results[0], 1));
  CHECK(interval_cell(results[0]) == hull_text(primary, part));
  CHECK(boundary_cell(results[0]) == "> +0.05");
  // An interval is shown with the boundary that it is compared with, and a measure with its direction.
  for (const std::string& table : {findings_text(results), findings_markdown(results)}) {
    CHECK_THAT(table, Contains("boundary") && Contains(interval_cell(results[2])) && Contains("> +0.05"));
    CHECK_THAT(table, Contains(mean_cell(results[0], 0)) && Contains(mean_cell(results[0], 1)));
  }
  // In a terminal, a row has the name of the claim, which is written out below the table.
  const std::string text = findings_text(results);
  CHECK(std::regex_search(text, std::regex("\n *1  large +supported  ")));
  CHECK(std::regex_search(text, std::regex("\n *3  opposite +contradicted  ")));
  CHECK(count(text, results[0].finding->claim) == results.size());
  CHECK_THAT(findings_text(results),
             Contains("compared: lstm - gru, recall (higher is better)") && Contains("1 of 40 runs recorded"));
  CHECK_THAT(findings_markdown(results), Contains("**contradicted**"));
  CHECK_THAT(findings_latex(results), Contains("\\begin{tabular}") && Contains("contradicted"));
  for (const std::size_t i : {1, 3}) {
    CHECK(comparison_cell(results[i]) == "-");
    CHECK(mean_cell(results[i], 0) == "-");
    CHECK(interval_cell(results[i]) == "-");
    CHECK(boundary_cell(results[i]) == "-");
    CHECK(adjusted_p_cell(results[i]) == "-");
  }
}

TEST_CASE("numbers that are only shown have an interval, but no verdict and no p-value", "[finding]") {
  Findings findings;
  const FindingResult& result =
      findings.evaluate_one({{"also", "show lstm, gru on recall; show gru on loss"}}, lstm_leads(0.2));
  REQUIRE(result.also.size() == 2);
  REQUIRE(result.also[0].parts.size() == 2);
  for (const ComparisonPart& part : result.also[0].parts) {
    CHECK(part.effect.mean[1] == mean(part.values[1]));
    CHECK(part.effect.hull);
    CHECK_FALSE(part.adjusted_p);
    CHECK(part.verdict == Verdict::undecided);
  }
  CHECK_FALSE(result.also[0].decides());
  CHECK(boundary_text(result.also[0]).empty());
  CHECK(result.verdict == Verdict::supported);
}

TEST_CASE("a verdict says what its scores are of and what its intervals leave out", "[finding]") {
  const auto caveats = [](const Json& result) {
    Findings findings;
    return findings.evaluate_one({}, lstm_leads(0.2), result).caveats;
  };
  CHECK(caveats({{"evaluated_on", "random"}}).empty());
  CHECK(caveats({{"evaluated_on", "all"}}).empty());
  const auto list = caveats({{"evaluated_on", "list"}});
  REQUIRE(list.size() == 1);
  CHECK_THAT(list[0], Contains("the same sequences of a file, whose sampling error is not part of the intervals"));
}

TEST_CASE("a verdict says how many runs stopped when they had solved the task", "[finding]") {
  Findings findings;
  findings.write("x", finding_text({}, "stop = solved\n"));
  const Json solved = {{"status", "solved"}, {"solved", true}, {"updates", 10}, {"updates_to_solve", 10}};
  findings.add_runs(*findings.freeze().at(0).study, lstm_leads(0.2), solved);
  const std::vector<std::string> caveats = findings.evaluate().at(0).caveats;
  const std::string sentence =
      "40 of 40 runs stopped when they had solved the task, and their scores are those of that moment";
  CHECK(std::count(caveats.begin(), caveats.end(), sentence) == 1);
}

TEST_CASE("published numbers are compared by sign, size and ranking, and decide nothing", "[finding]") {
  const auto met = [](const std::string& published, double effect) {
    Findings findings;
    const FindingResult& result = findings.evaluate_one({{"published", published}}, lstm_leads(effect));
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
  // A published model may have settings: those of the side, or of the task.
  CHECK(met("lstm{length=5} 0.6 (read), gru{length=5} 0.4 (read)", 0.2).size == true);
  CHECK_THROWS_WITH(met("lstm{length=6} 0.6 (read), gru 0.4 (read)", 0.2), Contains("no run is 'lstm{length=6}'"));
}

TEST_CASE("further comparisons of times that were measured on a busy machine mean nothing", "[finding]") {
  Findings findings;
  findings.write("x", finding_text({{"also", "gru < lstm on cpu_ms_per_update"}}));
  const DeclaredStudy& study = *findings.freeze().at(0).study;
  for (const RunSpec& run : study.experiment.runs) {
    Record record = recall_record(run, lstm_leads(0.2)(run, run.seed > 10));
    record.measured["oversubscribed"] = run.seed == 3;
    findings.add_record(study, record);
  }
  const FindingResult& result = findings.evaluate().at(0);
  CHECK(result.verdict == Verdict::supported);
  REQUIRE(result.caveats.size() == 1);
  CHECK_THAT(result.caveats[0],
             Catch::StartsWith("further comparisons of times mean nothing: 2 of 40 runs were timed on a busy machine"));
}
