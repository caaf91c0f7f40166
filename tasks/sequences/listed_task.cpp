#include "tasks/sequences/listed_task.h"

#include <algorithm>

namespace rnnbench::tasks {
namespace {

Split split_of(const StreamSource& source) {
  return source.purpose == Purpose::validation ? valid_split
         : source.purpose == Purpose::test     ? test_split
                                               : train_split;
}

}  // namespace

// A sequence of which a stream has read the first steps.
struct ListedTask::Reading {
  Split split = train_split;
  std::size_t sequence = 0, end = 0;  // its number and its time steps
  std::size_t step = 0;               // that is the next input
  bool begins = true;                 // at this step, from the initial states
  bool finished() const { return step >= end; }
};

ListedTask::ListedTask(const std::array<std::size_t, 3>& counts, std::size_t longest, int chunk)
    : counts_(counts),
      chunk_(chunk),
      steps_(static_cast<int>(chunk > 0 ? std::min<std::size_t>(longest, chunk) : longest)) {}

int ListedTask::listed(Purpose purpose) const { return static_cast<int>(counts_[split_of({.purpose = purpose})]); }

void ListedTask::sample(const StreamSource& source, int size, Batch& batch) const {
  std::vector<Reading> readings;
  for (int b = 0; b < size; ++b) readings.push_back(chosen(source, b));
  std::size_t steps = steps_;
  if (chunk_ > 0)
    for (const Reading& reading : readings) steps = std::max(steps, reading.end);
  read(static_cast<int>(steps), readings, batch);
}

void ListedTask::next_chunk(const StreamSource& source, std::vector<StreamPlace>& streams, Batch& batch) const {
  const Split split = split_of(source);
  std::vector<Reading> readings;
  for (std::size_t b = 0; b < streams.size(); ++b) {
    StreamPlace& place = streams[b];
    const auto current = [&] {
      StreamSource of_sequence = source;
      of_sequence.step = place.sequences + 1;
      Stream stream = of_sequence.stream(static_cast<std::uint32_t>(b));
      const std::size_t sequence = stream.below(static_cast<std::uint32_t>(counts_[split]));
      Reading reading{split, sequence, steps_of(split, sequence), place.steps, place.steps == 0};
      if (place == StreamPlace()) {
        const std::size_t chunks = (reading.end - 1) / chunk_ + 1;
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

double ListedTask::baseline() const {
  LossSum sum;
  const Predict predict = [&](const Batch& batch, std::vector<float>& outputs) { memoryless(batch, outputs); };
  predict_all(predict, {.purpose = Purpose::test}, listed(Purpose::test),
              [&](const Batch& batch, const auto& outputs) { sum += loss_of(signature(), batch, outputs); });
  return sum.mean();
}

Scores ListedTask::evaluate(const Predict& predict, const StreamSource& source, int count) const {
  const Measure measure = this->measure();
  LossSum loss, by_frequency;
  AnswerCount answers;
  std::vector<float> outputs_by_frequency;
  predict_all(predict, source, split_of(source) == train_split ? count : listed(source.purpose),
              [&](const Batch& batch, const std::vector<float>& outputs) {
                loss += loss_of(signature(), batch, outputs);
                frequencies(batch, outputs_by_frequency);
                by_frequency += loss_of(signature(), batch, outputs_by_frequency);
                if (measure.higher_is_better) answers += count_answers(signature(), batch, outputs);
              });
  return {{measure.name, measure.higher_is_better ? answers.accuracy() : loss.mean()},
          {"frequencies", by_frequency.mean()},
          {"loss", loss.mean()}};
}

// Training samples uniformly with replacement from its split; validation and test use theirs in the order of the file.
ListedTask::Reading ListedTask::chosen(const StreamSource& source, std::uint32_t sample) const {
  const Split split = split_of(source);
  const std::size_t count = counts_[split];
  const std::size_t sequence = split == train_split ? source.stream(sample).below(static_cast<std::uint32_t>(count))
                                                    : (static_cast<std::uint64_t>(source.first) + sample) % count;
  return {split, sequence, steps_of(split, sequence)};
}

// Fills the batch with the next `steps` steps of every sequence, and moves the readings.
void ListedTask::read(int steps, std::vector<Reading>& readings, Batch& batch) const {
  const Signature signature = this->signature();
  batch.reset(signature, steps, static_cast<int>(readings.size()));
  if (chunk_ > 0) batch.continues.resize(readings.size());
  for (int b = 0; b < batch.size; ++b) {
    Reading& reading = readings[b];
    if (chunk_ > 0) batch.continues[b] = !reading.begins;
    reading.begins = false;
    for (int t = 0; t < steps && !reading.finished(); ++t, ++reading.step) {
      const std::size_t i = batch.at(t, b);
      write(reading.split, reading.sequence, reading.step, i, batch);
      const bool answered = !signature.one_answer || reading.step + 1 == reading.end;
      batch.weight[i] = batch.answer[i] = answered;
    }
  }
}

// Predicts `count` sequences of `source`. With chunks, up to 64 streams each begin the next sequence where they have
// finished one.
void ListedTask::predict_all(const Predict& predict, const StreamSource& source, int count,
                             const UsePrediction& use) const {
  if (chunk_ == 0) return predict_samples(*this, predict, source, count, use);
  std::vector<Reading> readings(std::min(count, 64));
  Batch batch;
  std::vector<float> outputs;
  for (int begun = 0;;) {
    for (Reading& reading : readings)
      if (reading.finished() && begun < count) reading = chosen(source, static_cast<std::uint32_t>(begun++));
    if (std::all_of(readings.begin(), readings.end(), [](const Reading& r) { return r.finished(); })) return;
    read(steps_, readings, batch);
    predict(batch, outputs);
    use(batch, outputs);
  }
}

}  // namespace rnnbench::tasks
