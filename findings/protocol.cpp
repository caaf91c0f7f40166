#include "findings/protocol.h"

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>

#include "core/error.h"
#include "core/hash.h"
#include "core/read_file.h"
#include "core/text.h"
#include "experiments/records/files.h"
#include "experiments/records/foreign_files.h"
#include "experiments/records/parse_json.h"
#include "experiments/records/results_folder.h"

namespace rnnbench::findings {
namespace {

constexpr int protocol_schema = 1;
// How numbers become verdicts: to be raised with every change of the procedure in docs/statistics.md ("Two searches"),
// of ceilings, or of what a failed run counts as, that moves a number of a published claim. docs/findings.md names the
// corrections that moved none.
constexpr int procedure_version = 1;
constexpr std::uint64_t max_protocol_bytes = std::uint64_t{1} << 24;

// Throws std::exception with the reason alone if the content is no JSON, and std::system_error that names the file if
// the system cannot read it.
Json read_protocol(const std::filesystem::path& path) try {
  return parse_json(read_regular_file(path, max_protocol_bytes));
} catch (const std::system_error& error) {
  throw std::system_error(error.code(), "cannot read " + path.string());
}

Json comparison_json(const DeclaredComparison& comparison) {
  return {{"compare", comparison.statement.text},
          {"measure", comparison.measurement.text},
          {"measure_version", measurement_version(comparison.measurement)}};
}

// "task = adding, cell = lstm, ...": what distinguishes the runs apart from the seed. Which numbers a version of the
// program computes is no part of the protocol, so the first two lines, schema and numerics_version, are left out.
std::string settings_text(RunSpec run) {
  run.seed = 1;
  std::vector<std::string> lines = split(run.canonical(), '\n');
  lines.erase(lines.begin(), lines.begin() + 2);
  std::erase(lines, "");
  std::erase(lines, "seed = 1");
  return join(lines);
}

// One element for each line, so that a difference can be named in one.
Json lines_of(const std::string& text) {
  std::vector<std::string> lines = split(text, '\n');
  std::erase(lines, "");
  return lines;
}

std::string hash_of(const Json& protocol) {
  Json rest = protocol;
  rest.erase("hash");
  return hex16(fnv1a(rest.dump()));
}

std::string value_text(const Json* value) {
  if (value == nullptr) return "nothing";
  return value->is_string() ? value->get<std::string>() : value->dump();
}

const Json* child(const Json& parent, const std::string& key) {
  return parent.is_object() && parent.contains(key) ? &parent.at(key) : nullptr;
}

// "claim 3", "entry 2 of runs": the element with this index of a list in either protocol.
std::string element_name(const Json* frozen, const Json* now, std::size_t index, const std::string& list) {
  if (list == "claims")
    for (const Json* claim : {frozen, now})
      if (const Json* number = claim == nullptr ? nullptr : child(*claim, "number"))
        return "claim " + value_text(number);
  return "entry " + std::to_string(index + 1) + " of " + list;
}

// "margin of claim 3 was 0.05 and is 0.1": the first difference.
std::optional<std::string> difference(const Json* frozen, const Json* now, const std::string& what) {
  if (frozen != nullptr && now != nullptr && *frozen == *now) return std::nullopt;
  const auto inner = [&](const std::string& name) { return name + (what.empty() ? "" : " of " + what); };
  if (frozen != nullptr && now != nullptr && frozen->is_object() && now->is_object()) {
    for (const Json* side : {now, frozen})
      for (const auto& [key, value] : side->items())
        if (key != "hash")
          if (const auto found = difference(child(*frozen, key), child(*now, key), inner(key))) return found;
    return std::nullopt;
  }
  if (frozen != nullptr && now != nullptr && frozen->is_array() && now->is_array())
    for (std::size_t i = 0; i < std::max(frozen->size(), now->size()); ++i) {
      const Json *before = i < frozen->size() ? &(*frozen)[i] : nullptr,
                 *after = i < now->size() ? &(*now)[i] : nullptr;
      if (const auto found = difference(before, after, element_name(before, after, i, what))) return found;
    }
  return what + " was " + value_text(frozen) + " and is " + value_text(now);
}

bool has_results(const DeclaredStudy& study, const std::filesystem::path& results) {
  const std::filesystem::path folder = protocol_path(study, results).parent_path();
  for (const char search : searches)
    if (path_exists(folder / ("search-" + std::string(1, search) + ".jsonl"))) return true;
  if (!path_exists(folder / "runs")) return false;
  // `rnnbench run` may have trained the declared settings, which no verdict of a searched study is based on.
  std::set<std::string> untuned;
  if (study.search)
    for (const RunSpec& run : study.experiment.runs) untuned.insert(run.id());
  for (const std::filesystem::path& path : paths_in(folder / "runs"))
    if (path.extension() == ".json" && !untuned.contains(path.stem().string())) return true;
  return false;
}

// Why the claims are no new ones: another study in the same results folder has frozen one of the numbers, or the same
// runs, which are known then. "" if neither.
std::string clash(const std::vector<const Finding*>& claims, const std::filesystem::path& results) {
  const DeclaredStudy& study = *claims.front()->study;
  const Json now = protocol_of(claims);
  const std::filesystem::path folder = study.results(results);
  if (!path_exists(folder)) return "";
  for (const std::filesystem::path& other_study : paths_in(folder)) {
    const std::filesystem::path path = other_study / "protocol.json";
    if (other_study.filename() == study.name || !path_exists(path)) continue;
    Json other;
    try {
      other = read_protocol(path);
      for (const Json& frozen : other.at("claims"))
        for (const Finding* claim : claims)
          if (frozen.at("number") == claim->number)
            return "number = " + std::to_string(claim->number) + " is that of a claim that is frozen in " +
                   path.string();
    } catch (const std::exception& error) {
      rethrow_failure_of_system();
      return path.string() + " cannot be read: " + error.what();
    }
    // The settings that a search chooses depend on the name of its study, so its results are not known.
    const bool same_runs = !study.search && other.value("search", Json()).is_null() &&
                           path_exists(other_study / "runs") && other.value("runs", Json()) == now.at("runs") &&
                           other.value("seeds", Json()) == now.at("seeds");
    const bool declared =
        std::all_of(claims.begin(), claims.end(), [](const Finding* c) { return !c->replaces.empty(); });
    if (same_runs && !declared)
      return "the same runs with the same seeds are declared in " + path.string() +
             ", so their results may be known; declare other seeds, or 'replaces = N (reason)'";
  }
  return "";
}

}  // namespace

Json protocol_of(const std::vector<const Finding*>& claims) {
  const DeclaredStudy& study = *claims.front()->study;
  Json list = Json::array();
  for (const Finding* finding : claims) {
    Json claim = {{"name", finding->name}, {"number", finding->number}, {"claim", finding->claim}};
    claim.update(comparison_json(finding->primary));
    claim["margin"] = finding->margin;
    claim["margin_reason"] = finding->margin_reason;
    claim["also"] = Json::array();
    for (const DeclaredComparison& also : finding->also) claim["also"].push_back(comparison_json(also));
    if (!finding->replaces.empty()) claim["replaces"] = finding->replaces;
    if (!finding->not_applicable.empty()) claim["not_applicable"] = finding->not_applicable;
    list.push_back(std::move(claim));
  }
  Json models = Json::array();
  std::set<std::string> seen;
  for (const RunSpec& run : study.experiment.runs)
    if (std::string text = settings_text(run); seen.insert(text).second) models.push_back(std::move(text));
  Json protocol = {{"schema", protocol_schema},
                   {"procedure", procedure_version},
                   {"study", study.name},
                   {"profile", profile_name(study.profile)},
                   {"claims", std::move(list)},
                   {"runs", std::move(models)},
                   {"seeds", {{"A", study.seeds[0]}, {"B", study.seeds[1]}}},
                   {"search", study.search ? lines_of(study.search->canonical()) : Json()}};
  protocol["hash"] = hash_of(protocol);
  return protocol;
}

std::filesystem::path protocol_path(const DeclaredStudy& study, const std::filesystem::path& results) {
  return study.results(results) / study.name / "protocol.json";
}

std::string protocol_problem(const std::vector<const Finding*>& claims, const std::filesystem::path& results) {
  const std::filesystem::path path = protocol_path(*claims.front()->study, results);
  if (!path_exists(path)) return "there is no " + path.string() + ", so nothing was declared before the runs";
  Json frozen;
  try {
    frozen = read_protocol(path);
    if (!frozen.is_object() || value_text(child(frozen, "hash")) != hash_of(frozen))
      return path.string() + " does not have the hash that it states, so it was edited";
  } catch (const std::exception& error) {
    rethrow_failure_of_system();
    return path.string() + " cannot be read: " + error.what();
  }
  const Json now = protocol_of(claims);
  const auto found = difference(&frozen, &now, "");
  return found ? "the study is not as it was frozen in " + path.string() + ": " + *found : "";
}

void freeze(const std::vector<const Finding*>& claims, const std::filesystem::path& results) {
  const DeclaredStudy& study = *claims.front()->study;
  const std::filesystem::path path = protocol_path(study, results);
  if (const std::string known = clash(claims, results); !known.empty())
    throw UserError(study.file.string() + ": " + known);
  if (path_exists(path)) {
    if (const std::string problem = protocol_problem(claims, results); !problem.empty())
      throw UserError(
          study.file.string() + ": " + problem +
          "; declare a new attempt as a new claim, with a new number and 'replaces = N (reason)', in a study "
          "of its own");
    return;
  }
  if (has_results(study, results))
    throw UserError(study.file.string() + ": " + path.parent_path().string() +
                    " holds runs but no protocol.json, so the protocol would be declared after they were seen; restore "
                    "the file if it was lost");
  refuse_other_owners(path.parent_path());
  std::filesystem::create_directories(path.parent_path());
  remove_abandoned(path.parent_path());  // of a process that was killed at this place
  write_atomically(path, protocol_of(claims).dump(1) + "\n");
}

std::vector<const Finding*> claims_of(const std::vector<Finding>& findings, const DeclaredStudy& study) {
  std::vector<const Finding*> claims;
  for (const Finding& finding : findings)
    if (finding.study.get() == &study) claims.push_back(&finding);
  return claims;
}

std::vector<std::shared_ptr<const DeclaredStudy>> studies_of(const std::vector<Finding>& findings) {
  std::vector<std::shared_ptr<const DeclaredStudy>> studies;
  for (const Finding& finding : findings)
    if (std::find(studies.begin(), studies.end(), finding.study) == studies.end()) studies.push_back(finding.study);
  return studies;
}

}  // namespace rnnbench::findings
