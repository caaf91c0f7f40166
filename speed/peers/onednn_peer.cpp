// The wall time of the update that `rnnbench speed` measures, in oneDNN: forward, loss, backward, clip, Adam. Prints
// JSON.
//
//   onednn_peer --cell lstm --task copy --batch 64 --time-steps 200 --hidden 128 --threads 1
//   onednn_peer --check FILE.safetensors        compares its loss and gradients with those of `rnnbench dump`
//
// Weights are reordered at every update into the layout that each primitive asks for, because they change at every
// update. One-hot inputs are dense tensors, made before the clock starts. Denormals are flushed, as in rnnbench. With a
// learning rate of 0 the parameters stay the same, but the work does too.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <omp.h>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/safetensors.h"
#include "core/text.h"
#include "speed/peers/onednn_loops.h"
#include "speed/peers/onednn_model.h"

namespace peer {
namespace {

using rnnbench::core::Tensor;
using rnnbench::core::TensorFile;
using rnnbench::core::UserError;

constexpr double max_error = 1e-4;  // relative to the largest derivative of a block
constexpr int copy_items = 10, copy_symbols = 8;

struct Options {
  std::string check, cell = "lstm", task = "copy";
  int batch = 32, time_steps = 100, hidden = 64, threads = 1;
  double seconds = 1;
};

template <class T>
T number(const std::string& name, const std::string& text, T low, T high) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= low && value <= high)) {
    std::ostringstream sentence;
    sentence << name << " " << text << " is not a number from " << low << " to " << high;
    throw UserError(sentence.str());
  }
  return value;
}

std::string one_of(const std::string& name, const std::string& text, const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return text;
  throw UserError(name + " " + text + " is unknown; allowed are " + rnnbench::core::join(allowed));
}

Options parse(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string& name = words[i];
    const auto value = [&] {
      if (i + 1 == words.size()) throw UserError(name + " needs a value");
      return words[i + 1];
    };
    if (name == "--check")
      options.check = value();
    else if (name == "--cell")
      options.cell = one_of(name, value(), {"rnn", "lstm", "gru", "gru-v1"});
    else if (name == "--task")
      options.task = one_of(name, value(), {"copy", "adding"});
    else if (name == "--batch")
      options.batch = number(name, value(), 1, 65536);
    else if (name == "--time-steps")
      options.time_steps = number(name, value(), 1, 65536);
    else if (name == "--hidden")
      options.hidden = number(name, value(), 1, 65536);
    else if (name == "--threads")
      options.threads = number(name, value(), 1, 4096);
    else if (name == "--seconds")
      options.seconds = number(name, value(), 0.0, 3600.0);
    else
      throw UserError(name +
                      " is unknown; the options are --check, --cell, --task, --batch, --time-steps, --hidden, "
                      "--threads and --seconds, each with a value");
  }
  if (options.task == "copy" && options.time_steps <= 2 * copy_items)
    throw UserError("--time-steps " + std::to_string(options.time_steps) + " is too short: copy needs more than " +
                    std::to_string(2 * copy_items));
  return options;
}

// Numbers in [0, 1) from a small congruential generator. The time depends only on the shape of the batch.
struct Numbers {
  std::uint64_t state = 1;
  float operator()() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<float>(state >> 40) * 0x1p-24f;
  }
};

