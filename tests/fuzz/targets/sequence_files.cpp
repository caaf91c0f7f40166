// Files of sequences, and the tasks that they become. A compressed input is decompressed to as many bytes as others may
// have.
#include <cmath>

#include "core/text.h"
#include "tasks/sequences/file_content.h"
#include "tasks/sequences/labeled.h"
#include "tasks/sequences/next_step.h"
#include "tasks/sequences/sequence_file.h"
#include "tests/fuzz/check.h"

namespace rnnbench::fuzz {
namespace {

using namespace rnnbench::tasks;

// The file as JSON Lines, or as chords.
std::string rewritten(const SequenceFile& file, bool chords) {
  const char* names[] = {"train", "valid", "test"};
  const auto number = [](auto value) { return core::number_text(static_cast<double>(value)); };
  std::string text, splits;
  for (int split = 0; split < 3; ++split) {
    std::vector<std::string> lists;
    for (const GivenSequence& sequence : file.splits[split]) {
      std::vector<std::string> steps;
      for (std::size_t t = 0; t < sequence.steps; ++t) {
        std::vector<std::string> values;
        for (int key = 0; chords && key < piano_keys; ++key)
          if (sequence.chords[t][key]) values.push_back(std::to_string(lowest_key + key));
        for (int k = 0; k < file.features; ++k) values.push_back(number(sequence.values[t * file.features + k]));
        steps.push_back(file.symbols > 0 ? std::to_string(sequence.symbols[t]) : "[" + core::join(values) + "]");
      }
      lists.push_back("[" + core::join(steps) + "]");
      const std::string labels = core::join(sequence.labels, number);
      text += "{\"split\": \"" + std::string(names[split]) + "\", \"sequence\": " + lists.back() +
              (file.classes == 0 ? ""
               : file.every_step ? ", \"labels\": [" + labels + "]"
                                 : ", \"label\": " + labels) +
              "}\n";
    }
    splits += (split > 0 ? ", \"" : "\"") + std::string(names[split]) + "\": [" + core::join(lists) + "]";
  }
  return chords ? "{" + splits + "}" : text;
}

void check_file(const SequenceFile& file) {
  for (const auto& split : file.splits) {
    require(!split.empty(), "every split has sequences");
    for (const GivenSequence& sequence : split) {
      require(sequence.steps > 0 && sequence.steps <= file.longest, "a sequence has steps");
      for (const std::int32_t symbol : sequence.symbols)
        require(symbol >= 0 && symbol < file.symbols, "a symbol is in its range");
      for (const std::int32_t label : sequence.labels)
        require(label >= 0 && label < file.classes, "a label is in its range");
      for (const float value : sequence.values) require(std::isfinite(value), "a value is finite");
      require(sequence.labels.size() == (file.classes == 0 ? 0
                                         : file.every_step ? sequence.steps
                                                           : 1),
              "there is a label for the sequence or for each step");
    }
  }
}

bool equal(const SequenceFile& a, const SequenceFile& b) {
  const auto same = [](const GivenSequence& x, const GivenSequence& y) {
    return x.steps == y.steps && x.chords == y.chords && x.symbols == y.symbols && x.values == y.values &&
           x.labels == y.labels;
  };
  for (int split = 0; split < 3; ++split)
    if (!std::equal(a.splits[split].begin(), a.splits[split].end(), b.splits[split].begin(), b.splits[split].end(),
                    same))
      return false;
  return a.symbols == b.symbols && a.features == b.features && a.classes == b.classes && a.every_step == b.every_step &&
         a.longest == b.longest;
}

void check_task(SequenceFile&& file) {
  constexpr int length = 1'000'000'000, chunk = 3;
  const bool in_chunks = file.classes == 0 || file.every_step;
  const auto task = file.classes == 0 ? next_step_task(std::move(file), length, in_chunks ? chunk : 0)
                                      : labeled_task(labeled_sequences(std::move(file)), length, in_chunks ? chunk : 0);
  Batch batch;
  std::vector<StreamPlace> streams(2);
  const StreamSource source{.seed = 1, .purpose = Purpose::training};
  if (in_chunks)
    for (int i = 0; i < 3; ++i) task->next_chunk(source, streams, batch);
  else if (task->steps() < 1000)
    task->sample(source, 2, batch);
}

}  // namespace

void sequence_files(const std::string& input) {
  const std::string text = input.starts_with("\x1f\x8b") ? gunzipped("fuzz.jsonl.gz", input, max_input_bytes) : input;
  SequenceFile file = read_sequence_file("fuzz.jsonl", text);
  check_file(file);
  const bool chords = file.symbols == 0 && file.features == 0;
  const std::string again = rewritten(file, chords);
  require(
      equal(must_accept("a file that was rewritten", [&] { return read_sequence_file("again.jsonl", again); }), file),
      "a file has the same sequences after it was written and read");
  check_task(std::move(file));
}

}  // namespace rnnbench::fuzz
