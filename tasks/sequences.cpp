// Sequences: predict the next step of sequences in a file of the user, chords of polyphonic music or symbols.
//
//   input   step 1   step 2   ...  step T-1
//   target  step 2   step 3   ...  step T
#include <algorithm>
#include <filesystem>
#include <map>

#include "core/error.h"
#include "core/hash.h"
#include "core/math.h"
#include "tasks/helpers.h"
#include "tasks/sequence_file.h"

namespace rnnbench::tasks {
namespace {

enum Split { train, valid, test };

// ln(count + 1/2), the logit of an outcome that was counted so often. Because of the 1/2 (Jeffreys' prior; Krichevsky &
// Trofimov 1981), outcomes that were never counted remain possible.
float log_count(double count) { return static_cast<float>(math::log(count + 0.5)); }

// A sequence of which a stream has read the first steps.
struct Reading {
  const GivenSequence* sequence = nullptr;
  std::size_t step = 0;  // that is the next input
  bool begins = true;    // at this step, from the initial states
  bool finished() const { return sequence == nullptr || step + 1 >= sequence->size(); }
};

// The common part of chords and symbols. Only the first `length` + 1 steps of a sequence are used, also for baselines.
class Sequences : public Task {
 public:
  Sequences(SequenceFile&& file, int length, int chunk) : splits_(std::move(file.splits)), chunk_(chunk) {
    for (auto& split : splits_)
      for (GivenSequence& sequence : split) {
        const std::size_t max = static_cast<std::size_t>(length) + 1;
        if (sequence.chords.size() > max) sequence.chords.resize(max);
        if (sequence.symbols.size() > max) sequence.symbols.resize(max);
      }
    steps_ = static_cast<int>(std::min<std::size_t>(file.longest - 1, length));
    if (chunk_ > 0) steps_ = std::min(steps_, chunk_);
  }

  int steps() const override { return steps_; }
  int chunk() const override { return chunk_; }
  EvaluatedOn evaluated_on() const override { return EvaluatedOn::list; }
  int listed(Purpose purpose) const override {
    return static_cast<int>(splits_[split_of({.purpose = purpose})].size());
  }

  // Whole sequences, even with chunks.
  void sample(const StreamSource& source, int size, Batch& batch) const override {
    std::vector<Reading> readings;
    for (int b = 0; b < size; ++b) readings.push_back({&chosen(source, b)});
    std::size_t steps = steps_;
    if (chunk_ > 0)
      for (const Reading& reading : readings) steps = std::max(steps, reading.sequence->size() - 1);
    read(static_cast<int>(steps), readings, batch);
  }

  void next_chunk(const StreamSource& source, std::vector<StreamPlace>& streams, Batch& batch) const override {
    std::vector<Reading> readings;
    for (std::size_t b = 0; b < streams.size(); ++b) {
      StreamPlace& place = streams[b];
      const auto current = [&] {
        StreamSource of_sequence = source;
        of_sequence.step = place.sequences + 1;
        Stream stream = of_sequence.stream(static_cast<std::uint32_t>(b));
        const auto& split = splits_[split_of(source)];
        Reading reading{&split[stream.below(static_cast<std::uint32_t>(split.size()))], place.steps, place.steps == 0};
        if (place == StreamPlace()) {
          const std::size_t chunks = (reading.sequence->size() - 2) / chunk_ + 1;
          reading.step = static_cast<std::size_t>(chunk_) * stream.below(static_cast<std::uint32_t>(chunks));
        }
        return reading;
      };
      if (current().finished()) place = {place.sequences + 1, 0};
      readings.push_back(current());
    }
    read(steps_, readings, batch);
    for (std::size_t b = 0; b < streams.size(); ++b) streams[b].steps = static_cast<std::uint32_t>(readings[b].step);
  }

