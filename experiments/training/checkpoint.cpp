#include "experiments/training/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "core/error.h"
#include "core/hash.h"
#include "experiments/records/parse_json.h"
#include "experiments/records/record_shape.h"

namespace rnnbench::experiments {

std::string state_text(const TrainingState& state, Optimizer& optimizer) {
  Json json = Json::object();
  json["update"] = state.update;
  json["next_evaluation"] = state.next_evaluation;
  json["loss_sum"] = state.loss_sum;
  json["loss_count"] = state.loss_count;
  json["curve"] = state.curve;
  json["solving"] = {{"confirmed", state.solving.confirmed},
                     {"update", state.solving.update ? Json(*state.solving.update) : Json(nullptr)},
                     {"cpu_seconds", state.solving.cpu_seconds},
                     {"wall_seconds", state.solving.wall_seconds}};
  json["best"] = {{"update", state.best.update ? Json(*state.best.update) : Json(nullptr)},
                  {"score", state.best.score},
                  {"waited", state.best.waited}};
  json["plateau"] = {{"scale", state.plateau.scale}, {"waited", state.plateau.waited}};
  json["streams"] = Json::array();
  for (const StreamPlace& place : state.streams) json["streams"].push_back({place.sequences, place.steps});
  json["times"] = {state.times.train_cpu, state.times.train_wall, state.times.evaluate_cpu, state.times.evaluate_wall,
                   state.times.other_cpu};
  json["curve_cpu_seconds"] = state.curve_cpu_seconds;
  json["resumed"] = state.resumed;
  json["optimizer"] = Json::object();
  for (const auto& [name, value] : optimizer.scalars()) json["optimizer"][name] = *value;
  return json.dump();
}

namespace {

// Other numbers than counts would be rounded or cut off.
template <class Count>
void read_count(const Json& value, Count& count) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<Count>::max()})
    throw UserError("one of its counts is not a whole number");
  count = value.get<Count>();
}

void read_update(const Json& value, std::optional<std::int64_t>& update) {
  if (!value.is_null()) read_count(value, update.emplace());
}

// Whether a run can have counted this. Counts go on from here, and the record of the finished run states them.
bool is_possible(const TrainingState& state, std::int64_t updates) {
  constexpr int max_resumed = 1'000'000'000;
  constexpr double max_seconds = 1e12;  // the sum of larger ones might not be finite
  const auto done = [&](const std::optional<std::int64_t>& update) { return !update || *update <= state.update; };
  const auto elapsed = [&](double seconds) { return std::abs(seconds) <= max_seconds; };
  const std::int64_t evaluations = state.update + 1;  // at most one after each update, and one before the first
  const Times& times = state.times;
  return state.update <= updates && state.next_evaluation >= state.update && state.next_evaluation <= updates &&
         state.loss_count <= state.update && state.solving.confirmed <= evaluations &&
         state.solving.update.has_value() == (state.solving.confirmed > 0) && done(state.solving.update) &&
         done(state.best.update) && state.best.waited <= evaluations && state.plateau.waited <= evaluations &&
         state.plateau.scale > 0 && state.plateau.scale <= 1 && state.resumed <= max_resumed &&
         elapsed(times.train_cpu) && elapsed(times.train_wall) && elapsed(times.evaluate_cpu) &&
         elapsed(times.evaluate_wall) && elapsed(times.other_cpu);
}

}  // namespace

