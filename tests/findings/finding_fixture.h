// Findings in a folder of their own with made-up records, for the tests of findings.
#pragma once

#include <fstream>
#include <map>

#include "findings/evaluation.h"
#include "tests/experiments/run_fixture.h"
#include "tests/findings/finding_records.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

// The keys of a finding's file; those of `set` replace or add, those set to "" are left out.
inline std::string finding_text(const std::map<std::string, std::string>& set = {}, const std::string& more = "") {
  std::map<std::string, std::string> claim = {{"number", "1"},           {"claim", "An LSTM recalls more than a GRU."},
                                              {"source", "Nobody 1999"}, {"measure", "recall"},
                                              {"compare", "lstm > gru"}, {"margin", "0.05 (a twentieth of all)"}};
  std::map<std::string, std::string> head = {{"task", "copy"}, {"cell", "lstm, gru"}, {"length", "5"},
                                             {"hidden", "4"},  {"updates", "20"},     {"seed", "1..12"}};
  for (const auto& [key, value] : set) (head.contains(key) ? head : claim)[key] = value;
  std::string text;
  for (const auto& [key, value] : head) text += key + " = " + value + "\n";
  text += more + "[finding]\n";
  for (const auto& [key, value] : claim)
    if (!value.empty()) text += key + " = " + value + "\n";
  return text;
}

class Findings {
 public:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    const auto file = folder_.path() / (name + ".ini");
    std::ofstream(file) << text;
    files_.push_back(file);
    return file;
  }
  std::vector<Finding> read(Profile profile = Profile::lab) const { return read_findings(files_, profile); }
  std::filesystem::path results() const { return folder_.path() / "results"; }

  // A record of the run whose recall is `recall`; all else that `result` does not set is as of an unsolved run of copy.
  void record(const Finding& finding, const RunSpec& run, double recall, const Json& result = Json::object()) const {
    ResultsFolder results_folder(finding.results(results()), finding.name);
    results_folder.prepare();
    Record record = *made_up::scored(run.model.text("cell"), run.seed, recall).record;
    record.spec = run.json();
    record.result["final"]["validation"]["recall"] = recall;
    record.result.update(result);
    record.result.erase("hash");
    record.result["hash"] = result_hash(record.result);
    results_folder.commit(record);
  }
  // Of all declared runs: seeds differ by 0.1, the first cell from the others by `effect`, give or take 0.01.
  void record_all(const Finding& finding, double effect, const Json& result = Json::object()) const {
    for (const RunSpec& run : finding.experiment.runs) {
      Stream seed(run.seed, Purpose::test, 1, 1), own(run.seed, Purpose::test, 2, run.model.text("cell").size());
      const bool first = run.model.text("cell") == finding.experiment.runs[0].model.text("cell");
      record(finding, run, 0.4 + 0.1 * seed.normal() + (first ? effect : 0) + 0.01 * own.normal(), result);
    }
  }
  std::vector<FindingResult> evaluate() {
    read_ = read();
    return evaluate_findings(read_, results());
  }
  // The sentence of a refusal, from the file's name on.
  std::string refusal(Profile profile = Profile::lab) const {
    try {
      read(profile);
    } catch (const UserError& error) {
      std::string sentence = error.what();
      for (std::size_t at; (at = sentence.find(folder_.path().string() + "/")) != std::string::npos;)
        sentence.erase(at, folder_.path().string().size() + 1);
      return sentence;
    }
    return "accepted";
  }

 private:
  TemporaryFolder folder_;
  std::vector<std::filesystem::path> files_;
  std::vector<Finding> read_;
};

}  // namespace rnnbench::test
