// Studies and claims: how their files are read, and which are refused.
#include "findings/finding.h"

#include <catch2/catch.hpp>

#include "core/error.h"
#include "findings/listing.h"
#include "tests/findings/finding_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;
using Catch::EndsWith;

namespace {

std::string refusal(const KeyValues& set, const std::string& more = "") {
  Findings findings;
  findings.write("x", finding_text(set, more));
  return findings.refusal();
}

// Of a study with two claims, of which the second is this text.
std::string refusal_of_second(const std::string& text) {
  Findings findings;
  findings.write("x", finding_text() + text);
  return findings.refusal();
}

}  // namespace

TEST_CASE("a finding says what its file says", "[finding]") {
  Findings findings;
  findings.write("recall", finding_text({{"number", "7"},
                                         {"also", "lstm ~ gru on loss; min(lstm, gru) > 0.5"},
                                         {"published", "lstm 0.9 (read), gru{length=5} 0.5 (from memory)"},
                                         {"note", "a note"},
                                         {"checked", "what was checked"},
                                         {"replication", "another program gives the same"},
                                         {"replaces", "3 (its budget was too small)"},
                                         {"figure", "over length"}},
                                        short_search));
  const Finding finding = findings.read().at(0);
  CHECK(finding.name == "recall");
  CHECK(finding.short_name() == "claim");
  CHECK(finding.number == 7);
  CHECK(finding.claim == "An LSTM recalls more than a GRU.");
  CHECK(finding.source == "Nobody 1999");
  CHECK(finding.margin == 0.05);
  CHECK(finding.margin_reason == "a twentieth of all");
  CHECK(finding.primary.statement.text == "lstm > gru");
  CHECK(finding.primary.measurement.name == "recall");
  CHECK(finding.parts == 1);
  REQUIRE(finding.also.size() == 2);
  CHECK(finding.also[0].measurement.name == "loss");
  CHECK(finding.also[1].statement.left[0].kind == Expression::Kind::min);
  REQUIRE(finding.published.size() == 2);
  CHECK(finding.published[1].model.where.size() == 1);
  CHECK(finding.published[1].value == 0.5);
  CHECK(finding.published[1].certainty == "from memory");
  CHECK(finding.note == "a note");
  CHECK(finding.checked == "what was checked");
  CHECK(finding.replication == "another program gives the same");
  CHECK(finding.replaces == "3 (its budget was too small)");
  CHECK(finding.figure == "over length");
  CHECK(finding.not_applicable.empty());
  // The margin is in the unit of the measure that it was declared for.
  CHECK(finding.margin_of(finding.also[0]) == 0);
  CHECK(finding.margin_of(finding.also[1]) == 0.05);
}

