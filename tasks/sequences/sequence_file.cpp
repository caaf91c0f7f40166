#include "tasks/sequences/sequence_file.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/text.h"
#include "tasks/sequences/file_content.h"
#include "tasks/sequences/json_reader.h"

namespace rnnbench::tasks {
namespace {

constexpr std::array<const char*, 3> split_names{"train", "valid", "test"};
constexpr const char* split_list = "\"train\", \"valid\", \"test\"";
constexpr std::int32_t max_symbol = 65535;  // a network has one output per symbol or label

void check_text(const std::string& path, const std::string& text) {
  if (text.empty()) throw UserError("file = " + path + " is empty");
  if (text.starts_with(std::string_view("\0\0", 2)))
    throw UserError("file = " + path +
                    " begins like an IDX file, but is not named like the images of a training set, such as "
                    "train-images-idx3-ubyte; the labels and the test set are found by this name");
  if (const auto nul = text.find('\0'); nul != std::string::npos)  // the parser would take it for the end
    throw UserError(path + ":" + std::to_string(1 + std::count(text.begin(), text.begin() + nul, '\n')) +
                    ": a byte of value 0 in a text file");
}

int split_of(const std::string& name, const JsonReader& reader) {
  const auto split = std::find(split_names.begin(), split_names.end(), name);
  if (split == split_names.end()) reader.refuse("the split \"" + name + "\" is not one of " + split_list);
  return static_cast<int>(split - split_names.begin());
}

void add(GivenSequence sequence, int split, const JsonReader& reader, SequenceFile& file) {
  if (sequence.steps < 1) reader.refuse("a sequence needs at least one step");
  if (sequence.steps < 2 && sequence.labels.empty())
    reader.refuse("a sequence without labels needs at least two steps");
  file.longest = std::max(file.longest, sequence.steps);
  file.splits[split].push_back(std::move(sequence));
}

SequenceFile read_chords(const std::string& path, const std::string& text) {
  SequenceFile file;
  std::array<bool, 3> seen{};
  JsonReader reader(path, text);
  reader.object("a split", [&](const std::string& key) {
    if (!std::count(split_names.begin(), split_names.end(), key))
      reader.refuse("the member \"" + key + "\" is neither a split, one of " + split_list +
                    ", nor one of a line of JSON Lines: \"split\", \"sequence\", \"label\", \"labels\"");
    const int split = split_of(key, reader);
    if (std::exchange(seen[split], true)) reader.refuse("the split \"" + key + "\" occurs twice");
    reader.list("a sequence", [&] {
      GivenSequence sequence;
      reader.list("a step", [&] {
        ++sequence.steps;
        std::bitset<piano_keys>& chord = sequence.chords.emplace_back();
        reader.list("a note", [&] {
          const int note = reader.number(127, "a MIDI note");
          if (note < lowest_key || note >= lowest_key + piano_keys)
            reader.refuse("the note " + std::to_string(note) + " is not one of the 88 keys, 21 to 108");
          chord.set(note - lowest_key);
        });
      });
      add(std::move(sequence), split, reader, file);
    });
  });
  reader.end();
  return file;
}

// Reads JSON Lines, all of which must have the members and the kind of steps that the first one has.
class Lines {
 public:
  Lines(const std::string& path, const std::string& text) : path_(path), text_(text) {}

  SequenceFile read() {
    int line = 0, number = 0;
    for (std::size_t begin = 0, end; begin < text_.size(); begin = end + 1) {
      end = std::min(text_.find('\n', begin), text_.size());
      JsonReader reader(path_, std::string_view(text_).substr(begin, end - begin), ++line);
      if (reader.peek() != 0) read_line(reader, number++);
    }
    return std::move(file_);
  }

 private:
  void read_line(JsonReader& reader, int number) {
    GivenSequence sequence;
    std::optional<int> split;
    std::set<std::string> members;
    if (reader.peek() == '{') {
      reader.object("a member", [&](const std::string& key) {
        if (!members.insert(key).second) reader.refuse("the member \"" + key + "\" occurs twice");
        if (key == "sequence")
          read_steps(reader, sequence);
        else if (key == "split")
          split = split_of(reader.name("before the name of a split"), reader);
        else if (key == "label")
          sequence.labels = {reader.number(max_symbol, "a label")};
        else if (key == "labels")
          reader.list("a label", [&] { sequence.labels.push_back(reader.number(max_symbol, "a label")); });
        else
          reader.refuse("the member \"" + key + "\" is not one of \"split\", \"sequence\", \"label\", \"labels\"");
      });
    } else {
      read_steps(reader, sequence);
    }
    reader.end();
    check_members(reader, sequence, members);
    if (split.has_value() != has_split_.value_or(split.has_value()))
      reader.refuse("either every line or no line must have a \"split\"");
    has_split_ = split.has_value();
    for (const std::int32_t symbol : sequence.symbols) file_.symbols = std::max(file_.symbols, symbol + 1);
    for (const std::int32_t label : sequence.labels) file_.classes = std::max(file_.classes, label + 1);
    add(std::move(sequence), split.value_or(number % 10 < 8 ? 0 : number % 10 - 7), reader, file_);
  }

