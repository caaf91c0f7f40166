// Frozen protocols: written before the first run, never changed, and needed for a verdict.
#include "findings/protocol.h"

#include <catch2/catch.hpp>

#include "core/hash.h"
#include "experiments/records/environment.h"
#include "experiments/records/parse_json.h"
#include "tests/findings/finding_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;

namespace {

const std::string changed = "the study is not as it was frozen in results/x/protocol.json: ";

// A study "x" whose protocol can be frozen and whose file can be changed afterwards.
class FrozenStudy : public Findings {
 public:
  explicit FrozenStudy(const std::string& text = finding_text({}, short_search)) {
    write("x", text);
    Findings::freeze();
  }
  std::filesystem::path protocol() const { return results() / "x" / "protocol.json"; }
  std::string text() const { return read_file(protocol()); }
  // Why there is no verdict once the study's file has this text.
  std::string problem_with(const std::string& text) {
    write("x", text);
    const std::vector<Finding> findings = read();
    return local(protocol_problem(claims_of(findings, *findings.at(0).study), results()));
  }
  std::string problem_with(const KeyValues& set, const std::string& more = short_search) {
    return problem_with(finding_text(set, more));
  }
  std::string refused_freeze() {
    return refusal_of([&] { Findings::freeze(); });
  }
};

// The protocol with another value and the hash that belongs to it.
std::string rewritten(const std::string& protocol, const std::function<void(Json&)>& change) {
  Json json = Json::parse(protocol);
  change(json);
  json.erase("hash");
  json["hash"] = hex16(fnv1a(json.dump()));
  return json.dump(1) + "\n";
}

}  // namespace

