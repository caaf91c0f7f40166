// Records, and what analysis makes of those that are accepted. An input without hashes, or with wrong ones, is read as
// it is and once more with the right ones.
#include "analysis/csv.h"
#include "analysis/table.h"
#include "core/hash.h"
#include "experiments/declaration/spec.h"
#include "experiments/records/parse_json.h"
#include "experiments/records/results_folder.h"
#include "tests/fuzz/check.h"

namespace rnnbench::fuzz {
namespace {

using namespace rnnbench::experiments;

std::string file_of(const std::string& id) { return id + ".json"; }

// "Whoever has a record can use it without further checks."
void check_record(const Record& record) {
  const std::string text = record_text(record);
  const Record again =
      must_accept("a record that was written", [&] { return read_record(file_of(record.id()), text); });
  require(record_text(again) == text, "a record is the same after it was written and read");
  wall_ms_per_update(record);
  cpu_ms_per_update(record);
  timed_on_busy_machine(record);
  analysis::csv_files([&](const auto& visit) { visit(record); });
  const analysis::Study study = analysis::make_study("fuzz", "", "", {{record.spec, record}});
  analysis::text_tables(study);
  analysis::markdown_tables(study);
}

// The record with the id and the hash that belong to its content, as far as it has one.
Json sealed(Json json) {
  if (!json.is_object() || !json.contains("spec") || !json.contains("result")) return json;
  Json &spec = json["spec"], &result = json["result"];
  if (spec.is_object() && spec.contains("canonical") && spec["canonical"].is_string())
    spec["id"] = core::hex16(core::fnv1a(spec["canonical"].get<std::string>()));
  if (result.is_object()) result["hash"] = result_hash(result);
  return json;
}

bool accepts(const Json& json) try {
  const std::string id = json.is_object() && json.contains("spec") && json["spec"].is_object() &&
                                 json["spec"].contains("id") && json["spec"]["id"].is_string()
                             ? json["spec"]["id"].get<std::string>()
                             : "0";
  check_record(read_record(file_of(id), json.dump(-1, ' ', false, Json::error_handler_t::replace)));
  return true;
} catch (const core::UserError&) {
  return false;
}

}  // namespace

void records(const std::string& input) {
  try {
    check_record(read_record(file_of("0123456789abcdef"), input));
  } catch (const core::UserError&) {
  }
  Json json;
  try {
    json = parse_json(input);
  } catch (const std::exception& error) {
    throw core::UserError(error.what());
  }
  json = sealed(std::move(json));
  bool accepted = accepts(json);
  // Once more with the spec that the canonical text means.
  if (json.is_object() && json.contains("spec") && json["spec"].is_object() && json["spec"].contains("canonical") &&
      json["spec"]["canonical"].is_string())
    try {
      json["spec"] = spec_from_canonical(json["spec"]["canonical"].get<std::string>()).json();
      accepted = accepts(json) || accepted;
    } catch (const core::UserError&) {  // it is the text of another version
    }
  if (!accepted) throw core::UserError("no record");
}

}  // namespace rnnbench::fuzz
