// The formal tasks, parity to Dyck, as their definitions say: a reader of sampled sequences as text, and the answers
// computed again from that text alone, naively.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tasks/task.h"
#include "tests/tasks/samples.h"

namespace rnnbench::test::formal {

Changes lengths(int shortest, int longest, Changes more = {});

// A sequence up to its last scored step; targets have a dot where nothing is asked.
struct Text {
  std::string input, target;
};

struct Definition {
  std::string name;
  Changes variant;
  std::string symbols, classes;                                 // a letter for each; _ = compute token
  std::function<std::string(const std::string& shown)> answer;  // all that is asked
  std::string worked_input, worked_target;                      // of length `worked`
  int worked = 6;
  int min = 1;

  Text read(const Batch& batch, int b) const;
};

// Each task in each variant.
const std::vector<Definition>& definitions();
const Definition& definition_of(const std::string& name);  // its first variant

std::string odd(std::int64_t n);                             // "1" or "0"
std::string value_modulo_5(const std::string& expression);   // "2+3*4": "4"
std::string sum_of_binaries(const std::string& expression);  // "011+110": "1001#000"
std::string open_brackets(std::string word);                 // "([]": "("

}  // namespace rnnbench::test::formal
