// Studies in a folder of their own with made-up trials and records, for the tests of findings.
#pragma once

#include <cmath>
#include <fstream>
#include <functional>
#include <map>

#include "core/error.h"
#include "core/text.h"
#include "experiments/search/search.h"
#include "findings/evaluation.h"
#include "findings/protocol.h"
#include "tests/experiments/run_fixture.h"
#include "tests/findings/finding_records.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

using KeyValues = std::map<std::string, std::string>;

// A section [claim] or [claim NAME]; the keys of `set` replace or add, those set to "" are left out.
inline std::string claim_text(const std::string& section, const KeyValues& set = {}) {
  KeyValues claim = {{"number", "1"},           {"claim", "An LSTM recalls more than a GRU."},
                     {"source", "Nobody 1999"}, {"measure", "recall"},
                     {"compare", "lstm > gru"}, {"margin", "0.05 (a twentieth of all)"}};
  for (const auto& [key, value] : set) claim[key] = value;
  std::string text = "[" + section + "]\n";
  for (const auto& [key, value] : claim)
    if (!value.empty()) text += key + " = " + value + "\n";
  return text;
}

// A study with ten seeds after each search and one section [claim], whose keys `set` contains too.
inline std::string finding_text(const KeyValues& set = {}, const std::string& more = "") {
  KeyValues claim, head = {{"task", "copy"}, {"cell", "lstm, gru"}, {"length", "5"},
                           {"hidden", "4"},  {"updates", "20"},     {"seed", "1..20"}};
  for (const auto& [key, value] : set) (head.contains(key) ? head : claim)[key] = value;
  std::string text;
  for (const auto& [key, value] : head) text += key + " = " + value + "\n";
  return text + more + claim_text("claim", claim);
}

// Four trials for each model and search.
inline const std::string short_search = "[search]\nrungs = 2 x 1 at 1/2, 1 x 2 at 1\n";

// The recall of a made-up run that is a trial of, or follows, search 0 (A) or 1 (B).
using Recall = std::function<double(const RunSpec& run, std::size_t search)>;

inline bool has_cell(const RunSpec& run, const std::string& cell) { return run.model.text("cell") == cell; }

// Seeds differ by 0.1, the LSTM from the others by these effects after A and B, give or take 0.01.
inline Recall lstm_leads(double after_a, double after_b) {
  return [=](const RunSpec& run, std::size_t search) {
    Stream seed(run.seed, Purpose::test, 1, 1),
        own(run.seed, Purpose::test, 2, static_cast<std::uint32_t>(run.model.text("cell").size()));
    const double effect = has_cell(run, "lstm") ? (search == 0 ? after_a : after_b) : 0;
    return 0.4 + 0.1 * seed.normal() + effect + 0.01 * own.normal();
  };
}
inline Recall lstm_leads(double effect) { return lstm_leads(effect, effect); }
// Every run recalls the same.
inline Recall all_recall(double recall) {
  return [=](const RunSpec&, std::size_t) { return recall; };
}

// Recall by the length of the sequences.
inline Recall by_length(const std::map<int, Recall>& recalls) {
  return [=](const RunSpec& run, std::size_t search) {
    return recalls.at(static_cast<int>(run.task.integer("length")))(run, search);
  };
}

// In the order of seeds, the LSTM's lead over the GRU. With ten seeds after each search and a boundary of 0.05, all
// leads are above it except the first `below_a` after A and `below_b` after B, which are below it by less in sum than
// any other is above it.
inline Recall leads_with_exceptions(int below_a, int below_b) {
  return [=](const RunSpec& run, std::size_t search) {
    const int place = static_cast<int>((run.seed - 1) % 10);
    const bool exception = place < (search == 0 ? below_a : below_b);
    const double size = 0.0001 * (1 + place + 10 * static_cast<double>(search));
    const double lead = exception ? 0.05 - size : 0.2 + size;
    return 0.3 + (has_cell(run, "lstm") ? lead : 0);
  };
}

// The p-value of such leads by hand. Of the 2^20 patterns of signs, those with a sum at least as large flip any of the
// exceptions and no other. It is doubled, because the test is one-sided.
inline double p_with_exceptions(int exceptions) { return 2 * std::ldexp(1, exceptions - 20); }

