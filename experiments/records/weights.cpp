#include "experiments/records/weights.h"

#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "core/error.h"
#include "core/hash.h"
#include "core/read_file.h"
#include "core/text.h"
#include "experiments/declaration/run_task.h"
#include "experiments/records/files.h"
#include "models/network.h"

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

std::map<std::string, std::string> metadata_of(const std::string& id, const std::string& canonical) {
  return {{"format", "pt"}, {"id", id}, {"canonical", canonical}};
}

std::string text_of_settings(const Settings& settings) {
  std::string text;
  for (const auto& [key, value] : settings.values()) text += key + "=" + value + "\n";
  return text;
}

// The layout of a run's network; nothing if it has another number of parameters. Thousands of files are checked whose
// runs differ in the seed or the model only, and some tasks read a large input file to know their signature, so what
// was found is kept. Throws UserError if the run cannot be trained here.
std::shared_ptr<const Layout> layout_of(const RunSpec& spec, std::size_t parameters) {
  constexpr std::size_t max_kept = 1000;
  static std::mutex mutex;
  static std::map<std::string, Signature> signatures;
  static std::map<std::string, std::shared_ptr<const Layout>> layouts;
  const std::string task = text_of_settings(spec.task), kind = task + text_of_settings(spec.model);
  const std::lock_guard lock(mutex);
  if (!layouts.contains(kind)) {
    if (!signatures.contains(task)) {
      if (signatures.size() >= max_kept) signatures.clear();
      signatures.emplace(task, make_task(spec)->signature());
    }
    const Signature& signature = signatures.at(task);
    if (network_size(spec.model, signature).parameters != parameters) return nullptr;  // before arrays are allocated
    if (layouts.size() >= max_kept) layouts.clear();
    const auto network = make_network<float>(spec.model, signature, Isa::scalar);
    layouts.emplace(kind, std::make_shared<const Layout>(network->layout()));
  }
  const std::shared_ptr<const Layout>& layout = layouts.at(kind);
  return layout->count() == parameters ? layout : nullptr;
}

// Whether the bytes are a file of such numbers for the record, whatever the names and shapes of its arrays are.
bool has_form_of_weights(const std::string& bytes, const Record& record) {
  TensorFile file;
  try {
    file = from_safetensors(bytes, "the file");
  } catch (const UserError&) {
    return false;
  }
  for (const Tensor& tensor : file.tensors)
    if (tensor.type != "F32") return false;
  // Programs of other versions may have written other metadata.
  return record.spec.at("numerics_version") != numerics_version ||
         file.metadata == metadata_of(record.id(), record.spec.at("canonical").get<std::string>());
}

// Whether the bytes, which end with as many parameters as the record states, are those that the program writes.
bool is_as_written(const std::string& bytes, std::size_t size, const Record& record) {
  if (record.spec.at("numerics_version") != numerics_version) return has_form_of_weights(bytes, record);
  RunSpec spec;
  std::shared_ptr<const Layout> layout;
  try {
    spec = spec_from_json(record.spec);
    layout = layout_of(spec, size);
  } catch (const UserError&) {  // its input file is not here, or was changed
    return has_form_of_weights(bytes, record);
  }
  if (!layout) return false;
  Parameters<float> parameters(*layout);
  const char* at = bytes.data() + (bytes.size() - sizeof(float) * size);
  const auto& blocks = layout->blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    std::memcpy(parameters.block(static_cast<int>(i)), at, sizeof(float) * blocks[i].size());
    at += sizeof(float) * blocks[i].size();
  }
  return weights_file(spec, parameters) == bytes;
}

}  // namespace

void name_as_in_files(const Json& model, TensorFile& file) { rename("rnn.", recurrent_prefix(model), file); }

std::string weights_file(const RunSpec& spec, const Parameters<float>& parameters) {
  TensorFile file;
  append_parameters("", parameters, file);
  const Json json = spec.json();
  name_as_in_files(json.at("model"), file);
  file.metadata = metadata_of(json.at("id").get<std::string>(), json.at("canonical").get<std::string>());
  return to_safetensors(file);
}

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
  // The header's size, the header, and the numbers in the order in which weights_hash() takes them. A forged record may
  // state any number of parameters, so it is compared before anything is computed from it.
  const std::uint64_t parameters = record.result.at("parameters").get<std::uint64_t>();
  if (parameters > std::filesystem::file_size(path) / sizeof(float)) return "damaged";
  const std::uint64_t numbers = sizeof(float) * parameters;
  std::string bytes;
  try {
    bytes = read_file(path, numbers + max_header_bytes);
  } catch (const std::system_error&) {
    throw;  // it may be complete
  } catch (const std::runtime_error&) {
    return "damaged";
  }
  std::uint64_t header_size = 0;
  if (bytes.size() < sizeof header_size || bytes.size() - sizeof header_size < numbers) return "damaged";
  std::memcpy(&header_size, bytes.data(), sizeof header_size);
  if (header_size != bytes.size() - sizeof header_size - numbers) return "damaged";
  const std::string_view header = std::string_view(bytes).substr(sizeof header_size, header_size);
  const std::uint64_t hash = fnv1a(bytes.data() + bytes.size() - numbers, numbers, fnv1a_start);
  const bool good =
      header.find(json_quoted(record.id())) != std::string_view::npos && record.result.at("weights") == hex16(hash);
  return good && is_as_written(bytes, parameters, record) ? "" : "damaged";
}

void load_weights(const std::filesystem::path& record_path, const Record& record, Parameters<float>& parameters) {
  const std::filesystem::path path = std::filesystem::path(record_path).replace_extension(".safetensors");
  const Json& expected = record.result.at("weights");
  if (expected.is_null()) throw UserError(record_path.string() + ": this run diverged, so it has no usable weights");
  if (!path_exists(path))
    throw UserError(record_path.string() + ": the weights file " + path.filename().string() +
                    " is missing beside the record; runs of 'rnnbench reproduce' and of --no-weights store none, "
                    "or the file was moved");
  const std::string bytes = read_foreign_file(path, sizeof(float) * parameters.layout().count() + max_header_bytes);
  TensorFile file = from_safetensors(bytes, path.string());
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
