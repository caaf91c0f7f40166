#include "experiments/training/checkpoint.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/safetensors.h"

namespace rnnbench::experiments {

namespace {

Json to_json(const TrainingState& state, Optimizer& optimizer) {
  Json json;
  json["update"] = state.update;
  json["next_evaluation"] = state.next_evaluation;
  json["loss_sum"] = state.loss_sum;
  json["loss_count"] = state.loss_count;
  json["curve"] = state.curve;
  json["solving"] = {{"confirmed", state.solving.confirmed},
                     {"update", state.solving.update ? Json(*state.solving.update) : Json(nullptr)},
                     {"cpu_seconds", state.solving.cpu_seconds},
                     {"wall_seconds", state.solving.wall_seconds}};
  json["times"] = {state.times.train_cpu, state.times.train_wall, state.times.evaluate_cpu, state.times.evaluate_wall,
                   state.times.other_cpu};
  json["curve_cpu_seconds"] = state.curve_cpu_seconds;
  json["resumed"] = state.resumed;
  json["optimizer"] = Json::object();
  for (const auto& [name, value] : optimizer.scalars()) json["optimizer"][name] = *value;
  return json;
}

TrainingState from_json(const Json& json, Optimizer& optimizer) {
  TrainingState state;
  json.at("update").get_to(state.update);
  json.at("next_evaluation").get_to(state.next_evaluation);
  json.at("loss_sum").get_to(state.loss_sum);
  json.at("loss_count").get_to(state.loss_count);
  state.curve = json.at("curve");
  const Json& solving = json.at("solving");
  solving.at("confirmed").get_to(state.solving.confirmed);
  if (!solving.at("update").is_null()) state.solving.update = solving.at("update").get<std::int64_t>();
  solving.at("cpu_seconds").get_to(state.solving.cpu_seconds);
  solving.at("wall_seconds").get_to(state.solving.wall_seconds);
  const Json& times = json.at("times");
  state.times = {times.at(0), times.at(1), times.at(2), times.at(3), times.at(4)};
  state.curve_cpu_seconds = json.at("curve_cpu_seconds");
  json.at("resumed").get_to(state.resumed);
  const Json& scalars = json.at("optimizer");
  for (const auto& [name, value] : optimizer.scalars()) scalars.at(name).get_to(*value);
  return state;
}

// The hash of everything else in the file. A damaged file must not lead to a wrong result.
std::string content_hash(const TensorFile& file) {
  std::uint64_t hash = fnv1a_start;
  for (const auto& [key, value] : file.metadata)
    if (key != "hash") hash = fnv1a(value.data(), value.size(), fnv1a(key.data(), key.size(), hash));
  for (const Tensor& tensor : file.tensors) {
    hash = fnv1a(tensor.name.data(), tensor.name.size(), hash);
    hash = fnv1a(tensor.bytes.data(), tensor.bytes.size(), hash);
  }
  return hex16(hash);
}

std::string metadata(const TensorFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  return found == file.metadata.end() ? "" : found->second;
}

}  // namespace

std::string checkpoint_bytes(const std::string& canonical, const TrainingState& state,
                             const Parameters<float>& parameters, Optimizer& optimizer) {
  TensorFile file;
  append_parameters("", parameters, file);
  for (const auto& [name, moment] : optimizer.moments()) append_parameters(name + ".", *moment, file);
  file.metadata["canonical"] = canonical;
  file.metadata["state"] = to_json(state, optimizer).dump();
  file.metadata["hash"] = content_hash(file);
  return to_safetensors(file);
}

TrainingState restore_checkpoint(const std::string& bytes, const std::string& canonical, Parameters<float>& parameters,
                                 Optimizer& optimizer) {
  const TensorFile file = from_safetensors(bytes, "the file");
  if (metadata(file, "hash") != content_hash(file)) throw UserError("it is damaged");
  if (metadata(file, "canonical") != canonical) throw UserError("it belongs to another run");
  extract_parameters(file, "", parameters);
  for (const auto& [name, moment] : optimizer.moments()) extract_parameters(file, name + ".", *moment);
  try {
    return from_json(Json::parse(metadata(file, "state")), optimizer);
  } catch (const Json::exception&) {
    throw UserError("it was written by another version of this program");
  }
}

}  // namespace rnnbench::experiments