void fill(const Options& options, const Shape& shape, Model& model) {
  Numbers next;
  const std::size_t h = shape.hidden;
  const float range = 1 / std::sqrt(static_cast<float>(h));
  Model::Blocks blocks;
  const std::size_t gates = shape.cell == "rnn" ? 1 : shape.cell == "lstm" ? 4 : 3;
  const auto block = [&](const char* name, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) blocks[name].push_back(range * (2 * next() - 1));
  };
  block("rnn.weight_ih_l0", gates * h * shape.inputs);
  block("rnn.weight_hh_l0", gates * h * h);
  block("rnn.bias_ih_l0", gates * h);
  block("rnn.bias_hh_l0", gates * h);
  block("readout.weight", shape.outputs * h);
  block("readout.bias", shape.outputs);
  model.set_parameters(blocks);

  if (options.task == "adding") {
    for (float& x : model.inputs) x = next();
    for (int c = 0; c < shape.batch; ++c) model.numbers.push_back(next());
    return;
  }
  const int blank = copy_symbols, cue = copy_symbols + 1, first = shape.steps - copy_items;
  std::vector<std::int64_t> items;
  for (int i = 0; i < copy_items * shape.batch; ++i) items.push_back(static_cast<std::int64_t>(next() * copy_symbols));
  for (int step = 0; step < shape.steps; ++step)
    for (int c = 0; c < shape.batch; ++c) {
      const std::size_t place = static_cast<std::size_t>(step) * shape.batch + c;
      const std::int64_t shown = step < copy_items ? items[place] : step == first - 1 ? cue : blank;
      model.inputs[place * shape.inputs + shown] = 1;
      model.classes.push_back(step < first ? blank : items[(step - first) * shape.batch + c]);
    }
}

// getrusage would not do: its ru_maxrss includes the memory of the program that started this one.
double peak_memory_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

int measure(const Options& options) {
  using Clock = std::chrono::steady_clock;
  const bool copy = options.task == "copy";
  const Shape shape{.cell = options.cell,
                    .steps = options.time_steps,
                    .batch = options.batch,
                    .inputs = copy ? copy_symbols + 2 : 2,
                    .hidden = options.hidden,
                    .outputs = copy ? copy_symbols + 1 : 1,
                    .every_step = copy};
  Model model(shape);
  fill(options, shape, model);
  const auto update = [&] {
    model.gradient();
    model.clip_and_adam(1.0, 0.0);
  };
  const auto since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const auto warm = Clock::now();
  update();
  if (since(warm) < 1) update();
  std::vector<double> times;
  for (const auto start = Clock::now(); times.size() < 3 || since(start) < options.seconds;) {
    const auto before = Clock::now();
    update();
    times.push_back(1e3 * since(before));
  }
  std::sort(times.begin(), times.end());
  const std::size_t n = times.size();
  const dnnl_version_t* version = dnnl_version();
  std::printf("{\n  \"program\": \"onednn\",\n  \"version\": \"%d.%d.%d\",\n  \"kernels\": \"%s\",\n", version->major,
              version->minor, version->patch, model.kernels().c_str());
  std::printf("  \"task\": \"%s\",\n  \"cell\": \"%s\",\n  \"batch\": %d,\n  \"time_steps\": %d,\n  \"hidden\": %d,\n",
              options.task.c_str(), options.cell.c_str(), shape.batch, shape.steps, shape.hidden);
  std::printf("  \"threads\": %d,\n  \"updates\": %zu,\n  \"wall_ms_per_update\": %.9g,\n", omp_get_max_threads(), n,
              (times[n / 2] + times[(n - 1) / 2]) / 2);
  std::printf("  \"wall_ms_per_update_fastest\": %.9g,\n  \"peak_memory_mib\": %.9g\n}\n", times[0], peak_memory_mib());
  return 0;
}

template <class T>
std::vector<T> values(const TensorFile& file, const std::string& name, const std::vector<std::int64_t>& shape) {
  const Tensor* tensor = file.find(name);
  const char* type = std::is_same_v<T, float> ? "F32" : std::is_same_v<T, double> ? "F64" : "I64";
  if (tensor->type != type || tensor->shape != shape)
    throw UserError("--check: " + name + " does not have the type or the shape that the model needs");
  std::vector<T> numbers(tensor->bytes.size() / sizeof(T));
  std::memcpy(numbers.data(), tensor->bytes.data(), tensor->bytes.size());
  return numbers;
}

