// The effect of a comparison: the mean over seeds, with the interval and the tests that are reliable for its values.
#pragma once

#include <optional>
#include <string>

#include "analysis/statistics/binary.h"
#include "analysis/statistics/paired.h"

namespace rnnbench::analysis {

// What is known of the values before any was measured.
enum class Scale {
  linear,       // bounded, or about symmetric
  share,        // from 0 to 1, and often exactly 0 or 1
  logarithmic,  // ratios. The effect is their geometric mean
  unbounded,    // losses and seconds, which span orders of magnitude: no interval of their mean is reliable
  constant      // the same for every seed, as the number of parameters
};
// The scale of a measure by its name: "recall", "solved", "mse", "cpu_ms_per_update", "parameters", ...
Scale scale_of(const std::string& measure);

// The mean of `first` - `second`, pair by pair, or of `first` alone if `second` is empty. The methods are:
// - for shares, if all values are 0 or 1: those of BinaryPairs and BinaryRate;
// - otherwise sign flips (SubsetMeans), for ratios of their logarithms;
// - none for unbounded scales, for ratios that are not all above 0, and if all differences are equal although they are
//   not constant: so few seeds have not shown how much they differ, and sign flips give an interval without width.
class Effect {
 public:
  Effect(Values first, Values second, Scale scale);
  double value() const { return value_; }
  const Values& values() const { return values_; }  // one per seed: differences, or logarithms of ratios
  // Nothing for fewer values than `min_values`, or where no method is reliable.
  std::optional<Interval> interval(double level, int min_values = min_runs_for_interval);
  // One-sided p-values for an effect above, or below, the boundary; nothing below min_pairs_for_test, or where no
  // method is reliable.
  std::optional<double> p_above(double boundary);
  std::optional<double> p_below(double boundary);
  bool reliable() const { return method_ != Method::none; }

 private:
  enum class Method { none, pairs, rate, sign_flips };
  SubsetMeans& means();                       // computed when they are first needed
  double transformed(double boundary) const;  // to the scale of `values_`

  Method method_ = Method::none;
  bool logarithmic_;
  BinaryPairs pairs_;
  BinaryRate rate_;
  Values values_;
  double value_ = 0;
  std::optional<SubsetMeans> means_;
};

}  // namespace rnnbench::analysis
