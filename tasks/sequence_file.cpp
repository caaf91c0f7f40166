#include "tasks/sequence_file.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/read_file.h"

namespace rnnbench::tasks {
namespace {

constexpr std::array<const char*, 3> split_names{"train", "valid", "test"};
constexpr const char* split_list = "\"train\", \"valid\", \"test\"";
constexpr std::int32_t max_symbol = 65535;  // a network has one output per symbol

std::string bytes_of(const std::string& path) {
  std::string bytes;
  try {
    bytes = read_regular_file(path, max_sequence_file_bytes);
  } catch (const std::runtime_error& error) {
    throw UserError("file = " + path + " cannot be read: " + error.what());
  }
  if (bytes.empty()) throw UserError("file = " + path + " is empty");
  if (const auto nul = bytes.find('\0'); nul != std::string::npos)  // the parser would take it for the end
    throw UserError(path + ":" + std::to_string(1 + std::count(bytes.begin(), bytes.begin() + nul, '\n')) +
                    ": a byte of value 0 in a text file");
  return bytes;
}

// A parser for the subset of JSON that is used here: lists, objects, whole numbers, and strings without escapes.
class Reader {
 public:
  Reader(const std::string& path, std::string_view text, int line = 1) : path_(path), text_(text), line_(line) {}

  [[noreturn]] void refuse(const std::string& what) const {
    throw UserError(path_ + ":" + std::to_string(line_) + ": " + what);
  }

  // The next character that is not white space; 0 at the end.
  char peek() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return c;
    }
    return 0;
  }

  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  void expect(char c, const std::string& where) {
    if (!take(c)) refuse("expected '" + std::string(1, c) + "' " + where + ", found " + found());
  }

  int number(int max, const std::string& what) {
    peek();
    const char* begin = text_.data() + at_;
    int value = -1;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    const std::string_view after = text_.substr(static_cast<std::size_t>(end - text_.data()), 1);
    const bool whole = error == std::errc() && *begin != '-' && (*begin != '0' || end - begin == 1) &&
                       after.find_first_not_of(",] \t\r\n") == std::string_view::npos;
    if (!whole || value > max)
      refuse("expected " + what + ", a whole number from 0 to " + std::to_string(max) + ", found " + found());
    at_ += static_cast<std::size_t>(end - begin);
    return value;
  }

  // "name", without escapes.
  std::string name(const std::string& where) {
    expect('"', where);
    const std::size_t end = text_.find_first_of("\"\\\n", at_);
    if (end == std::string_view::npos || text_[end] != '"') refuse("expected a closing quotation mark " + where);
    const std::string read(text_.substr(at_, end - at_));
    at_ = end + 1;
    return read;
  }

  template <class Element>
  void list(const std::string& what, Element element) {
    expect('[', "before " + what);
    if (take(']')) return;
    do element();
    while (take(','));
    expect(']', "or ',' after " + what);
  }

  template <class Member>
  void object(const std::string& what, Member member) {
    expect('{', "before " + what);
    do {
      const std::string key = name("before the name of " + what);
      expect(':', "after \"" + key + "\"");
      member(key);
    } while (take(','));
    expect('}', "or ',' after " + what);
  }

  void end() {
    if (peek() != 0) refuse("expected nothing more, found " + found());
  }

 private:
  std::string found() {
    if (peek() == 0) return "the end of the text";
    constexpr std::string_view punctuation = ",[]{}";
    const std::size_t end = punctuation.find(text_[at_]) != std::string_view::npos
                                ? at_ + 1
                                : std::min(text_.find_first_of(" \t\r\n,[]{}", at_), at_ + 20);
    std::string word(text_.substr(at_, end - at_));
    for (char& c : word)
      if (c < ' ' || c > '~') c = '?';
    return word;
  }

  const std::string& path_;
  const std::string_view text_;
  std::size_t at_ = 0;
  int line_;
};

int split_of(const std::string& name, const Reader& reader) {
  const auto split = std::find(split_names.begin(), split_names.end(), name);
  if (split == split_names.end()) reader.refuse("the split \"" + name + "\" is not one of " + split_list);
  return static_cast<int>(split - split_names.begin());
}

void add(GivenSequence sequence, int split, const Reader& reader, SequenceFile& file) {
  if (sequence.size() < 2) reader.refuse("a sequence needs at least two steps");
  file.longest = std::max(file.longest, sequence.size());
  file.splits[split].push_back(std::move(sequence));
}

SequenceFile read_chords(const std::string& path, const std::string& text) {
  SequenceFile file;
  std::array<bool, 3> seen{};
  Reader reader(path, text);
  reader.object("a split", [&](const std::string& key) {
    const int split = split_of(key, reader);
    if (std::exchange(seen[split], true)) reader.refuse("the split \"" + key + "\" occurs twice");
    reader.list("a sequence", [&] {
      GivenSequence sequence;
      reader.list("a step", [&] {
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

SequenceFile read_symbols(const std::string& path, const std::string& text) {
  SequenceFile file;
  int line = 0, number = 0;
  bool named = false;
  for (std::size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    Reader reader(path, std::string_view(text).substr(begin, end - begin), ++line);
    if (reader.peek() == 0) continue;
    GivenSequence sequence;
    const auto read = [&] {
      if (!sequence.symbols.empty()) reader.refuse("two sequences in one line");
      reader.list("a symbol", [&] { sequence.symbols.push_back(reader.number(max_symbol, "a symbol")); });
    };
    int split = number % 10 < 8 ? 0 : number % 10 - 7;
    const bool has_name = reader.peek() == '{';
    if (number++ == 0) named = has_name;
    if (has_name != named) reader.refuse("either every line or no line must have a \"split\"");
    if (named) {
      split = -1;
      reader.object("a member", [&](const std::string& key) {
        if (key == "sequence")
          read();
        else if (key == "split" && split < 0)
          split = split_of(reader.name("before the name of a split"), reader);
        else
          reader.refuse("the member \"" + key + "\" is not one of \"split\", \"sequence\", each once");
      });
      if (split < 0) reader.refuse("a line without \"split\"");
    } else {
      read();
    }
    reader.end();
    for (const std::int32_t symbol : sequence.symbols) file.symbols = std::max(file.symbols, symbol + 1);
    add(std::move(sequence), split, reader, file);
  }
  return file;
}

// Whether the file begins with an object whose first member is not one of those of a line of JSON Lines.
bool is_chords(const std::string& path, const std::string& text) {
  Reader reader(path, text);
  if (!reader.take('{')) return false;
  const std::string key = reader.name("before the first name");
  return key != "split" && key != "sequence";
}

}  // namespace

SequenceFile read_sequence_file(const std::string& path) {
  const std::string text = bytes_of(path);
  SequenceFile file = is_chords(path, text) ? read_chords(path, text) : read_symbols(path, text);
  file.hash = hex16(fnv1a(text));
  for (std::size_t split = 0; split < split_names.size(); ++split)
    if (file.splits[split].empty())
      throw UserError(path + ": the split \"" + split_names[split] + "\" has no sequence; each of " + split_list +
                      " needs at least one (so without splits, the file needs ten lines)");
  return file;
}

std::string hash_of_file(const std::string& path) { return hex16(fnv1a(bytes_of(path))); }

}  // namespace rnnbench::tasks
