// Studies on made-up records: each verdict is reached, and the claims of a family are corrected together.
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "analysis/format.h"
#include "findings/listing.h"
#include "tests/findings/finding_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;

namespace {

// Validation scores that leave room for differences.
const Recall with_room = all_recall(0.5);

// A study of one claim with a search.
class SearchedStudy {
 public:
  explicit SearchedStudy(const Recall& trials = with_room, const KeyValues& set = {}) {
    findings_.write("x", finding_text(set, short_search));
    study_ = findings_.freeze().at(0).study;
    findings_.add_trials(*study_, trials);
  }
  const FindingResult& after(const Recall& runs) {
    findings_.add_runs(*study_, runs);
    return findings_.evaluate().at(0);
  }
  const FindingResult& without_runs() { return findings_.evaluate().at(0); }

 private:
  Findings findings_;
  std::shared_ptr<const DeclaredStudy> study_;
};

}  // namespace

TEST_CASE("the runs after both searches decide a claim", "[study]") {
  CHECK(SearchedStudy().after(lstm_leads(0.2)).verdict == Verdict::supported);
  CHECK(SearchedStudy().after(lstm_leads(-0.2)).verdict == Verdict::contradicted);
  CHECK(SearchedStudy().after(lstm_leads(0)).verdict == Verdict::no_difference);
  CHECK(SearchedStudy().after(lstm_leads(0.05)).verdict == Verdict::undecided);
  CHECK(SearchedStudy(with_room, {{"compare", "lstm ~ gru"}}).after(lstm_leads(0)).verdict == Verdict::supported);
  CHECK(SearchedStudy(with_room, {{"compare", "lstm ~ gru"}}).after(lstm_leads(-0.2)).verdict == Verdict::contradicted);
}

TEST_CASE("a claim depends on the search if it holds after one and not after the other", "[study]") {
  for (const auto& [a, b] : {std::pair(0.3, -0.3), {0.3, 0.0}, {0.0, 0.3}}) {
    SearchedStudy study;
    const FindingResult& result = study.after(lstm_leads(a, b));
    INFO(a << " " << b);
    CHECK(result.verdict == Verdict::depends_on_search);
    CHECK(result.primary->parts[0].effect.mean[0] == Approx(a).margin(0.02));
    CHECK(result.primary->parts[0].effect.mean[1] == Approx(b).margin(0.02));
    CHECK(verdict_cell(result) == "depends on the search");
  }
}

TEST_CASE("a claim that holds on some tasks is mixed", "[study]") {
  SearchedStudy study(with_room, {{"length", "5, 10, 20"}});
  const FindingResult& result =
      study.after(by_length({{5, lstm_leads(0.2)}, {10, lstm_leads(-0.2)}, {20, lstm_leads(0.3)}}));
  CHECK(result.verdict == Verdict::mixed);
  CHECK(verdict_cell(result) == "mixed, 2 of 3");
  CHECK_THAT(findings_text({result}), Contains("lstm - gru on copy length 5: supported, A +0.") &&
                                          Contains("lstm - gru on copy length 10: contradicted, A -0.") &&
                                          Contains("lstm - gru on copy length 20: supported, A +0."));
  // No part is supported, but they are not alike.
  SearchedStudy none(with_room, {{"length", "5, 10"}});
  CHECK(verdict_cell(none.after(by_length({{5, lstm_leads(0)}, {10, lstm_leads(-0.2)}}))) == "mixed, 0 of 2");
}

TEST_CASE("one part that depends on the search or is undecided marks the whole claim", "[study]") {
  SearchedStudy depends(with_room, {{"length", "5, 10, 20"}});
  CHECK(depends.after(by_length({{5, lstm_leads(0.2)}, {10, lstm_leads(0.3, -0.3)}, {20, lstm_leads(0.05)}})).verdict ==
        Verdict::depends_on_search);
  SearchedStudy undecided(with_room, {{"length", "5, 10"}});
  CHECK(undecided.after(by_length({{5, lstm_leads(0.2)}, {10, lstm_leads(0.05)}})).verdict == Verdict::undecided);
}

TEST_CASE("without room for a difference a claim is not testable, whatever its runs", "[study]") {
  for (const double recall : {0.951, 1.0}) {
    INFO(recall);
    SearchedStudy study(all_recall(recall));
    const FindingResult& result = study.without_runs();
    CHECK(result.verdict == Verdict::not_testable);
    CHECK_FALSE(result.primary);
    CHECK(result.records->recorded == 0);
    CHECK(result.reason ==
          "in the last rung of both searches, validation scores leave no room for a difference of 0.05 (lstm - gru: " +
              score_text(recall) + " and " + score_text(recall) + " in search A)");
    const FindingResult& with_runs = study.after(lstm_leads(0.2));
    CHECK(with_runs.verdict == Verdict::not_testable);
    CHECK_FALSE(with_runs.primary->parts[0].adjusted_p);
  }
  for (const double recall : {0.95, 0.5, 0.0}) {  // a recall of 0 is less than that of guessing
    INFO(recall);
    SearchedStudy study(all_recall(recall));
    CHECK(study.without_runs().verdict == Verdict::not_run);
    CHECK(study.without_runs().reason == "0 of 40 runs recorded");
    CHECK(study.after(lstm_leads(0.2)).verdict == Verdict::supported);
  }
}