  void read_steps(JsonReader& reader, GivenSequence& sequence) {
    reader.list("a symbol", [&] {
      ++sequence.steps;
      const bool real = reader.peek() == '[';
      if (real != real_.value_or(real))
        reader.refuse("a step is " + std::string(real ? "a list of numbers" : "a single number, " + reader.found()) +
                      ", but those before it are " + (real ? "whole numbers" : "lists of numbers"));
      real_ = real;
      if (real) return read_values(reader, sequence);
      const auto symbol = reader.take_number(max_symbol);
      if (!symbol) refuse_real(reader);
      sequence.symbols.push_back(symbol ? *symbol : reader.number(max_symbol, "a symbol"));
    });
  }

  // Refuses a number that only a list of real values may contain.
  static void refuse_real(JsonReader& reader) {
    const std::string word = reader.found();
    const auto value = parse_number<double>(word);
    if (value && std::isfinite(*value) && word.find_first_of("-.eE") != std::string::npos)
      reader.refuse("the step " + word + " is neither a symbol, a whole number from 0 to " +
                    std::to_string(max_symbol) + ", nor a list of real values; write [" + word + "]");
  }

  void read_values(JsonReader& reader, GivenSequence& sequence) {
    const std::size_t before = sequence.values.size();
    reader.list("a value", [&] { sequence.values.push_back(reader.real("a value")); });
    const std::size_t count = sequence.values.size() - before;
    if (count < 1 || count > max_features)
      reader.refuse("a step has " + std::to_string(count) + " values, but must have 1 to " +
                    std::to_string(max_features));
    if (file_.features == 0) file_.features = static_cast<int>(count);
    if (static_cast<int>(count) != file_.features)
      reader.refuse("a step has " + std::to_string(count) + " values, but those before it have " +
                    std::to_string(file_.features));
  }

  void check_members(const JsonReader& reader, const GivenSequence& sequence, const std::set<std::string>& members) {
    const bool label = members.contains("label"), labels = members.contains("labels");
    if (!members.empty() && !members.contains("sequence")) reader.refuse("a line without \"sequence\"");
    if (label && labels) reader.refuse("a line has both \"label\" and \"labels\"");
    if (labels && sequence.labels.size() != sequence.steps)
      reader.refuse("\"labels\" has " + std::to_string(sequence.labels.size()) + " numbers, but \"sequence\" has " +
                    std::to_string(sequence.steps) + " steps");
    const std::string answer = labels ? "\"labels\"" : label ? "\"label\"" : "no label";
    if (answer != answer_.value_or(answer))
      reader.refuse("a line has " + answer + ", but those before it have " + *answer_);
    answer_ = answer;
    file_.every_step = labels;
    if (!sequence.values.empty() && sequence.labels.empty())
      reader.refuse(
          "a sequence of real values needs a \"label\" for the whole sequence or \"labels\", one for each step; write "
          "{\"sequence\": [...], \"label\": 0}");
  }

  const std::string& path_;
  const std::string& text_;
  SequenceFile file_;
  std::optional<bool> has_split_, real_;
  std::optional<std::string> answer_;
};

// Whether the file begins with an object whose first member is not one of those of a line of JSON Lines.
bool is_chords(const std::string& path, const std::string& text) {
  JsonReader reader(path, text);
  if (!reader.take('{')) return false;
  const std::string key = reader.name("before the first name");
  return key != "split" && key != "sequence" && key != "label" && key != "labels";
}

}  // namespace

SequenceFile read_sequence_file(const std::string& path) { return read_sequence_file(path, file_content(path)); }

SequenceFile read_sequence_file(const std::string& path, const std::string& text) {
  check_text(path, text);
  SequenceFile file = is_chords(path, text) ? read_chords(path, text) : Lines(path, text).read();
  file.hash = hex16(fnv1a(text));
  for (std::size_t split = 0; split < split_names.size(); ++split)
    if (file.splits[split].empty())
      throw UserError(path + ": the split \"" + split_names[split] + "\" has no sequence; each of " + split_list +
                      " needs at least one (so without splits, the file needs ten lines)");
  return file;
}

std::string hash_of_file(const std::string& path) {
  const std::string text = file_content(path);
  check_text(path, text);
  return hex16(fnv1a(text));
}

}  // namespace rnnbench::tasks
