// Sequences that a user brings: the file, its form and its parts.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::tasks {

inline constexpr int piano_keys = 88, lowest_key = 21;  // MIDI notes 21 (A0) to 108 (C8)

// One of the two: the keys that sound in each time step, or a symbol in each.
struct GivenSequence {
  std::vector<std::bitset<piano_keys>> chords;
  std::vector<std::int32_t> symbols;
  std::size_t size() const { return chords.size() + symbols.size(); }
};

struct SequenceFile {
  std::string hash;                                 // see hash_of_file
  std::array<std::vector<GivenSequence>, 3> parts;  // train, valid, test; none of them empty
  int symbols = 0;                                  // 1 + the largest symbol of the file; 0: chords
  std::size_t longest = 0;                          // steps of the longest sequence; the shortest has two
};

// Reads one of two forms, which the first characters tell apart:
//   chords   a JSON object {"train": [...], "valid": [...], "test": [...]}; a part is a list of sequences, a sequence a
//            list of steps, a step a list of MIDI note numbers from 21 to 108 (empty: a rest)
//   symbols  JSON Lines: in each line a list of whole numbers from 0 to 65535, or in each line an object {"split":
//            "train", "sequence": [...]}; without splits, of ten lines in a row eight are train, one valid, one test
// Throws UserError with file and line for anything else. (A parser of all JSON reads much that means nothing here.)
SequenceFile read_sequence_file(const std::string& path);

// The hash of the file's bytes: 16 hexadecimal digits of the 64-bit FNV-1a.
std::string hash_of_file(const std::string& path);

}  // namespace rnnbench::tasks