TEST_CASE("a ceiling counts only if both sides reach it after both searches", "[study]") {
  const auto testable = [](const Recall& trials) {
    return SearchedStudy(trials).without_runs().ceilings.at(0).testable;
  };
  CHECK_FALSE(testable(all_recall(1)));
  CHECK(testable([](const RunSpec&, std::size_t search) { return search == 0 ? 1.0 : 0.5; }));
  CHECK(testable([](const RunSpec&, std::size_t search) { return search == 0 ? 0.5 : 1.0; }));
  CHECK(testable([](const RunSpec& run, std::size_t) { return has_cell(run, "lstm") ? 1.0 : 0.5; }));
  CHECK(testable([](const RunSpec& run, std::size_t) { return has_cell(run, "lstm") ? 1.0 : 0.0; }));
  CHECK(testable([](const RunSpec&, std::size_t search) { return search == 0 ? 1.0 : 0.0; }));
  // Of the last rung: shorter ones do not count.
  CHECK(testable([](const RunSpec& run, std::size_t) { return run.training.integer("updates") < 20 ? 1.0 : 0.5; }));
  CHECK_FALSE(
      testable([](const RunSpec& run, std::size_t) { return run.training.integer("updates") < 20 ? 0.5 : 1.0; }));
  // The mean over both seeds counts: 0.96, above 0.95.
  CHECK_FALSE(testable([](const RunSpec& run, std::size_t) { return run.seed % 2 == 0 ? 0.98 : 0.94; }));
}

TEST_CASE("ceilings apply to comparisons of bounded measures with each other", "[study]") {
  const auto parts = [](const KeyValues& set) {
    return SearchedStudy(all_recall(1), set).without_runs().ceilings.size();
  };
  CHECK(parts({}) == 1);
  CHECK(parts({{"compare", "lstm, gru > min(lstm, gru)"}}) == 2);
  CHECK(parts({{"length", "5, 10"}}) == 2);
  CHECK(parts({{"compare", "lstm > 0.5"}}) == 0);
  CHECK(parts({{"compare", "lstm - gru > 0"}}) == 0);
  CHECK(parts({{"measure", "recall after 5 s"}}) == 0);
  CHECK(parts({{"compare", "slope(lstm over length) > slope(gru over length)"}, {"length", "5, 10"}}) == 0);
  CHECK(parts({{"compare", "lstm - gru > gru - lstm"}}) == 0);
  CHECK(parts({{"measure", "relative_loss"}, {"compare", "lstm < gru"}}) == 0);
}

TEST_CASE("parts that are not testable leave the others their verdict", "[study]") {
  SearchedStudy study(by_length({{5, with_room}, {10, all_recall(1)}, {20, all_recall(0.97)}}),
                      {{"length", "5, 10, 20"}});
  CHECK(study.without_runs().verdict == Verdict::not_run);
  const FindingResult& result = study.after(leads_with_exceptions(0, 0));
  CHECK(result.verdict == Verdict::supported);
  const auto& parts = result.primary->parts;
  CHECK(parts[0].verdict == Verdict::supported);
  CHECK(parts[0].adjusted_p == p_with_exceptions(0));  // alone in the family
  for (const std::size_t i : {1, 2}) {
    CHECK(parts[i].verdict == Verdict::not_testable);
    CHECK_FALSE(parts[i].adjusted_p);
  }
}

TEST_CASE("a claim with >= has one boundary, and one with a number has it on the right", "[study]") {
  const auto verdict = [](const std::string& compare, const Recall& recall) {
    Findings findings;
    return findings.evaluate_one({{"compare", compare}}, recall).verdict;
  };
  CHECK(verdict("lstm >= gru", lstm_leads(0)) == Verdict::supported);
  CHECK(verdict("lstm >= gru", lstm_leads(0.2)) == Verdict::supported);
  CHECK(verdict("lstm >= gru", lstm_leads(-0.2)) == Verdict::contradicted);
  CHECK(verdict("lstm >= gru", lstm_leads(-0.05)) == Verdict::undecided);
  const auto around_half = [](const RunSpec& run, std::size_t) { return 0.5 + 0.001 * static_cast<double>(run.seed); };
  CHECK(verdict("lstm > 0.4", around_half) == Verdict::supported);
  CHECK(verdict("lstm > 0.49", around_half) == Verdict::no_difference);
  CHECK(verdict("lstm > 0.6", around_half) == Verdict::contradicted);
  CHECK(verdict("lstm ~ 0.5", around_half) == Verdict::supported);
  CHECK(verdict("lstm >= 0.55", around_half) == Verdict::supported);
  CHECK(verdict("lstm - gru ~ 0", lstm_leads(0)) == Verdict::supported);
}