TrainingState read_state(const std::string& text, std::int64_t updates, Optimizer& optimizer) try {
  const Json json = parse_json(text);
  TrainingState state;
  read_count(json.at("update"), state.update);
  read_count(json.at("next_evaluation"), state.next_evaluation);
  json.at("loss_sum").get_to(state.loss_sum);
  read_count(json.at("loss_count"), state.loss_count);
  state.curve = json.at("curve");
  const Json& solving = json.at("solving");
  read_count(solving.at("confirmed"), state.solving.confirmed);
  read_update(solving.at("update"), state.solving.update);
  solving.at("cpu_seconds").get_to(state.solving.cpu_seconds);
  solving.at("wall_seconds").get_to(state.solving.wall_seconds);
  const Json& best = json.at("best");
  read_update(best.at("update"), state.best.update);
  best.at("score").get_to(state.best.score);
  read_count(best.at("waited"), state.best.waited);
  json.at("plateau").at("scale").get_to(state.plateau.scale);
  read_count(json.at("plateau").at("waited"), state.plateau.waited);
  for (const Json& place : json.at("streams")) {
    StreamPlace& stream = state.streams.emplace_back();
    read_count(place.at(0), stream.sequences);
    read_count(place.at(1), stream.steps);
  }
  const Json& times = json.at("times");
  state.times = {times.at(0), times.at(1), times.at(2), times.at(3), times.at(4)};
  state.curve_cpu_seconds = json.at("curve_cpu_seconds");
  read_count(json.at("resumed"), state.resumed);
  const Json& scalars = json.at("optimizer");
  for (const auto& [name, value] : optimizer.scalars()) scalars.at(name).get_to(*value);
  check_curve(state.curve);
  if (!is_possible(state, updates) || !state.curve_cpu_seconds.is_array() ||
      state.curve_cpu_seconds.size() != state.curve.size() ||
      !std::all_of(state.curve_cpu_seconds.begin(), state.curve_cpu_seconds.end(),
                   [](const Json& seconds) { return seconds.is_number(); }))
    throw UserError("its state is not that of such a run");
  return state;
} catch (const Json::exception&) {
  throw UserError("it was written by another version of this program");
}

std::uint64_t max_checkpoint_bytes(const TrainingArrays& arrays) {
  // At most five arrays like the parameters, the states and the streams they belong to, the curve, and names.
  return sizeof(float) * (5 * arrays.parameters.layout().extent() + 8 * arrays.carried_size) + (64 << 20);
}

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

namespace {

std::string metadata(const TensorFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  return found == file.metadata.end() ? "" : found->second;
}

constexpr const char* carried_name = "carried";

void extract_carried(const TensorFile& file, const TrainingArrays& arrays) {
  const Tensor* tensor = file.find(carried_name);
  const auto count = static_cast<std::int64_t>(arrays.carried_size);
  if (tensor == nullptr || tensor->type != "F32" ||
      (tensor->shape != std::vector<std::int64_t>{0} && tensor->shape != std::vector<std::int64_t>{count}))
    throw UserError("it does not contain the states of such a run");
  arrays.carried->resize(tensor->shape[0]);
  if (tensor->shape[0] > 0) std::memcpy(arrays.carried->data(), tensor->bytes.data(), tensor->bytes.size());
}

}  // namespace

std::string checkpoint_bytes(const std::string& canonical, const TrainingState& state, const TrainingArrays& arrays) {
  TensorFile file;
  append_parameters("", arrays.parameters, file);
  if (arrays.best != nullptr) append_parameters("best.", *arrays.best, file);
  for (const auto& [name, moment] : arrays.optimizer.moments()) append_parameters(name + ".", *moment, file);
  if (arrays.carried != nullptr)
    file.tensors.push_back(
        make_tensor(carried_name, {static_cast<std::int64_t>(arrays.carried->size())}, arrays.carried->data()));
  file.metadata["canonical"] = canonical;
  file.metadata["state"] = state_text(state, arrays.optimizer);
  file.metadata["hash"] = content_hash(file);
  return to_safetensors(file);
}

TrainingState restore_checkpoint(const std::string& bytes, const std::string& canonical, std::int64_t updates,
                                 const TrainingArrays& arrays) {
  const TensorFile file = from_safetensors(bytes, "the file");
  if (metadata(file, "hash") != content_hash(file)) throw UserError("it is damaged");
  if (metadata(file, "canonical") != canonical) throw UserError("it belongs to another run");
  extract_parameters(file, "", arrays.parameters);
  if (arrays.best != nullptr) extract_parameters(file, "best.", *arrays.best);
  for (const auto& [name, moment] : arrays.optimizer.moments()) extract_parameters(file, name + ".", *moment);
  TrainingState state = read_state(metadata(file, "state"), updates, arrays.optimizer);
  if (arrays.carried != nullptr) {
    extract_carried(file, arrays);
    if (state.streams.size() != (arrays.carried->empty() ? 0 : arrays.sequences))
      throw UserError("its states do not belong to the sequences of a batch");
  }
  return state;
}

}  // namespace rnnbench::experiments