int check(const Options& options) {
  const TensorFile file = rnnbench::core::read_safetensors(options.check);
  std::map<std::string, std::string> spec;
  std::istringstream lines(file.metadata.contains("spec") ? file.metadata.at("spec") : "");
  for (std::string line; std::getline(lines, line);)
    if (const auto sign = line.find(" = "); sign != line.npos) spec[line.substr(0, sign)] = line.substr(sign + 3);
  const std::vector<std::string> names = {"rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0",
                                          "rnn.bias_hh_l0",   "readout.weight",   "readout.bias"};
  std::set<std::string> wanted = {"inputs", "targets", "mask", "outputs", "loss"}, present;
  for (const std::string& name : names) wanted.insert({name, "grad." + name});
  for (const Tensor& tensor : file.tensors) present.insert(tensor.name);
  const bool known = std::set<std::string>{"rnn", "lstm", "gru", "gru-v1"}.contains(spec["cell"]);
  const bool copy = spec["task"] == "copy";
  if (present != wanted || !known || !(copy || spec["task"] == "adding") ||
      (spec.contains("activation") && spec["activation"] != "tanh"))
    throw UserError(
        options.check +
        " is not a dump of copy or adding with one layer of rnn (tanh), lstm, gru or gru-v1 without attention");

  const auto size = [&](const char* name, std::size_t axis) {
    const auto& shape = file.find(name)->shape;
    if (axis >= shape.size() || shape[axis] < 1 || shape[axis] > 65536)
      throw UserError(options.check + ": " + name + " does not have the shape that the model needs");
    return static_cast<int>(shape[axis]);
  };
  const Shape shape{.cell = spec["cell"],
                    .steps = size("inputs", 0),
                    .batch = size("inputs", 1),
                    .inputs = size("inputs", 2),
                    .hidden = size("readout.weight", 1),
                    .outputs = size("readout.weight", 0),
                    .every_step = copy};
  Model model(shape);
  Model::Blocks parameters;
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const auto& [name, zeros] : model.gradients()) {
    const std::int64_t size = static_cast<std::int64_t>(zeros.size());
    const std::int64_t columns = name == "rnn.weight_ih_l0" ? shape.inputs : shape.hidden;
    shapes[name] = name.find("bias") != name.npos ? std::vector{size} : std::vector{size / columns, columns};
    parameters[name] = values<float>(file, name, shapes[name]);
  }
  model.set_parameters(parameters);
  const auto inputs = values<float>(file, "inputs", {shape.steps, shape.batch, shape.inputs});
  std::copy(inputs.begin(), inputs.end(), model.inputs.begin());
  if (copy) {
    model.classes = values<std::int64_t>(file, "targets", {shape.steps, shape.batch});
    for (const std::int64_t each : model.classes)
      if (each < 0 || each >= shape.outputs) throw UserError(options.check + ": a target is not a class");
  } else {
    const auto targets = values<float>(file, "targets", {shape.steps, shape.batch, shape.outputs});
    model.numbers.assign(targets.end() - shape.batch * shape.outputs, targets.end());
  }

  bool good = true;
  const auto judge = [&good](const std::string& name, double error) {
    const bool fine = error <= max_error;  // false if it is not a number
    good &= fine;
    std::printf("%-20s %8.1e%s\n", name.c_str(), error, fine ? "" : "  WRONG");
  };
  model.gradient();  // called twice, to check that the second one does not depend on the first
  const double loss = values<double>(file, "loss", {1})[0];
  judge("loss", std::abs(model.gradient() - loss) / std::abs(loss));
  for (const auto& [name, ours] : model.gradients()) {
    const auto theirs = values<float>(file, "grad." + name, shapes[name]);
    double difference = 0, largest = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const double d = std::abs(static_cast<double>(ours[i]) - theirs[i]);
      if (d > difference || std::isnan(d)) difference = d;  // keeps a difference that is not a number
      largest = std::max(largest, std::abs(static_cast<double>(theirs[i])));
    }
    judge(name, difference / largest);
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace peer

int main(int count, char** words) {
  try {
    const peer::Options options = peer::parse({words + 1, words + count});
    omp_set_num_threads(options.threads);
    peer::flush_denormals();
    return options.check.empty() ? peer::measure(options) : peer::check(options);
  } catch (const rnnbench::core::UserError& error) {
    std::cerr << "onednn_peer: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "onednn_peer: " << error.what() << '\n';
    return 1;
  }
}