TEST_CASE("a study has runs, a search, and half of its seeds after each search", "[finding]") {
  Findings findings;
  findings.write("x", finding_text({{"seed", "100, 5, 1..4, 6..19, 21, 22"}}, short_search));
  const DeclaredStudy study = *findings.read().at(0).study;
  CHECK(study.name == "x");
  CHECK(study.profile == Profile::lab);
  CHECK(study.experiment.runs.size() == 2 * 22);
  CHECK(study.seeds[0] == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  CHECK(study.seeds[1] == std::vector<std::uint64_t>{12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 100});
  REQUIRE(study.search);
  CHECK(study.search->rungs().size() == 2);
}

TEST_CASE("a profile changes the runs and the results folder of a study", "[finding]") {
  Findings findings;
  findings.write("x", finding_text({{"length", "5"}}, "[full]\nlength = 5, 10\nhidden = 8\n" + short_search));
  const DeclaredStudy lab = *findings.read().at(0).study, smoke = *findings.read(Profile::smoke).at(0).study,
                      full = *findings.read(Profile::full).at(0).study;
  CHECK(lab.experiment.runs.size() == 2 * 20);
  CHECK(lab.runs_after(1).size() == 2 * 10);
  CHECK(lab.runs_after(1).front().seed == 11);
  CHECK(lab.results("r") == "r");
  // Two seeds, and one full trial for each model.
  CHECK(smoke.experiment.runs.size() == 2 * 2);
  CHECK(smoke.seeds[0] == std::vector<std::uint64_t>{1});
  CHECK(smoke.seeds[1] == std::vector<std::uint64_t>{2});
  REQUIRE(smoke.search->rungs().size() == 1);
  CHECK(smoke.search->rungs()[0].points == 1);
  CHECK(smoke.results("r") == std::filesystem::path("r/smoke"));
  CHECK(full.experiment.runs.size() == 2 * 2 * 20);
  CHECK(full.experiment.runs[0].model.text("hidden") == "8");
  CHECK(full.search->rungs().size() == 2);
  CHECK(full.results("r") == std::filesystem::path("r/full"));
  CHECK(findings.read(Profile::full).at(0).parts == 2);
  // Commands take the path of a study that is not in the catalogue.
  CHECK(lab.argument() == lab.file.generic_string());
  std::filesystem::create_directories(findings.results().parent_path() / "catalogue");
  findings.write("catalogue/known", finding_text({{"number", "2"}}));
  CHECK(findings.read().at(1).study->argument() == "known");
}

TEST_CASE("a study makes several claims, which have names", "[finding]") {
  Findings findings;
  findings.write("x", claim_text("claim first-1", {{"number", "3"}}).insert(0, finding_text({{"number", "2"}})) +
                          claim_text("claim second", {{"number", "1"}, {"compare", "gru > lstm"}}));
  const std::vector<Finding> read = findings.read();
  REQUIRE(read.size() == 3);  // by number
  CHECK(read[0].name == "x/second");
  CHECK(read[0].short_name() == "second");
  CHECK(read[0].primary.statement.text == "gru > lstm");
  CHECK(read[1].name == "x");
  CHECK(read[1].short_name() == "claim");
  CHECK(read[2].name == "x/first-1");
  CHECK(read[0].study == read[1].study);
  CHECK(read[0].study == read[2].study);
  CHECK(studies_of(read).size() == 1);

  CHECK(refusal_of_second(claim_text("claim A", {{"number", "2"}})) ==
        "x.ini:15: [claim A]: a name consists of at most 40 small letters, digits and '-'");
  CHECK(refusal_of_second(claim_text("claim a b", {{"number", "2"}})) ==
        "x.ini:15: [claim a b]: a name consists of at most 40 small letters, digits and '-'");
  CHECK(refusal_of_second(claim_text("claim a/b", {{"number", "2"}})) ==
        "x.ini:15: [claim a/b]: a name consists of at most 40 small letters, digits and '-'");
  const std::string a = claim_text("claim a", {{"number", "2"}}), b = claim_text("claim b", {{"number", "3"}});
  CHECK(refusal_of_second(a + b) == "accepted");
  CHECK(refusal_of_second(a + b + a) ==
        "x.ini:29: claim is already set in line 15; a key may be set once in [claim a]");
  CHECK(refusal_of_second(a + claim_text("claim  a", {{"number", "3"}})) ==
        "x.ini:22: there are two sections [claim  a]");
  CHECK(refusal_of_second(claim_text("claim a", {{"number", "2"}, {"margin", ""}})) ==
        "x.ini:16: [claim a] needs margin");
  CHECK(refusal_of_second(claim_text("claim a", {{"number", "2"}, {"compare", "lstm > rnn"}})) ==
        "x.ini:16: no run is 'rnn'");
  CHECK(refusal_of_second(claim_text("claim a", {{"number", "2"}, {"colour", "red"}}))
            .starts_with("x.ini:16: [claim a] has no key 'colour'; it takes number, "));
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
    CHECK_THAT(refusal({{key, ""}}), EndsWith(std::string("[claim] needs ") + key));
  // Keys are written in alphabetical order, from line 8 on.
  CHECK(
      refusal({{"chaim", "x"}}) ==
      "x.ini:8: [claim] has no key 'chaim'; it takes number, claim, source, measure, compare, margin, also, note, published, "
      "figure, checked, replaces, replication, not-applicable; did you mean 'claim'?");
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
    CHECK_THAT(refusal({{"published", published}}), EndsWith(std::string("published = ") + published + certainty));
  CHECK_THAT(refusal({{"published", "rnn 3 (read)"}}), EndsWith("published: no run is 'rnn'"));

  for (const char* replaces :
       {"7", "seven (a reason)", "7 ()", "7.5 (a reason)", "0 (a reason)", "1000 (a reason)", "1 (a reason)"})
    CHECK_THAT(refusal({{"replaces", replaces}}),
               EndsWith(std::string("replaces = ") + replaces +
                        " is not the number of another claim with the reason, such as 7 (the budget was too small)"));

  Findings nothing;
  const auto file = nothing.write("y", "task = copy\ncell = lstm\n");
  CHECK_FALSE(is_study(file));
  CHECK(nothing.read().empty());  // an experiment of the catalogue that claims nothing
  CHECK(nothing.refusal_of([&] { read_study(file); }) ==
        "y.ini claims nothing: a study has a section [claim], or sections [claim NAME], with number, claim, source, "
        "measure, compare, margin");
}

TEST_CASE("a further comparison has the margin of the primary one if both have the same unit", "[finding]") {
  const auto margin = [](const std::string& compare, const std::string& also) {
    Findings findings;
    findings.write(
        "x",
        finding_text(
            {{"measure", "updates_to_solve"}, {"compare", compare}, {"also", also}, {"margin", "0.2 (a reason)"}}));
    const Finding finding = findings.read().at(0);
    return finding.margin_of(finding.also.at(0));
  };
  CHECK(margin("gru < lstm", "lstm > gru") == 0.2);
  CHECK(margin("gru < lstm", "gru / lstm < 1") == 0);
  CHECK(margin("gru / lstm < 1", "gru / lstm < 1 on cpu_seconds_to_solve") == 0.2);
  CHECK(margin("gru / lstm < 1", "gru < lstm") == 0);
  CHECK(margin("gru < lstm", "gru > lstm on recall") == 0);
}

TEST_CASE("a search that would spoil the comparison is refused", "[finding][errors]") {
  CHECK(refusal({}, short_search) == "accepted");
  CHECK(
      refusal({{"seed", "1095..1114"}}, short_search) ==
      "x.ini: seed = 1101 is a seed of the search (search A, rung 1), so it cannot be reported; tuning seeds are 1000 "
      "(search A) or 2000 (search B) + 100 x rung + number");
  CHECK(refusal({}, short_search + "momentum = 0.1, 0.5\n") ==
        "x.ini:9: [search] momentum = 0.1, 0.5 is used by no run of this grid");
  const std::string rate = "learning-rate = 0.002\n", names = "' names; take it out of one of them";
  const KeyValues compare = {{"compare", "lstm{learning-rate=0.002} > gru"}};
  CHECK(refusal(compare, short_search) == "x.ini:11: no run is 'lstm{learning-rate=0.002}'");
  CHECK(refusal(compare, rate + short_search) ==  // in the line of the claim's first key
        "x.ini: x: [search] varies learning-rate, which 'lstm{learning-rate=0.002}" + names);
  CHECK(refusal({{"also", "show gru{learning-rate=0.002}"}}, rate + short_search) ==
        "x.ini: x: [search] varies learning-rate, which 'gru{learning-rate=0.002}" + names);
  CHECK(refusal(compare, rate) == "accepted");
  CHECK(refusal({}, "learning-rate = 0.001, 0.01\n" + short_search) ==
        "x.ini: [search] learning-rate cannot be searched, because runs of the grid are compared by it (0.001, 0.01)");
}

TEST_CASE("a search chooses settings by what the claims compare", "[finding][errors]") {
  const std::string by_time = short_search + "select = time\n";
  const KeyValues times = {{"measure", "updates_to_solve"}, {"compare", "gru < lstm"}};
  const KeyValues scores;
  CHECK(refusal(times, short_search) == "x.ini: x: [search] needs select = time, because updates_to_solve is compared");
  CHECK(refusal(times, by_time) == "accepted");
  CHECK(refusal(scores, by_time) ==
        "x.ini: x: [search] cannot have select = time, because no claim compares a time to solve");
}

TEST_CASE("a study cannot be named like a profile", "[finding][errors]") {
  Findings findings;
  findings.write("smoke", finding_text());
  CHECK(findings.refusal() ==
        "smoke.ini: a study cannot have the name of a profile, whose results are in this folder; rename the file");
}

TEST_CASE("numbers of findings and names of studies are used once", "[finding][errors]") {
  Findings twice;
  twice.write("a", finding_text());
  twice.write("b", finding_text());
  CHECK(twice.refusal() == "b and a are both finding number 1");
  CHECK(refusal_of_second(claim_text("claim second")) == "x/second and x are both finding number 1");
  Findings same_name;
  std::filesystem::create_directory(same_name.results().parent_path() / "other");
  same_name.write("a", finding_text());
  same_name.write("other/a", finding_text({{"number", "2"}}));
  CHECK(same_name.refusal() == "other/a.ini and a.ini are both studies named a");
  CHECK(same_name.refusal(Profile::smoke) == "other/a.ini and a.ini are both studies named a");
}

TEST_CASE("a study has an even number of seeds, and enough for intervals after each search", "[finding][errors]") {
  CHECK(refusal({{"seed", "1..21"}}) ==
        "x.ini: 21 seeds cannot be divided into two halves, one for each search; declare an even number");
  CHECK(refusal({{"seed", "1..14"}}) ==
        "x.ini: x: 14 seeds are 7 after each of the two searches, which decide nothing; declare 16 or more");
  CHECK(refusal({{"seed", "1..16"}}) == "accepted");
  CHECK(refusal({{"seed", "1..2"}, {"not-applicable", "nobody has its data"}}) == "accepted");
  Findings few;
  few.write("x", finding_text({{"seed", "1..2"}}));
  CHECK(few.refusal(Profile::smoke) == "accepted");
}

TEST_CASE("equivalence of binary outcomes is refused if no outcome of so many seeds could establish it",
          "[finding][errors]") {
  const auto solved = [](const std::string& compare, const std::string& margin, const std::string& seeds) {
    return refusal({{"measure", "solved"}, {"compare", compare}, {"margin", margin + " (m)"}, {"seed", seeds}});
  };
  const auto refused = [](const std::string& seeds, const std::string& what) {
    return "x.ini: x: " + seeds + " seeds cannot establish " + what +
           ", even if all runs agree; give it more seeds or a wider margin";
  };
  CHECK(solved("lstm ~ gru", "0.02", "1..32") == refused("32", "'lstm ~ gru' for solved within 0.02"));
  // The smallest p is that of the score test if all runs agree: n m / (1 - m) = z^2, where m is the margin and z the
  // quantile of a one-sided test at 2.5 %. 34 pairs are too few for a margin of 0.1, since 34 / 9 = 3.78 < 3.84.
  CHECK(solved("lstm ~ gru", "0.1", "1..34") == refused("34", "'lstm ~ gru' for solved within 0.1"));
  CHECK(solved("lstm ~ gru", "0.1", "1..36") == "accepted");
  CHECK(solved("lstm - gru ~ 0", "0.1", "1..34") == refused("34", "'lstm - gru ~ 0' for solved within 0.1"));
  CHECK(solved("lstm - gru ~ 0", "0.1", "1..36") == "accepted");
  // Of a rate the exact test decides: 2 x 0.9^34 > 0.05 >= 2 x 0.9^36.
  const auto diverged = [](const std::string& seeds) {
    return refusal({{"measure", "diverged"}, {"compare", "lstm ~ 0"}, {"margin", "0.1 (m)"}, {"seed", seeds}});
  };
  CHECK(diverged("1..34") == refused("34", "'lstm ~ 0' for diverged within 0.1"));
  CHECK(diverged("1..36") == "accepted");
  CHECK(solved("lstm > gru", "0.02", "1..20") == "accepted");
  CHECK(solved("lstm >= gru", "0.02", "1..20") == "accepted");
  CHECK(refusal({{"measure", "solved"},
                 {"compare", "lstm ~ gru"},
                 {"margin", "0.1 (m)"},
                 {"seed", "1..34"},
                 {"not-applicable", "no such data"}}) == "accepted");
}

TEST_CASE("boundaries that no number can cross are refused", "[finding][errors]") {
  const auto ratio = [](const std::string& compare, const std::string& margin) {
    return refusal({{"measure", "loss"}, {"compare", compare}, {"margin", margin + " (m)"}});
  };
  CHECK(ratio("lstm / gru < 1", "0.9") == "accepted");
  CHECK(
      ratio("lstm / gru < 1", "1") ==
      "x.ini: x: 'lstm / gru < 1' with margin = 1 has a boundary of 0, but a ratio is always above 0; compare it with a "
      "number above 0 and choose a margin below it");
  CHECK_THAT(ratio("lstm / gru > 0", "0.1"), Contains("has a boundary of -0.1"));
  CHECK_THAT(refusal({{"compare", "lstm, gru > gru"}}), EndsWith("'lstm, gru > gru' compares 'gru' with itself"));
}

TEST_CASE("runs that are compared with themselves and sides that are repeated are refused", "[finding][errors]") {
  const auto of_two_lengths = [](const std::string& compare) {
    return refusal({{"compare", compare}, {"length", "5, 10"}});
  };
  CHECK(of_two_lengths("lstm{length=5} ~ lstm{length=5,hidden=4}") ==
        "x.ini:9: 'lstm{length=5} ~ lstm{length=5,hidden=4}' compares 'lstm{length=5}' with itself, because "
        "'lstm{length=5,hidden=4}' stands for the same runs");
  for (const char* text : {"lstm ~ lstm{hidden=4}", "lstm - lstm > 0", "lstm / lstm < 1", "mean(lstm) > lstm",
                           "min(lstm, gru) > min(gru{hidden=4}, lstm)", "min(lstm, lstm, gru) > min(lstm, gru)",
                           "max(lstm, max(gru, rnn)) ~ max(lstm, gru, rnn)",
                           "mean(lstm, gru, gru, lstm) > mean(lstm, gru)", "lstm > max(gru - gru{layers=1}, rnn)"}) {
    CAPTURE(text);
    const KeyValues set = {{"cell", "lstm, gru, rnn"}, {"compare", text}};
    CHECK_THAT(refusal(set), Contains("x.ini:9: '" + std::string(text) + "' compares '") && Contains("' with itself"));
  }
  CHECK_THAT(of_two_lengths("slope(lstm - lstm{hidden=4} over length) > 0"), Contains("' with itself"));
  CHECK(refusal({{"compare", "lstm, gru, lstm{hidden=4} > 0.5"}}) ==
        "x.ini:9: 'lstm, gru, lstm{hidden=4} > 0.5' repeats a side: 'lstm{hidden=4}' stands for the same runs as one "
        "before it");
  CHECK_THAT(refusal({{"also", "show lstm, lstm"}}), Contains("x.ini:8: 'show lstm, lstm' repeats a side"));
  for (const char* text : {"lstm{length=5} - lstm{length=10} > 0", "slope(lstm - gru over length) > 0",
                           "lstm{length=5}, lstm{length=10} > 0.5", "lstm - gru > gru - lstm"})
    CHECK(of_two_lengths(text) == "accepted");
  // On the only task that both models have, they are the same runs.
  CHECK_THAT(refusal({{"task", "copy, adding"}, {"measure", "skill"}, {"compare", "lstm ~ lstm{hidden=4}"}},
                     "[adding]\nhidden = 8\n"),
             Contains("' with itself"));
}

TEST_CASE("a margin that no difference of shares can reach is refused", "[finding][errors]") {
  const auto claimed = [](const std::string& measure, const std::string& compare, const std::string& margin) {
    return refusal({{"measure", measure}, {"compare", compare}, {"margin", margin + " (m)"}});
  };
  CHECK(claimed("solved", "lstm > gru", "1.5") ==
        "x.ini:10: margin = 1.5 cannot be reached by 'lstm > gru': solved is a share from 0 to 1");
  for (const char* measure : {"diverged", "recall", "recall at 50", "accuracy beyond"})
    CHECK(claimed(measure, "lstm <= max(gru, 0.5)", "1") ==
          "x.ini:10: 'lstm <= max(gru, 0.5)' cannot fail with margin = 1: " + parse_measurement(measure).name +
              " is a share from 0 to 1");
  for (const char* compare : {"lstm - gru > 0.5", "max(lstm, gru) - gru > 0.5", "lstm - gru < -0.5"})
    CHECK_THAT(claimed("recall", compare, "0.5"), Contains("cannot be reached"));
  CHECK_THAT(claimed("recall", "lstm ~ 0.5", "0.6"), Contains("cannot fail"));
  CHECK_THAT(claimed("recall", "lstm >= 0.05", "0.1"), Contains("cannot fail"));
  CHECK(claimed("recall", "lstm ~ 0.5", "0.4") == "accepted");
  CHECK(claimed("solved", "lstm > gru", "0.99") == "accepted");
  CHECK(claimed("recall", "lstm > 0.9", "0.2") ==
        "x.ini:10: margin = 0.2 cannot be reached by 'lstm > 0.9': recall is a share from 0 to 1");
  CHECK(claimed("recall", "lstm > 0.9", "0.05") == "accepted");
  CHECK_THAT(claimed("recall", "lstm < 0.1", "0.1"), Contains("cannot be reached by 'lstm < 0.1'"));
  CHECK(claimed("recall", "lstm / gru > 2", "1.5") == "accepted");
  CHECK(claimed("updates_to_solve", "gru < lstm", "20") == "accepted");
}

TEST_CASE("a comparison of mean losses is refused, one of their ratio is not", "[finding][errors]") {
  CHECK_THAT(refusal({{"measure", "loss"}, {"compare", "lstm < gru"}}),
             Contains("x.ini: x: 'lstm < gru' compares means of loss") && Contains("compare a ratio"));
  CHECK_THAT(refusal({{"measure", "cpu_ms_per_update"}, {"compare", "lstm < 3"}}), Contains("compares means of"));
  CHECK(refusal({{"measure", "loss"}, {"compare", "lstm / gru < 1"}}) == "accepted");
  CHECK(refusal({{"measure", "loss"}, {"compare", "lstm < gru"}, {"not-applicable", "it is not"}}) == "accepted");
}