  double baseline() const override {
    LossSum sum;
    const Predict predict = [&](const Batch& batch, std::vector<float>& outputs) { memoryless(batch, outputs); };
    predict_all(predict, {.purpose = Purpose::test}, static_cast<int>(splits_[test].size()),
                [&](const Batch& batch, const auto& outputs) { sum += loss_of(signature(), batch, outputs); });
    return sum.mean();
  }

  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    LossSum loss, by_frequency;
    std::vector<float> outputs_by_frequency;
    const int listed = static_cast<int>(splits_[split_of(source)].size());
    predict_all(predict, source, split_of(source) == train ? count : listed,
                [&](const Batch& batch, const std::vector<float>& outputs) {
                  loss += loss_of(signature(), batch, outputs);
                  frequencies(batch, outputs_by_frequency);
                  by_frequency += loss_of(signature(), batch, outputs_by_frequency);
                });
    return {{"nll", loss.mean()}, {"frequencies", by_frequency.mean()}, {"loss", loss.mean()}};
  }

 protected:
  // Writes step t of the sequence as the input and step t + 1 as the target of element i of the batch.
  virtual void write(const GivenSequence& sequence, std::size_t t, std::size_t i, Batch& batch) const = 0;
  // The outputs of a predictor that knows only the frequencies in the training split.
  virtual void frequencies(const Batch& batch, std::vector<float>& outputs) const = 0;

  const std::vector<GivenSequence>& training() const { return splits_[train]; }

 private:
  static Split split_of(const StreamSource& source) {
    return source.purpose == Purpose::validation ? valid : source.purpose == Purpose::test ? test : train;
  }

  // Training samples uniformly with replacement from its split; validation and test use theirs in the order of the
  // file.
  const GivenSequence& chosen(const StreamSource& source, std::uint32_t sample) const {
    const auto& split = splits_[split_of(source)];
    if (split_of(source) == train) return split[source.stream(sample).below(static_cast<std::uint32_t>(split.size()))];
    return split[(static_cast<std::uint64_t>(source.first) + sample) % split.size()];
  }

  // Fills the batch with the next `steps` steps of every sequence, and moves the readings.
  void read(int steps, std::vector<Reading>& readings, Batch& batch) const {
    batch.reset(signature(), steps, static_cast<int>(readings.size()));
    if (chunk_ > 0) batch.continues.resize(readings.size());
    for (int b = 0; b < batch.size; ++b) {
      Reading& reading = readings[b];
      if (chunk_ > 0) batch.continues[b] = !reading.begins;
      reading.begins = false;
      for (int t = 0; t < steps && !reading.finished(); ++t, ++reading.step) {
        const std::size_t i = batch.at(t, b);
        write(*reading.sequence, reading.step, i, batch);
        batch.weight[i] = batch.answer[i] = 1;
      }
    }
  }

  // Predicts `count` sequences of `source`. With chunks, up to 64 streams each begin the next sequence where they have
  // finished one.
  void predict_all(const Predict& predict, const StreamSource& source, int count, const UsePrediction& use) const {
    if (chunk_ == 0) return predict_samples(*this, predict, source, count, use);
    std::vector<Reading> readings(std::min(count, 64));
    Batch batch;
    std::vector<float> outputs;
    for (int begun = 0;;) {
      for (Reading& reading : readings)
        if (reading.finished() && begun < count) reading = {&chosen(source, static_cast<std::uint32_t>(begun++))};
      if (std::all_of(readings.begin(), readings.end(), [](const Reading& r) { return r.finished(); })) return;
      read(steps_, readings, batch);
      predict(batch, outputs);
      use(batch, outputs);
    }
  }

  std::array<std::vector<GivenSequence>, 3> splits_;
  const int chunk_;
  int steps_;
};

class Chords final : public Sequences {
 public:
  Chords(SequenceFile&& file, int length, int chunk) : Sequences(std::move(file), length, chunk) {
    std::array<std::array<double, 2>, 2> counts[piano_keys]{};  // [key][sounds at step t][sounds at step t + 1]
    for (const GivenSequence& sequence : training())
      for (std::size_t t = 0; t + 1 < sequence.size(); ++t)
        for (int key = 0; key < piano_keys; ++key) ++counts[key][sequence.chords[t][key]][sequence.chords[t + 1][key]];
    for (int key = 0; key < piano_keys; ++key) {
      const auto& [silent, sounding] = counts[key];
      frequency_[key] = logit(silent[0] + sounding[0], silent[1] + sounding[1]);
      after_[0][key] = logit(silent[0], silent[1]);
      after_[1][key] = logit(sounding[0], sounding[1]);
    }
  }