// What `result` does not set is as of an unsolved run of copy.
inline Record recall_record(const RunSpec& run, double recall, const Json& result = Json::object()) {
  Record record = *made_up::scored(run.model.text("cell"), run.seed, recall).record;
  record.spec = run.json();
  record.result["final"]["validation"]["recall"] = recall;
  record.result.update(result);
  record.result.erase("hash");
  record.result["hash"] = result_hash(record.result);
  return record;
}

// Made-up records need not survive a power failure, and waiting for the disk takes most of the time.
class UnsyncedFiles : public Files {
 public:
  void write(const std::filesystem::path& path, const std::string& bytes) override { std::ofstream(path) << bytes; }
  void append_lines(const std::filesystem::path& path, const std::function<std::string()>& lines,
                    const std::function<bool(std::string_view)>&) override {
    std::ofstream(path, std::ios::app) << lines();
  }
  void sync_folder(const std::filesystem::path&) override {}
};

class Findings {
 public:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    const auto file = folder_.path() / (name + ".ini");
    std::ofstream(file) << text;
    if (std::find(files_.begin(), files_.end(), file) == files_.end()) files_.push_back(file);
    return file;
  }
  std::vector<Finding> read(Profile profile = Profile::lab) const { return read_findings(files_, profile); }
  std::filesystem::path results() const { return folder_.path() / "results"; }

  // Reads the files and freezes the protocol of every study. The findings stay until the next call.
  const std::vector<Finding>& freeze() {
    frozen_ = read();
    for (const auto& study : studies_of(frozen_)) findings::freeze(claims_of(frozen_, *study), results());
    return frozen_;
  }

  // Adds trials to both searches of a study until they are finished.
  void add_trials(const DeclaredStudy& study, const Recall& recall) const {
    const std::filesystem::path folder = study.results(results()) / study.name;
    std::filesystem::create_directories(folder);
    for (std::size_t s = 0; s < searches.size(); ++s) {
      TrialFile file(TrialFile::path_in(folder, searches[s]), files_without_sync_);
      for (;;) {
        const auto due = search_state(*study.search, study.experiment.runs, searches[s], file).due;
        if (due.empty()) break;
        for (const RunSpec& run : due) file.add(trial_record(run, recall_record(run, recall(run, s))));
      }
    }
  }
  void add_record(const DeclaredStudy& study, const Record& record) const {
    ResultsFolder folder(study.results(results()), study.name, files_without_sync_);
    folder.prepare();
    folder.commit(record);
  }
  // Of all runs that the study reports. Its searches, if any, are finished.
  void add_runs(const DeclaredStudy& study, const Recall& recall, const Json& result = Json::object()) const {
    const std::vector<RunSpec> runs = runs_to_report(study, results()).value();
    for (const RunSpec& run : runs) {
      const std::vector<std::uint64_t>& after_a = study.seeds[0];
      const std::size_t search = std::find(after_a.begin(), after_a.end(), run.seed) == after_a.end();
      add_record(study, recall_record(run, recall(run, search), result));
    }
  }

  const std::vector<FindingResult>& evaluate() {
    read_ = read();
    evaluated_ = evaluate_findings(read_, results());
    return evaluated_;
  }
  // Declares one study without a search, with these records, and evaluates its only claim.
  const FindingResult& evaluate_one(const KeyValues& set, const Recall& recall, const Json& result = Json::object()) {
    write("x", finding_text(set));
    add_runs(*freeze().at(0).study, recall, result);
    return evaluate().at(0);
  }

  // A sentence without the path of this folder.
  std::string local(const std::string& sentence) const {
    return replace_all(sentence, folder_.path().string() + "/", "");
  }
  // The sentence of a refusal, or "accepted".
  template <class Action>
  std::string refusal_of(const Action& action) const {
    try {
      action();
    } catch (const UserError& error) {
      return local(error.what());
    }
    return "accepted";
  }
  std::string refusal(Profile profile = Profile::lab) const {
    return refusal_of([&] { read(profile); });
  }

 private:
  TemporaryFolder folder_;
  mutable UnsyncedFiles files_without_sync_;
  std::vector<std::filesystem::path> files_;
  std::vector<Finding> frozen_, read_;
  std::vector<FindingResult> evaluated_;
};

}  // namespace rnnbench::test
