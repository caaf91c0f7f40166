// Sequences: the next step of sequences in a file of the user's, chords of a polyphonic piece or symbols.
//
//   input   frame 1   frame 2   ...  frame T-1
//   target  frame 2   frame 3   ...  frame T
#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/math.h"
#include "tasks/helpers.h"
#include "tasks/sequence_file.h"

namespace rnnbench::tasks {
namespace {

enum Part { train, valid, test };

void add(const LossSum& part, LossSum& sum) { sum.loss += part.loss, sum.weight += part.weight; }

// ln(count + 1/2): differences of these are log-odds under Jeffreys' prior (Krichevsky & Trofimov 1981), so that what
// was never counted stays possible.
float log_count(double count) { return static_cast<float>(math::log(count + 0.5)); }

// What chords and symbols share. Only the first `length` + 1 steps of a sequence are taken, also for the baselines.
class Sequences : public Task {
 public:
  Sequences(SequenceFile&& file, int length) : parts_(std::move(file.parts)) {
    for (auto& part : parts_)
      for (GivenSequence& sequence : part) {
        const std::size_t max = static_cast<std::size_t>(length) + 1;
        if (sequence.chords.size() > max) sequence.chords.resize(max);
        if (sequence.symbols.size() > max) sequence.symbols.resize(max);
      }
    steps_ = static_cast<int>(std::min<std::size_t>(file.longest - 1, length));
  }

  int steps() const override { return steps_; }
  bool lists_evaluation() const override { return true; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    for (int b = 0; b < size; ++b) {
      const GivenSequence& sequence = chosen(source, b);
      for (std::size_t t = 0; t + 1 < sequence.size(); ++t) {
        const std::size_t i = batch.at(static_cast<int>(t), b);
        show(sequence, t, i, batch);
        batch.weight[i] = batch.answer[i] = 1;
      }
    }
  }

  double baseline() const override {
    LossSum sum;
    const Predict predict = [&](const Batch& batch, std::vector<float>& outputs) { memoryless(batch, outputs); };
    predict_samples(*this, predict, {.purpose = Purpose::test}, static_cast<int>(parts_[test].size()),
                    [&](const Batch& batch, const auto& outputs) { add(loss_of(signature(), batch, outputs), sum); });
    return sum.mean();
  }

  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    LossSum loss, by_frequency;
    std::vector<float> outputs_by_frequency;
    const int listed = static_cast<int>(parts_[part_of(source)].size());
    predict_samples(*this, predict, source, part_of(source) == train ? count : listed,
                    [&](const Batch& batch, const std::vector<float>& outputs) {
                      add(loss_of(signature(), batch, outputs), loss);
                      frequencies(batch, outputs_by_frequency);
                      add(loss_of(signature(), batch, outputs_by_frequency), by_frequency);
                    });
    return {{"nll", loss.mean()}, {"frequencies", by_frequency.mean()}, {"loss", loss.mean()}};
  }

 protected:
  // Writes step t as input and step t + 1 as target to place i of the batch.
  virtual void show(const GivenSequence& sequence, std::size_t t, std::size_t i, Batch& batch) const = 0;
  // The outputs of what knows the frequencies in the training part alone.
  virtual void frequencies(const Batch& batch, std::vector<float>& outputs) const = 0;

  const std::vector<GivenSequence>& training() const { return parts_[train]; }

 private:
  static Part part_of(const StreamSource& source) {
    return source.purpose == Purpose::validation ? valid : source.purpose == Purpose::test ? test : train;
  }

  // Training draws evenly from its part, with replacement; the others go through theirs in the order of the file.
  const GivenSequence& chosen(const StreamSource& source, std::uint32_t sample) const {
    const auto& part = parts_[part_of(source)];
    if (part_of(source) == train) return part[source.stream(sample).below(static_cast<std::uint32_t>(part.size()))];
    return part[(static_cast<std::uint64_t>(source.first) + sample) % part.size()];
  }

  std::array<std::vector<GivenSequence>, 3> parts_;
  int steps_;
};

class Chords final : public Sequences {
 public:
  Chords(SequenceFile&& file, int length) : Sequences(std::move(file), length) {
    std::array<std::array<double, 2>, 2> counts[piano_keys]{};  // of each key: before (silent, sounding), then after
    for (const GivenSequence& sequence : training())
      for (std::size_t t = 0; t + 1 < sequence.size(); ++t)
        for (int key = 0; key < piano_keys; ++key) ++counts[key][sequence.chords[t][key]][sequence.chords[t + 1][key]];
    for (int key = 0; key < piano_keys; ++key) {
      const auto& [silent, sounding] = counts[key];
      frequency_[key] = log_odds(silent[0] + sounding[0], silent[1] + sounding[1]);
      after_[0][key] = log_odds(silent[0], silent[1]);
      after_[1][key] = log_odds(sounding[0], sounding[1]);
    }
  }

  Signature signature() const override { return {piano_keys, false, piano_keys, Loss::bernoulli, false, true}; }

  // Each key by itself: how often it sounded in training after a step in which it did, or did not, as now.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.resize(batch.values.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = after_[batch.values[i] == 1][i % piano_keys];
  }

  Measure measure() const override {
    return {"nll", false, 0.001,
            "negative log-likelihood in nats per time step, summed over the keys, averaged over all predicted steps "
            "(2..T) of all test sequences, each step counting the same"};
  }

 private:
  static float log_odds(double no, double yes) { return log_count(yes) - log_count(no); }

