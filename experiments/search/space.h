// The space that a search covers: options with their ranges and lists.
#pragma once

#include <string>
#include <vector>

#include "core/option.h"
#include "experiments/declaration/ini.h"
#include "experiments/declaration/spec.h"

namespace rnnbench::experiments {

// One searched option.
struct SearchAxis {
  Option option;
  std::string written, place;       // the value as it is written, and "file:line: [search] "
  double low = 0, high = 0;         // of a range
  bool logarithmic = false;         // the range is covered evenly on a logarithmic scale
  std::vector<std::string> values;  // of a list; empty: a range
  int dimension = 0;                // of the design

  // The value at position u of [0, 1), in canonical spelling.
  std::string value_at(double u) const;
  // In which third of the range or list the position is: 0, 1 or 2.
  int third_at(double u) const;
  // Whether a value is an end of the list, or within 5 % of an end of the range (on its scale). Choices have no ends.
  bool is_edge(const std::string& value) const;
};

// The searched options. Each has a dimension of the design:
//
//   learning-rate 0; forget-bias and update-bias 1; clip-norm 2; schedule 4; further ones 14, 9, 6 and 13 in the order
//   written
//
// With these, the first 16 points hit each cell of a 4 x 4 grid of rate and bias once, and each pair of a quarter of
// the rates, biases or norms and one of two schedules twice. (With dimension 3, a quarter of the rates would see only
// one schedule.) A combination such as lstm+gru has both biases; its update-bias comes from dimension 12, because two
// scramblings of one dimension are correlated.
class SearchSpace {
 public:
  // The default space: learning-rate = 0.0003..0.05 log.
  explicit SearchSpace(const std::string& file = "");
  // Adds the option of an assignment; the default of learning-rate is replaced. Throws UserError without place.
  void add(const Assignment& assignment, const std::string& place);

  const std::vector<SearchAxis>& axes() const { return axes_; }
  std::vector<std::string> keys() const;
  const SearchAxis* find(const std::string& key) const;  // nullptr: not searched

  // Position of a point in [0, 1) on an axis, for a run that may use both biases.
  double position(const RunSpec& run, const SearchAxis& axis, const std::string& study, char search, int point) const;
  // Sets all options that the run has. Those that it does not use have no effect.
  void set_point(RunSpec& run, const std::string& study, char search, int point) const;

 private:
  std::vector<SearchAxis> axes_;
  std::size_t further_ = 0;  // options without a dimension of their own
};

// The settings of the run that have this option, used or not; nullptr when it has none of this name.
Settings* settings_with(RunSpec& run, const std::string& key);
// The value of an option that the run uses, or nullptr.
const std::string* used_value(const RunSpec& run, const std::string& key);

}  // namespace rnnbench::experiments
