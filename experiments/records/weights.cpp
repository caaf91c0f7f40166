#include "experiments/records/weights.h"

#include <cstring>
#include <set>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "core/error.h"
#include "core/hash.h"
#include "core/read_file.h"
#include "core/text.h"
#include "experiments/records/files.h"

namespace rnnbench::experiments {
namespace {
constexpr std::uint64_t max_header_bytes = 16 << 20;

// What the names of the recurrent layers' blocks begin with in files; "rnn." within the program.
std::string recurrent_prefix(const Json& model) {
  static const std::set<std::string> cells_of_torch = {"rnn", "irnn", "lstm", "gru"};
  const std::string cell = model.at("cell");
  if (cell == "transformer") return "rnn.";  // has no recurrent layers, but blocks named "transformer."
  const auto is_default = [&](const char* option, const char* value) { return model.value(option, value) == value; };
  const bool same = cells_of_torch.contains(cell) && is_default("gate-activation", "sigmoid") &&
                    is_default("layer-norm", "no") && is_default("residual", "no") &&
                    is_default("initial-state", "zero");
  return same ? "rnn." : cell + ".";
}

// Names that begin with `from`, or with "grad." and `from`, begin with `to` instead.
void rename(const std::string& from, const std::string& to, TensorFile& file) {
  for (Tensor& tensor : file.tensors)
    for (const std::string before : {"", "grad."})
      if (tensor.name.starts_with(before + from)) {
        tensor.name = before + to + tensor.name.substr(before.size() + from.size());
        break;
      }
}

}  // namespace

void name_as_in_files(const Json& model, TensorFile& file) { rename("rnn.", recurrent_prefix(model), file); }

std::uint64_t weights_hash(const Parameters<float>& parameters) {
  std::uint64_t hash = fnv1a_start;
  const auto& blocks = parameters.layout().blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i)
    hash = fnv1a(parameters.block(static_cast<int>(i)), blocks[i].size() * sizeof(float), hash);
  return hash;
}

std::string weights_problem(const std::filesystem::path& path, const Record& record) {
  if (record.result.at("weights").is_null()) return "";
  if (!path_exists(path)) return "missing";
  if (!std::filesystem::is_regular_file(path)) return "damaged";
  // The header's size, the header, and the numbers in the order in which weights_hash() takes them.
  const std::uint64_t numbers = sizeof(float) * record.result.at("parameters").get<std::uint64_t>();
  std::string bytes;
  try {
    bytes = read_file(path, numbers + max_header_bytes);
  } catch (const std::system_error&) {
    throw;  // it may be complete
  } catch (const std::runtime_error&) {
    return "damaged";
  }
  std::uint64_t header_size = 0;
  if (bytes.size() < sizeof header_size + numbers) return "damaged";
  std::memcpy(&header_size, bytes.data(), sizeof header_size);
  if (header_size != bytes.size() - sizeof header_size - numbers) return "damaged";
  const std::string_view header = std::string_view(bytes).substr(sizeof header_size, header_size);
  const std::uint64_t hash = fnv1a(bytes.data() + bytes.size() - numbers, numbers, fnv1a_start);
  const bool good =
      header.find(json_quoted(record.id())) != std::string_view::npos && record.result.at("weights") == hex16(hash);
  return good ? "" : "damaged";
}

void load_weights(const std::filesystem::path& record_path, const Record& record, Parameters<float>& parameters) {
  const std::filesystem::path path = std::filesystem::path(record_path).replace_extension(".safetensors");
  const Json& expected = record.result.at("weights");
  if (expected.is_null()) throw UserError(record_path.string() + ": this run diverged, so it has no usable weights");
  if (!path_exists(path))
    throw UserError(record_path.string() + ": the weights file " + path.filename().string() +
                    " is missing beside the record; the run was trained with --no-weights, or the file was moved");
  TensorFile file = read_safetensors(path);
  rename(recurrent_prefix(record.spec.at("model")), "rnn.", file);
  try {
    extract_parameters(file, "", parameters);
  } catch (const UserError& error) {
    throw UserError(path.string() + ": " + error.what());
  }
  if (expected != hex16(weights_hash(parameters)))
    throw UserError(path.string() + ": these are not the weights of the record beside it (their hashes differ)");
}

}  // namespace rnnbench::experiments