TEST_CASE("claims of one study share its runs", "[study]") {
  Findings findings;
  findings.write("x", finding_text({{"number", "2"}}, short_search) +
                          claim_text("claim opposite", {{"number", "1"}, {"compare", "gru > lstm"}}) +
                          claim_text("claim absolute", {{"number", "3"}, {"compare", "lstm > 0.9"}}));
  const DeclaredStudy& study = *findings.freeze().at(0).study;
  findings.add_trials(study, all_recall(0.5));
  CHECK(findings.evaluate().at(0).reason == "0 of 40 runs recorded");
  findings.add_runs(study, lstm_leads(0.2));
  const std::vector<FindingResult>& results = findings.evaluate();
  REQUIRE(results.size() == 3);
  CHECK(results[0].finding->name == "x/opposite");
  CHECK(results[0].verdict == Verdict::contradicted);
  CHECK(results[1].finding->name == "x");
  CHECK(results[1].verdict == Verdict::supported);
  CHECK(results[2].verdict == Verdict::contradicted);
  for (const FindingResult& result : results) CHECK(result.records == results[0].records);
  CHECK(results[0].records->recorded == 40);
  CHECK(results[0].seeds() == 20);
}

TEST_CASE("the reported runs have the settings that the search before their seeds chose", "[study]") {
  SearchedStudy study([](const RunSpec& run, std::size_t search) {  // A prefers high learning rates, B low ones
    const double rate = run.training.real("learning-rate");
    return 0.5 + (search == 0 ? rate : -rate);
  });
  const FindingResult& result = study.after(lstm_leads(0.2));
  CHECK(result.verdict == Verdict::supported);
  const StudyRecords& records = *result.records;
  REQUIRE(records.runs.size() == 40);
  std::map<std::string, std::set<double>> rates;
  for (std::size_t i = 0; i < records.runs.size(); ++i) {
    CHECK(records.declared[i].seed == records.runs[i].seed());
    const std::size_t search = i < 20 ? 0 : 1;
    CHECK((records.runs[i].seed() <= 10) == (search == 0));
    const SearchChoice* choice = choice_of(records, search, records.declared[i]);
    REQUIRE(choice != nullptr);
    CHECK(setting_of(records.runs[i], "learning-rate") == choice->values.at(0).second);
    rates[search == 0 ? "A" : "B"].insert(records.runs[i].spec.at("training").at("learning-rate").get<double>());
  }
  CHECK(rates["A"].size() == 1);  // both models saw the same points
  CHECK(rates["A"] != rates["B"]);
  // The declared rate was not searched, so a record with it is no reported run.
  CHECK(records.cpu_seconds > 0);
}

TEST_CASE("what a search chose is listed for each group of runs, by what distinguishes it", "[study]") {
  SearchedStudy study(with_room, {{"length", "5, 6"}});
  const Json chosen = findings_json({study.after(lstm_leads(0.2))}).at(0).at("chosen");
  std::set<std::string> groups;
  for (const Json& choice : chosen) groups.insert(choice.at("runs"));
  CHECK(groups ==
        std::set<std::string>{"copy lstm length=5", "copy lstm length=6", "copy gru length=5", "copy gru length=6"});
}

TEST_CASE("a study is not run until its search and all reported runs are finished", "[study]") {
  Findings findings;
  findings.write("x", finding_text({}, short_search));
  const DeclaredStudy& study = *findings.freeze().at(0).study;
  CHECK(findings.evaluate().at(0).reason == "the search is not finished");
  // Records with the declared settings do not count.
  for (const RunSpec& run : study.experiment.runs) findings.add_record(study, recall_record(run, 0.5));
  CHECK(findings.evaluate().at(0).reason == "the search is not finished");
  CHECK(findings.evaluate().at(0).verdict == Verdict::not_run);
  findings.add_trials(study, all_recall(0.5));
  CHECK(findings.evaluate().at(0).reason == "0 of 40 runs recorded");
  std::vector<RunSpec> runs = runs_to_report(study, findings.results()).value();
  for (std::size_t i = 1; i < runs.size(); ++i) findings.add_record(study, recall_record(runs[i], 0.5));
  CHECK(findings.evaluate().at(0).reason == "39 of 40 runs recorded");
  CHECK_FALSE(findings.evaluate().at(0).primary);
}

TEST_CASE("a comparison that cannot be computed takes the verdict from its claim alone", "[study]") {
  Findings files;
  files.write("x", finding_text({}, short_search + claim_text("claim other", {{"number", "2"}, {"measure", "skull"}})));
  const DeclaredStudy& study = *files.freeze().at(0).study;
  files.add_trials(study, with_room);
  files.add_runs(study, lstm_leads(0.2));
  const std::vector<FindingResult>& results = files.evaluate();
  CHECK(results[0].verdict == Verdict::supported);
  CHECK(results[1].verdict == Verdict::not_run);
  CHECK_THAT(results[1].reason, Catch::Contains("has a measure 'skull'"));
  CHECK(results[0].family == 2);  // where it counts with p = 1
}