  void show(const GivenSequence& sequence, std::size_t t, std::size_t i, Batch& batch) const override {
    for (int key = 0; key < piano_keys; ++key) {
      batch.values[i * piano_keys + key] = sequence.chords[t][key];
      batch.targets[i * piano_keys + key] = sequence.chords[t + 1][key];
    }
  }

  void frequencies(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.resize(batch.values.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = frequency_[i % piano_keys];
  }

  std::array<float, piano_keys> frequency_{};  // log-odds
  std::array<std::array<float, piano_keys>, 2> after_{};
};

class Symbols final : public Sequences {
 public:
  Symbols(SequenceFile&& file, int length)
      : Sequences(std::move(file), length), symbols_(file.symbols), counts_(symbols_), after_(symbols_) {
    for (const GivenSequence& sequence : training())
      for (std::size_t t = 0; t + 1 < sequence.size(); ++t) {
        ++counts_[sequence.symbols[t + 1]];
        ++after_[sequence.symbols[t]][sequence.symbols[t + 1]];
      }
  }

  Signature signature() const override { return {symbols_, true, symbols_, Loss::cross_entropy, false, true}; }

  // How often each symbol followed the current one in training.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.symbols.size() * symbols_, log_count(0));
    for (std::size_t i = 0; i < batch.symbols.size(); ++i)
      for (const auto& [symbol, count] : after_[batch.symbols[i]]) outputs[i * symbols_ + symbol] = log_count(count);
  }

  Measure measure() const override {
    return {"nll", false, 0.001,
            "negative log-likelihood in nats per symbol, averaged over all predicted symbols (2..T) of all test "
            "sequences, each symbol counting the same"};
  }

 private:
  void show(const GivenSequence& sequence, std::size_t t, std::size_t i, Batch& batch) const override {
    batch.symbols[i] = sequence.symbols[t];
    batch.classes[i] = sequence.symbols[t + 1];
  }

  void frequencies(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.resize(batch.symbols.size() * symbols_);
    for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = log_count(counts_[i % symbols_]);
  }

  int symbols_;
  std::vector<double> counts_;
  std::vector<std::map<std::int32_t, double>> after_;  // of each symbol
};

const std::string& path_of(const Settings& settings) {
  if (!settings.has("file"))
    throw UserError(
        "the task sequences needs file = PATH, the sequences to learn; `rnnbench show sequences` says in "
        "which form");
  return settings.text("file");
}

void check_hash(const Settings& settings, const std::string& hash) {
  if (settings.has("file-hash") && settings.text("file-hash") != hash)
    throw UserError("file-hash = " + settings.text("file-hash") + " is not the hash of " + path_of(settings) +
                    ", which is " + hash + ": the file is another one or has changed");
}

// The path says where the sequences lie; what they are goes into the run.
void complete(Settings& settings) {
  const std::string hash = hash_of_file(path_of(settings));
  check_hash(settings, hash);
  settings.set("file-hash", hash);
}

std::unique_ptr<const Task> make(const Settings& settings) {
  SequenceFile file = read_sequence_file(path_of(settings));
  check_hash(settings, file.hash);  // it may have changed since the run was declared
  const int length = static_cast<int>(settings.integer("length"));
  if (file.symbols > 0) return std::make_unique<Symbols>(std::move(file), length);
  return std::make_unique<Chords>(std::move(file), length);
}

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  const std::string& path = path_of(settings);
  const auto longest = static_cast<std::int64_t>(read_sequence_file(path).longest) - 1;
  return solve_length("sequences with file = " + path, time_steps, 1, 0, 1, longest);
}

}  // namespace

TaskEntry sequences_task() {
  std::vector<Option> options =
      length_options("1000000", 1, "most time steps of a sequence: longer ones are cut, by default none is");
  options.push_back(place_option("file", "path of the sequences, from the folder that the program is started in"));
  options.push_back(text_option("file-hash", "hash of the file's bytes, filled in; a given one has to match"));
  return {"sequences",
          "predict the next step of sequences in a file of your own: polyphonic music or symbols",
          "Shown: the steps of a sequence of `file` but the last. Asked at each: the next one; so the first is never "
          "asked. Two forms of files are read. Chords: a JSON object of the parts \"train\", \"valid\" and \"test\", "
          "each a list of sequences, a sequence a list of steps, a step a list of MIDI notes from 21 to 108, as the "
          "sets of Boulanger-Lewandowski, Bengio & Vincent 2012 (JSB chorales, Nottingham, MuseData, Piano-midi.de) "
          "are often kept: 88 inputs, and 88 outputs that are independent answers of yes or no. Symbols: JSON Lines, "
          "in each line a list of whole numbers, or in each {\"split\": \"train\", \"sequence\": [...]}; without "
          "splits, of ten lines in a row eight are train, one valid, one test: one-hot inputs, and one class of as "
          "many. Training draws evenly from the sequences of its part. Validation and test score every sequence of "
          "theirs once, whatever `evaluate` says. `length` cuts longer sequences, in all parts. The lowest loss is "
          "not known; a loss below 0.001, of sequences that can be foretold, counts as solved, and other training "
          "goes on to its last update. The memoryless predictor knows the current step: how often, in the training "
          "part, a key sounded after a step in which it did or did not, or a symbol came after the current one, with "
          "1/2 added to each count. The baseline is its loss on the test part. The score `frequencies` is the loss "
          "of one that does not know the step either. The hash of the file's bytes belongs to the identity of a run, "
          "its path does not.",
          std::move(options),
          make,
          length_of_steps,
          complete};
}

}  // namespace rnnbench::tasks
