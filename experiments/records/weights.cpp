#include "experiments/records/weights.h"

#include <fstream>
#include <system_error>

#include "core/error.h"
#include "core/hash.h"
#include "core/safetensors.h"
#include "core/text.h"

namespace rnnbench::experiments {

std::uint64_t weights_hash(const Parameters<float>& parameters) {
  std::uint64_t hash = fnv1a_start;
  const auto& blocks = parameters.layout().blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i)
    hash = fnv1a(parameters.block(static_cast<int>(i)), blocks[i].size() * sizeof(float), hash);
  return hash;
}

std::string weights_problem(const std::filesystem::path& path, const Record& record) {
  if (record.result.at("weights").is_null()) return "";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return "missing";
  if (!std::filesystem::is_regular_file(path, error)) return "damaged";
  std::uint64_t header_size = 0;
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(&header_size), sizeof header_size);
  const std::uint64_t size = std::filesystem::file_size(path, error);
  const std::uint64_t around = sizeof header_size + sizeof(float) * record.result.at("parameters").get<std::uint64_t>();
  if (!file || error || size < around || header_size != size - around) return "damaged";
  std::string header(header_size, '\0');
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  return file && header.find(json_quoted(record.id())) != std::string::npos ? "" : "damaged";
}

void load_weights(const std::filesystem::path& record_path, const Record& record, Parameters<float>& parameters) {
  const std::filesystem::path path = std::filesystem::path(record_path).replace_extension(".safetensors");
  const Json& expected = record.result.at("weights");
  if (expected.is_null()) throw UserError(record_path.string() + ": this run diverged, so it has no usable weights");
  if (!std::filesystem::exists(path))
    throw UserError(record_path.string() + ": the weights file " + path.filename().string() +
                    " is missing beside the record; the run was trained with --no-weights, or the file was moved");
  extract_parameters(read_safetensors(path), "", parameters);
  if (hex16(weights_hash(parameters)) != expected)
    throw UserError(path.string() + ": these are not the weights of the record beside it (their hashes differ)");
}

}  // namespace rnnbench::experiments