  Signature signature() const override {
    return {.inputs = piano_keys, .outputs = piano_keys, .loss = Loss::bernoulli, .predicts_inputs = true};
  }

  // For each key by itself: how often it sounded in training after a step in which it did, or did not, as it does now.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.resize(batch.values.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = after_[batch.values[i] == 1][i % piano_keys];
  }

  Measure measure() const override {
    return {
        .name = "nll",
        .higher_is_better = false,
        .solved_at = 0.001,
        .definition =
            "negative log-likelihood in nats per time step, summed over the keys, averaged over all predicted steps "
            "(2..T) of all test sequences, each step counting the same"};
  }

 private:
  static float logit(double no, double yes) { return log_count(yes) - log_count(no); }

  void write(const GivenSequence& sequence, std::size_t t, std::size_t i, Batch& batch) const override {
    for (int key = 0; key < piano_keys; ++key) {
      batch.values[i * piano_keys + key] = sequence.chords[t][key];
      batch.targets[i * piano_keys + key] = sequence.chords[t + 1][key];
    }
  }

  void frequencies(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.resize(batch.values.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = frequency_[i % piano_keys];
  }

  std::array<float, piano_keys> frequency_{};             // logits
  std::array<std::array<float, piano_keys>, 2> after_{};  // [sounds now][key]: logits
};

class Symbols final : public Sequences {
 public:
  Symbols(SequenceFile&& file, int length, int chunk)
      : Sequences(std::move(file), length, chunk), symbols_(file.symbols), counts_(symbols_), after_(symbols_) {
    for (const GivenSequence& sequence : training())
      for (std::size_t t = 0; t + 1 < sequence.size(); ++t) {
        ++counts_[sequence.symbols[t + 1]];
        ++after_[sequence.symbols[t]][sequence.symbols[t + 1]];
      }
  }

  Signature signature() const override {
    return {.inputs = symbols_, .one_hot = true, .outputs = symbols_, .predicts_inputs = true};
  }

  // How often each symbol followed the current one in training.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.symbols.size() * symbols_, log_count(0));
    for (std::size_t i = 0; i < batch.symbols.size(); ++i)
      for (const auto& [symbol, count] : after_[batch.symbols[i]]) outputs[i * symbols_ + symbol] = log_count(count);
  }

  Measure measure() const override {
    return {.name = "nll",
            .higher_is_better = false,
            .solved_at = 0.001,
            .definition =
                "negative log-likelihood in nats per symbol, averaged over all predicted symbols (2..T) of all test "
                "sequences, each symbol counting the same"};
  }

 private:
  void write(const GivenSequence& sequence, std::size_t t, std::size_t i, Batch& batch) const override {
    batch.symbols[i] = sequence.symbols[t];
    batch.classes[i] = sequence.symbols[t + 1];
  }

  void frequencies(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.resize(batch.symbols.size() * symbols_);
    for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = log_count(counts_[i % symbols_]);
  }

  int symbols_;
  std::vector<double> counts_;
  std::vector<std::map<std::int32_t, double>> after_;  // [current symbol]: count of each next symbol
};

const std::string& path_of(const Settings& settings) {
  if (!settings.has("file"))
    throw UserError(
        "the task sequences needs file = PATH with the sequences to learn; `rnnbench show sequences` describes its "
        "format");
  return settings.text("file");
}

void check_hash(const Settings& settings, const std::string& hash) {
  if (settings.has("file-hash") && settings.text("file-hash") != hash)
    throw UserError("file-hash = " + settings.text("file-hash") + " is not the hash of " + path_of(settings) +
                    ", which is " + hash + ": the file has changed or is a different one");
}

// Separates PATH@HASH into the options file and file-hash.
void take_hash_from_path(Settings& settings) {
  const std::string given = path_of(settings);
  const std::size_t at = given.rfind('@');
  if (at == std::string::npos || given.size() - at - 1 != hex16(0).size() ||
      given.find_first_not_of("0123456789abcdef", at + 1) != std::string::npos)
    return;
  check_hash(settings, given.substr(at + 1));
  settings.set("file", given.substr(0, at));
  settings.set("file-hash", given.substr(at + 1));
}