TEST_CASE("a protocol states what verdicts depend on", "[protocol]") {
  FrozenStudy study(finding_text({{"also", "lstm > gru on solved"}, {"replaces", "7 (too few seeds)"}}, short_search) +
                    claim_text("claim other", {{"number", "2"}, {"measure", "recall at 50"}}));
  const Json protocol = Json::parse(study.text());
  CHECK(protocol.at("study") == "x");
  CHECK(protocol.at("profile") == "lab");
  REQUIRE(protocol.at("claims").size() == 2);
  const Json& claim = protocol.at("claims").at(0);
  CHECK(claim.at("number") == 1);
  CHECK(claim.at("compare") == "lstm > gru");
  CHECK(claim.at("measure") == "recall");
  CHECK(claim.at("measure_version") == 1);
  CHECK(claim.at("margin") == 0.05);
  CHECK(claim.at("also").at(0).at("measure") == "solved");
  CHECK(claim.at("replaces") == "7 (too few seeds)");
  CHECK(protocol.at("claims").at(1).at("name") == "x/other");
  CHECK(protocol.at("claims").at(1).at("measure") == "recall at 50");
  REQUIRE(protocol.at("runs").size() == 2);  // without seeds
  CHECK_THAT(protocol.at("runs").at(0).get<std::string>(),
             Contains("cell = lstm") && Contains("length = 5") && Contains("updates = 20") && !Contains("seed"));
  CHECK(protocol.at("seeds").at("A") == Json{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(protocol.at("seeds").at("B") == Json{11, 12, 13, 14, 15, 16, 17, 18, 19, 20});
  CHECK_THAT(protocol.at("search").dump(), Contains("rungs = 2 x 1 at 0.5, 1 x 2 at 1"));
  CHECK(protocol.at("hash").get<std::string>().size() == 16);
}

TEST_CASE("freezing again changes nothing", "[protocol]") {
  FrozenStudy study;
  const std::string before = study.text();
  const auto time = std::filesystem::last_write_time(study.protocol());
  study.Findings::freeze();
  CHECK(study.text() == before);
  CHECK(std::filesystem::last_write_time(study.protocol()) == time);
  study.add_trials(*study.read().at(0).study, all_recall(0.5));
  study.Findings::freeze();  // to resume
  CHECK(study.text() == before);
}

TEST_CASE("freezing removes what a killed process has left of a protocol", "[protocol]") {
  FrozenStudy study;
  const std::string before = study.text();
  std::filesystem::remove(study.protocol());
  const auto left = study.protocol().parent_path() / (".protocol.json." + host_name() + ".1.0.tmp");
  overwrite(left, before.substr(0, 20));
  study.Findings::freeze();
  CHECK_FALSE(std::filesystem::exists(left));
  CHECK(study.text() == before);
}

TEST_CASE("a protocol is not frozen once there are results", "[protocol][errors]") {
  const std::string sentence =
      "x.ini: results/x holds runs but no protocol.json, so the protocol would be declared after they were seen; restore "
      "the file if it was lost";
  FrozenStudy searched;
  searched.add_trials(*searched.read().at(0).study, all_recall(0.5));
  std::filesystem::remove(searched.protocol());
  CHECK(searched.refused_freeze() == sentence);
  CHECK_FALSE(std::filesystem::exists(searched.protocol()));
  std::filesystem::remove(searched.results() / "x" / "search-A.jsonl");  // that of B is enough
  CHECK(searched.refused_freeze() == sentence);
  std::filesystem::remove(searched.results() / "x" / "search-B.jsonl");
  CHECK(searched.refused_freeze() == "accepted");

  FrozenStudy declared(finding_text());  // without a search
  std::filesystem::remove(declared.protocol());
  const std::vector<Finding> findings = declared.read();
  declared.add_record(*findings[0].study, recall_record(findings[0].study->experiment.runs[3], 0.5));
  CHECK(declared.refused_freeze() == sentence);
}

TEST_CASE("a changed study is refused in a sentence that names the change", "[protocol][errors]") {
  FrozenStudy study;
  const auto problem = [&](const KeyValues& set, const std::string& more = short_search) {
    const std::string sentence = study.problem_with(set, more);
    CHECK_THAT(sentence, StartsWith(changed));
    return sentence.substr(std::min(changed.size(), sentence.size()));
  };
  CHECK(study.problem_with(KeyValues{}) == "");
  CHECK(problem({{"margin", "0.1 (a tenth)"}}) == "margin of claim 1 was 0.05 and is 0.1");
  CHECK(problem({{"compare", "gru > lstm"}}) == "compare of claim 1 was lstm > gru and is gru > lstm");
  CHECK(problem({{"measure", "recall at 50"}}) == "measure of claim 1 was recall and is recall at 50");
  CHECK(problem({{"claim", "A GRU forgets."}}) ==
        "claim of claim 1 was An LSTM recalls more than a GRU. and is A GRU forgets.");
  CHECK(problem({{"also", "lstm > gru on solved"}}) ==
        "entry 1 of also of claim 1 was nothing and is {\"compare\":\"lstm > gru on solved\",\"measure\":\"solved\","
        "\"measure_version\":1}");
  CHECK(problem({{"not-applicable", "too hard"}}) == "not_applicable of claim 1 was nothing and is too hard");
  CHECK(problem({{"replaces", "7 (too few seeds)"}}) == "replaces of claim 1 was nothing and is 7 (too few seeds)");
  CHECK(problem({{"number", "8"}}) == "number of claim 1 was 1 and is 8");
  CHECK(problem({{"seed", "2..21"}}) == "entry 1 of A of seeds was 1 and is 2");
  CHECK(problem({{"seed", "1..22"}}) == "entry 11 of A of seeds was nothing and is 11");
  CHECK_THAT(problem({{"length", "6"}}),  // an option of the task
             StartsWith("entry 1 of runs was ") && Contains("length = 5") && Contains("length = 6"));
  CHECK_THAT(problem({{"updates", "21"}}), Contains("updates = 20") && Contains("updates = 21"));
  CHECK_THAT(problem({{"cell", "lstm, gru, mgu"}}), StartsWith("entry 3 of runs was nothing and is cell = mgu"));
  CHECK(problem({}, "[search]\nrungs = 3 x 1 at 1/2, 1 x 2 at 1\n") ==
        "entry 5 of search was rungs = 2 x 1 at 0.5, 1 x 2 at 1 and is rungs = 3 x 1 at 0.5, 1 x 2 at 1");
  CHECK(problem({}, short_search + "learning-rate = 0.001..0.05 log\n") ==
        "entry 4 of search was learning-rate = 3e-04..0.05 log (dimension 0) and is learning-rate = 0.001..0.05 log "
        "(dimension 0)");
  CHECK_THAT(problem({}, ""), StartsWith("search was ") && EndsWith(" and is null"));

  study.problem_with({{"margin", "0.1 (a tenth)"}});
  const std::string before = study.text();
  CHECK(study.refused_freeze() ==
        "x.ini: " + changed +
            "margin of claim 1 was 0.05 and is 0.1; declare a new attempt as a new claim, with a new number and "
            "'replaces = N (reason)', in a study of its own");
  CHECK(study.text() == before);
}

TEST_CASE("claims that are added or removed change a protocol, their order in the file does not", "[protocol]") {
  const std::string second = claim_text("claim b", {{"number", "2"}}), third = claim_text("claim c", {{"number", "3"}});
  const std::string head = finding_text({}, short_search);
  FrozenStudy study(head + second + third);
  CHECK(study.problem_with(head + third + second) == "");
  CHECK_THAT(study.problem_with(head + second),
             StartsWith(changed + "claim 3 was {\"name\":\"x/c\"") && EndsWith(" and is nothing"));
  CHECK_THAT(study.problem_with(head + second + third + claim_text("claim d", {{"number", "4"}})),
             StartsWith(changed + "claim 4 was nothing and is {\"name\":\"x/d\""));
}

TEST_CASE("sources, notes, published numbers and figures may change", "[protocol]") {
  FrozenStudy study;
  CHECK(study.problem_with({{"source", "Somebody 2001"},
                            {"note", "a note"},
                            {"checked", "twice"},
                            {"published", "lstm 0.5 (read)"},
                            {"figure", "over length"},
                            {"replication", "the same"}}) == "");
  CHECK(study.problem_with("title = Another title\n# a comment\n" + finding_text({}, short_search)) == "");
  // Defaults may be written out.
  CHECK(study.problem_with(KeyValues{}, short_search + "learning-rate = 0.0003..0.05 log\nselect = score\n") == "");
  CHECK(study.refused_freeze() == "accepted");
}

TEST_CASE("a protocol that was edited or cannot be read is noticed", "[protocol][errors]") {
  FrozenStudy study;
  const std::string text = study.text();
  const auto with_file = [&](const std::string& bytes) {
    overwrite(study.protocol(), bytes);
    return study.problem_with(KeyValues{});
  };
  const std::string edited = "results/x/protocol.json does not have the hash that it states, so it was edited";
  CHECK(with_file(replace_all(text, "\"margin\": 0.05", "\"margin\": 0.01")) == edited);
  CHECK(with_file(replace_all(text, "\"hash\"", "\"hush\"")) == edited);
  CHECK(with_file("[]\n") == edited);
  CHECK(with_file("{}\n") == edited);
  CHECK_THAT(with_file(text.substr(0, text.size() / 2)), StartsWith("results/x/protocol.json cannot be read: "));
  CHECK_THAT(with_file(""), StartsWith("results/x/protocol.json cannot be read: "));
  // Also in a way that the hash allows.
  CHECK(with_file(rewritten(text, [](Json& json) { json["claims"][0]["margin"] = 0.01; })) ==
        changed + "margin of claim 1 was 0.01 and is 0.05");
  CHECK(with_file(rewritten(text, [](Json& json) { json["claims"] = "none"; })).starts_with(changed));
  CHECK(with_file(rewritten(text, [](Json& json) { json["extra"] = 1; })) == changed + "extra was 1 and is nothing");
  CHECK(with_file(text) == "");
  std::filesystem::remove(study.protocol());
  CHECK(study.problem_with(KeyValues{}) ==
        "there is no results/x/protocol.json, so nothing was declared before the runs");
}

TEST_CASE("there is no verdict unless the protocol matches", "[protocol]") {
  FrozenStudy study;
  study.write("other", finding_text({{"number", "2"}}));
  const std::vector<Finding> findings = study.Findings::freeze();
  study.add_trials(*findings[0].study, all_recall(0.5));
  study.add_runs(*findings[0].study, lstm_leads(0.2));
  study.add_runs(*findings[1].study, lstm_leads(0.2));
  const auto refused = [&] {
    const std::vector<FindingResult>& results = study.evaluate();
    CHECK(results[0].refused);
    CHECK(results[0].verdict == Verdict::not_run);
    CHECK_FALSE(results[0].primary->parts[0].adjusted_p);
    CHECK_FALSE(results[0].half_margin);
    // Its part stays in the family, with p = 1.
    CHECK_FALSE(results[1].refused);
    CHECK(results[1].verdict == Verdict::supported);
    const ComparisonPart& other = results[1].primary->parts[0];
    CHECK(other.adjusted_p == 2 * other.effect.smallest_p());
    return study.local(results[0].reason);
  };
  CHECK_FALSE(study.evaluate()[0].refused);
  CHECK(study.evaluate()[0].verdict == Verdict::supported);
  study.write("x", finding_text({{"margin", "0.1 (a tenth)"}}, short_search));
  CHECK(refused() == changed + "margin of claim 1 was 0.05 and is 0.1");
  study.write("x", finding_text({}, short_search));
  CHECK(study.evaluate()[0].verdict == Verdict::supported);
  const std::string text = study.text();
  overwrite(study.protocol(), replace_all(text, "lstm > gru", "gru > lstm"));
  CHECK_THAT(refused(), EndsWith("so it was edited"));
  std::filesystem::remove(study.protocol());
  CHECK_THAT(refused(), EndsWith("so nothing was declared before the runs"));
}

TEST_CASE("a claim is not testable only by its frozen margin", "[protocol]") {
  // Scores of 0.9 leave room for the frozen margin of 0.05, and none for one of 0.2.
  FrozenStudy study;
  study.write("other", finding_text({{"number", "2"}}));
  const std::vector<Finding> findings = study.Findings::freeze();
  study.add_trials(*findings[0].study, all_recall(0.9));
  study.add_runs(*findings[1].study, lstm_leads(0.2));
  CHECK(study.evaluate()[0].reason == "0 of 40 runs recorded");
  study.write("x", finding_text({{"margin", "0.2 (a fifth)"}}, short_search));
  for (const bool complete : {false, true}) {
    INFO(complete);
    if (complete) study.add_runs(*findings[0].study, lstm_leads(0.2));
    const std::vector<FindingResult>& results = study.evaluate();
    CHECK(results[0].verdict == Verdict::not_run);
    CHECK(results[0].refused);
    CHECK(study.local(results[0].reason) == changed + "margin of claim 1 was 0.05 and is 0.2");
    const ComparisonPart& other = results[1].primary->parts[0];
    CHECK(other.adjusted_p == 2 * other.effect.smallest_p());
  }
}

TEST_CASE("the smoke profile needs no protocol, other profiles have their own", "[protocol]") {
  Findings findings;
  findings.write("x", finding_text());
  const std::vector<Finding> smoke = findings.read(Profile::smoke), full = findings.read(Profile::full);
  findings.add_runs(*smoke[0].study, lstm_leads(0.2));
  const FindingResult result = evaluate_findings(smoke, findings.results()).at(0);
  CHECK_FALSE(result.refused);
  CHECK(result.verdict == Verdict::undecided);
  CHECK(protocol_path(*full[0].study, "r") == std::filesystem::path("r/full/x/protocol.json"));
  rnnbench::findings::freeze(claims_of(full, *full[0].study), findings.results());
  CHECK(Json::parse(read_file(findings.results() / "full/x/protocol.json")).at("profile") == "full");
  CHECK_FALSE(std::filesystem::exists(findings.results() / "x"));
}

TEST_CASE("a claim cannot be declared again under another name", "[protocol][errors]") {
  Findings files;
  files.write("x", finding_text({}, short_search));
  files.freeze();
  const auto refused = [&](const KeyValues& set, const std::string& more) {
    const std::filesystem::path file = files.write("y", finding_text(set, more));
    const std::vector<Finding> other = read_findings({file});
    return files.refusal_of([&] { rnnbench::findings::freeze(claims_of(other, *other[0].study), files.results()); });
  };
  CHECK(refused({}, short_search) == "y.ini: number = 1 is that of a claim that is frozen in results/x/protocol.json");
  CHECK(refused({{"number", "2"}}, short_search) == "accepted");  // a search of its own, so its results are not known
  Findings fixed;
  fixed.write("x", finding_text());
  const DeclaredStudy& x = *fixed.freeze().at(0).study;
  const auto again = [&](const std::string& replaces) {
    const std::filesystem::path file = fixed.write("y", finding_text({{"number", "2"}, {"replaces", replaces}}));
    const std::vector<Finding> other = read_findings({file});
    return fixed.refusal_of([&] { rnnbench::findings::freeze(claims_of(other, *other[0].study), fixed.results()); });
  };
  CHECK(again("") == "accepted");  // nothing is known yet
  std::filesystem::remove_all(fixed.results() / "y");
  fixed.add_record(x, recall_record(x.experiment.runs[0], 0.5));
  CHECK_THAT(again(""), StartsWith("y.ini: the same runs with the same seeds are declared in results/x/protocol.json"));
  CHECK(again("1 (another margin)") == "accepted");
  std::filesystem::remove_all(fixed.results() / "y");
  overwrite(fixed.results() / "x" / "protocol.json", "{}");
  CHECK_THAT(again(""), StartsWith("y.ini: results/x/protocol.json cannot be read: "));
}
