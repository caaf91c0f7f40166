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

// A sequence of chords (the keys that sound at each time step), symbols or real values; the other vectors are empty.
struct GivenSequence {
  std::size_t steps = 0;
  std::vector<std::bitset<piano_keys>> chords;  // [steps]; bit k: MIDI note lowest_key + k
  std::vector<std::int32_t> symbols;            // [steps]
  std::vector<float> values;                    // [steps, features]
  std::vector<std::int32_t> labels;             // [steps], or [1] for the whole sequence, or empty
};

struct SequenceFile {
  std::string hash;                                  // see hash_of_file
  std::array<std::vector<GivenSequence>, 3> splits;  // train, valid, test; none of them empty
  int symbols = 0;                                   // 1 + the largest symbol of the file; 0: there are none
  int features = 0;                                  // real values of a step; 0: there are none
  int classes = 0;                                   // 1 + the largest label of the file; 0: there are none
  bool every_step = false;                           // labels for every step, or one for each sequence
  std::size_t longest = 0;                           // steps of the longest sequence
  std::array<std::size_t, 3> counts() const { return {splits[0].size(), splits[1].size(), splits[2].size()}; }
};

inline constexpr int max_features = 4096;

// Reads one of two formats, which the first characters distinguish; the file may be compressed by gzip:
//   chords   a JSON object {"train": [...], "valid": [...], "test": [...]}. Each split is a list of sequences, a
//            sequence a list of steps, a step a list of MIDI note numbers from 21 to 108 (empty: a rest).
//   lines    JSON Lines. Each line is a sequence, or an object {"sequence": [...]} with one of "label": 3 and "labels":
//            [0, 1, ...] (one per step), and with "split": "train". A step is a whole number from 0 to 65535 (a
//            symbol), or a list of 1 to max_features real values; labels are whole numbers from 0 to 65535. All lines
//            have the same members and kind of steps. Real values need labels. Without splits, of ten consecutive lines
//            eight are train, the next is valid, the last is test.
// Sequences have at least one step, or two without labels. Throws UserError with file and line for anything else.
SequenceFile read_sequence_file(const std::string& path);
// The same for a file with this content, decompressed.
SequenceFile read_sequence_file(const std::string& path, const std::string& content);

// The hash of the file's content: 16 hexadecimal digits of the 64-bit FNV-1a.
std::string hash_of_file(const std::string& path);

}  // namespace rnnbench::tasks
