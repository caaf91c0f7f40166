// Reads files with sequences of the user.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::tasks {

inline constexpr int piano_keys = 88, lowest_key = 21;  // MIDI notes 21 (A0) to 108 (C8)

// A sequence of chords (the keys that sound at each time step) or of symbols; the other vector is empty.
struct GivenSequence {
  std::vector<std::bitset<piano_keys>> chords;  // bit k: MIDI note lowest_key + k
  std::vector<std::int32_t> symbols;
  std::size_t size() const { return chords.size() + symbols.size(); }
};

inline constexpr std::uint64_t max_sequence_file_bytes = std::uint64_t{1} << 30;

struct SequenceFile {
  std::string hash;                                  // see hash_of_file
  std::array<std::vector<GivenSequence>, 3> splits;  // train, valid, test; none of them empty
  int symbols = 0;                                   // 1 + the largest symbol of the file; 0: chords
  std::size_t longest = 0;                           // steps of the longest sequence; each has at least two
};

// Reads one of two formats, which the first characters distinguish:
//   chords   a JSON object {"train": [...], "valid": [...], "test": [...]}. Each split is a list of sequences, a
//   sequence
//            a list of steps, a step a list of MIDI note numbers from 21 to 108 (empty: a rest).
//   symbols  JSON Lines. Each line is a list of whole numbers from 0 to 65535, or each line is an object {"split":
//            "train", "sequence": [...]}. Without splits, of ten consecutive lines eight are train, the next is valid,
//            the last is test.
// Throws UserError with file and line for anything else. (A general JSON parser would accept much that has no meaning
// here.) A file may have at most max_sequence_file_bytes.
SequenceFile read_sequence_file(const std::string& path);

// The hash of the file's bytes: 16 hexadecimal digits of the 64-bit FNV-1a.
std::string hash_of_file(const std::string& path);

}  // namespace rnnbench::tasks