// A run is identified by the content of the file, not by its path. Where the hash is declared, results can be read
// without the file.
void complete(Settings& settings) {
  take_hash_from_path(settings);
  if (settings.has("file-hash") && !std::filesystem::exists(path_of(settings))) return;
  const std::string hash = hash_of_file(path_of(settings));
  check_hash(settings, hash);
  settings.set("file-hash", hash);
}

std::unique_ptr<const Task> make(const Settings& settings) {
  SequenceFile file = read_sequence_file(path_of(settings));
  check_hash(settings, file.hash);  // it may have changed since the run was declared
  const int length = static_cast<int>(settings.integer("length")), chunk = static_cast<int>(settings.integer("chunk"));
  if (file.symbols > 0) return std::make_unique<Symbols>(std::move(file), length, chunk);
  return std::make_unique<Chords>(std::move(file), length, chunk);
}

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  const std::string& path = path_of(settings);
  const std::int64_t chunk = settings.integer("chunk");
  auto longest = static_cast<std::int64_t>(read_sequence_file(path).longest) - 1;
  if (chunk > 0) longest = std::min(longest, chunk);
  return solve_length("sequences with file = " + path + (chunk > 0 ? " and chunk = " + std::to_string(chunk) : ""),
                      time_steps, 1, 0, 1, longest);
}

}  // namespace

TaskEntry sequences_task() {
  std::vector<Option> options =
      length_options("1000000000", 1, "maximum number of time steps; longer sequences are cut");
  for (Option& option : options) option.max = 1e9;  // files have sequences of any length
  options.push_back(integer_option(
      "chunk", "0", 0, 1'000'000,
      "time steps of the pieces in which sequences are read one after another, in training and evaluation, with the "
      "states passed on; 0 = whole sequences"));
  options.push_back(path_option("file",
                                "path of the file, relative to the current folder; PATH@HASH also declares its "
                                "file-hash; a list names several files"));
  options.push_back(text_option("file-hash",
                                "hash of the file's bytes, set automatically; if given, it must match, and results "
                                "can be read without the file"));
  return {.name = "sequences",
          .summary = "predict the next step of sequences in a file of your own: polyphonic music or symbols",
          .definition =
              R"(
              Input: the steps of a sequence of `file`, without the last one.

              Target: at each step, the next one.

              Chords: the file is a JSON object with the splits "train", "valid" and "test". Each split is a list of
              sequences, a sequence a list of steps, a step a list of MIDI notes from 21 to 108. The data sets of
              Boulanger-Lewandowski, Bengio & Vincent 2012 (JSB chorales, Nottingham, MuseData, Piano-midi.de) are
              often stored in this format. There are 88 inputs and 88 outputs, one independent yes/no answer per key.

              Symbols: the file has JSON Lines. Each line is a list of whole numbers, or each line is {"split":
              "train", "sequence": [...]}. Without splits, of ten consecutive lines eight are train, the next is
              valid, the last is test. Inputs are one-hot, and there is one class per symbol.

              Training samples uniformly from the sequences of its split. Validation and test evaluate every sequence
              of theirs once, whatever the option `evaluate` says. `length` cuts longer sequences, in all splits.

              Chunks: with `chunk` = n, the sequences of a batch are parallel streams. Each update reads the next n
              steps of every stream, and the states pass on from update to update. Where a sequence ends, the rest of
              its chunk does not count, and the next chunk of this stream begins another sequence, from the initial
              states. The first sequence of each stream begins at a random chunk, so that streams of one long sequence
              are at different places. Gradients reach back to the beginning of a chunk (truncated backpropagation
              through time). Memory depends on n only. Evaluation goes on in chunks too, which does not change its
              result.

              The lowest possible loss is not known. A loss below 0.001, possible only if the sequences are
              predictable, counts as solved; otherwise training uses its whole budget.

              Baseline: the predictor knows the current step. It uses the frequencies of the training split: of a key
              after steps in which it sounded or did not, or of a symbol after the current one, with 1/2 added to each
              count. The baseline is its loss on the test split. The score `frequencies` is the loss of a predictor
              that does not know the current step either.

              A run is identified by the hash of the file's bytes, not by its path.)",
          .options = std::move(options),
          .make = make,
          .length_of_steps = length_of_steps,
          .complete = complete};
}

}  // namespace rnnbench::tasks
