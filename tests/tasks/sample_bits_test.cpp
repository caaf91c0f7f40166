// The samples of every task have to stay the same to the last bit; otherwise records of different builds could not be
// compared.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "core/hash.h"
#include "experiments/records/record.h"
#include "tests/tasks/samples.h"
#include "tests/tasks/task_contract.h"

using namespace rnnbench::test;

namespace {

const std::filesystem::path known_samples = std::filesystem::path(RNNBENCH_SOURCE_DIR) / "tests/tasks/sample_bits.json";
const char* const how_to_change =
    "If samples are meant to change: raise numerics_version in experiments/records/record.h, then regenerate with\n"
    "  RNNBENCH_REGENERATE=1 build/release/rnnbench_tests '[sample_bits]'";

std::string hash_of(const Batch& batch) {
  std::uint64_t hash = fnv1a_start;
  const auto add = [&](const auto& numbers) { hash = fnv1a(numbers.data(), numbers.size() * sizeof numbers[0], hash); };
  add(batch.symbols), add(batch.values), add(batch.classes), add(batch.targets), add(batch.weight), add(batch.answer);
  return hex16(hash);
}

Json samples_of_all_tasks() {
  Json hashes = Json::object();
  for (const TaskEntry& entry : all_tasks()) {
    if (needs_file(entry)) continue;
    for (const Settings& settings : variants(entry))
      hashes[described(entry, settings)] = hash_of(sampled(*entry.make(settings), 5));
  }
  return hashes;
}

}  // namespace

TEST_CASE("tasks: the samples of every variant are the bits that they always were", "[tasks][bits][sample_bits]") {
  const Json computed = samples_of_all_tasks();
  Json known = Json::object();
  if (std::ifstream in(known_samples); in) known = Json::parse(in);
  const bool same_version = known.value("numerics_version", 0) == numerics_version;
  INFO(how_to_change);
  if (std::getenv("RNNBENCH_REGENERATE") != nullptr) {
    if (same_version)
      for (const auto& [variant, hash] : known.at("samples").items())
        REQUIRE((!computed.contains(variant) || computed.at(variant) == hash));
    std::ofstream(known_samples) << Json{{"numerics_version", numerics_version}, {"samples", computed}}.dump(1) << '\n';
    return;
  }
  REQUIRE(same_version);
  REQUIRE(known.at("samples").size() == computed.size());
  for (const auto& [variant, hash] : computed.items()) {
    CAPTURE(variant);
    CHECK(known.at("samples").value(variant, Json()) == hash);
  }
}
