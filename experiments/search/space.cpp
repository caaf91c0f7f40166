#include "experiments/search/space.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "core/error.h"
#include "core/math.h"
#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/training_options.h"
#include "experiments/search/design.h"
#include "models/catalogue.h"
#include "models/network.h"

namespace rnnbench::experiments {
namespace {

constexpr double edge_fraction = 0.05;
constexpr int combination_dimension = 12;
constexpr int further_dimensions[] = {14, 9, 6, 13};

// The options that a search may vary: those of training and of models, except what runs are compared by.
const std::vector<Option>& searchable_options() {
  static const std::vector<Option> options = [] {
    std::vector<Option> found;
    std::set<std::string> seen = {"cell",    "hidden", "budget",   "state-budget", "seed",
                                  "updates", "stop",   "evaluate", "probe"};
    const auto add = [&](const std::vector<Option>& more) {
      for (const Option& option : more)
        if (option.kind != Option::Kind::integers && option.kind != Option::Kind::text &&
            seen.insert(option.name).second)
          found.push_back(option);
    };
    add(training_options());
    for (const CellEntry& cell : all_cells()) add(model_options(cell));
    return found;
  }();
  return options;
}

const Option& searchable_option(const std::string& key) {
  std::vector<std::string> known = {"rungs", "select"};
  for (const Option& option : searchable_options()) {
    if (option.name == key) return option;
    known.push_back(option.name);
  }
  throw UserError("unknown key '" + key + "'; allowed are rungs, select and options of training and models" +
                  did_you_mean(key, known));
}

// Integers as whole numbers, other numbers with three significant digits.
std::string number_text_of(const Option& option, double value) {
  char text[32];
  std::snprintf(text, sizeof text, option.kind == Option::Kind::integer ? "%.0f" : "%.3g", value);
  return canonical_value(option, text);
}

// "0.0003..0.05 log"
void read_range(const std::string& written, SearchAxis& axis) {
  const auto dots = written.find("..");
  std::string high_text = written.substr(dots + 2);
  if (high_text.ends_with(" log")) {
    axis.logarithmic = true;
    high_text.resize(high_text.size() - 4);
  }
  const auto low = parse_number<double>(trim(written.substr(0, dots))), high = parse_number<double>(trim(high_text));
  const std::string problem =
      axis.option.name + " = " + written + " is neither a list nor a range such as 0.001..0.1 log";
  if (!low || !high || !std::isfinite(*low) || !std::isfinite(*high)) throw UserError(problem);
  if (!(*low < *high) || (axis.logarithmic && *low <= 0))
    throw UserError(problem + " with low < high" + (axis.logarithmic ? ", both above 0" : ""));
  for (const double end : {*low, *high}) number_text_of(axis.option, end);  // refuses what the option does not allow
  axis.low = *low;
  axis.high = *high;
}

std::size_t index_at(double u, std::size_t count) {
  return std::min(count - 1, static_cast<std::size_t>(u * static_cast<double>(count)));
}

bool has_option(const RunSpec& run, const std::string& key) { return used_value(run, key) != nullptr; }

template <class Run>
auto find_settings(Run& run, const std::string& key, bool only_used) -> decltype(&run.model) {
  using Part = decltype(&run.model);
  for (const auto& [options, settings] :
       {std::pair<const std::vector<Option>&, Part>{training_options(), &run.training},
        std::pair<const std::vector<Option>&, Part>{model_options(find_cell(run.model.text("cell"))), &run.model}})
    for (const Option& option : options)
      if (option.name == key) return only_used && option.used && !option.used(*settings) ? nullptr : settings;
  return nullptr;
}

}  // namespace

Settings* settings_with(RunSpec& run, const std::string& key) { return find_settings(run, key, false); }

const std::string* used_value(const RunSpec& run, const std::string& key) {
  const Settings* settings = find_settings(run, key, true);
  return settings ? &settings->text(key) : nullptr;
}

std::string SearchAxis::value_at(double u) const {
  if (!values.empty()) return values[index_at(u, values.size())];
  if (logarithmic) return number_text_of(option, low * math::exp(u * (math::log(high) - math::log(low))));
  if (option.kind == Option::Kind::integer) return number_text_of(option, std::floor(low + u * (high - low + 1)));
  return number_text_of(option, low + u * (high - low));
}

int SearchAxis::third_at(double u) const {
  if (values.empty()) return static_cast<int>(index_at(u, 3));
  std::vector<double> sorted;
  for (const std::string& value : values) sorted.push_back(parse_number<double>(value).value_or(0));
  const double value = sorted[index_at(u, sorted.size())];
  std::sort(sorted.begin(), sorted.end());
  const auto rank = std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin();
  return static_cast<int>(3 * static_cast<std::size_t>(rank) / sorted.size());
}

bool SearchAxis::is_edge(const std::string& text) const {
  const auto value = parse_number<double>(text);
  if (!value || option.kind == Option::Kind::choice) return false;
  if (values.empty()) {
    const auto scale = [&](double x) { return logarithmic ? math::log(x) : x; };
    const double at = (scale(*value) - scale(low)) / (scale(high) - scale(low));
    return at <= edge_fraction || at >= 1 - edge_fraction;
  }
  const auto all = [&](auto compare) {
    return std::all_of(values.begin(), values.end(),
                       [&](const std::string& other) { return compare(*value, *parse_number<double>(other)); });
  };
  return values.size() > 1 && (all(std::less_equal<>()) || all(std::greater_equal<>()));
}

SearchSpace::SearchSpace(const std::string& file) {
  add({.key = "learning-rate", .value = "0.0003..0.05 log", .section = "search"}, file + ": [search] ");
}

void SearchSpace::add(const Assignment& a, const std::string& place) {
  SearchAxis axis;
  axis.option = searchable_option(a.key);
  axis.written = a.value;
  axis.place = place;
  if (a.value.find("..") == std::string::npos || axis.option.kind == Option::Kind::choice)
    axis.values = listed_values(axis.option, a.value);
  else
    read_range(a.value, axis);
  if (a.key == "learning-rate" && !axes_.empty()) {
    axes_.front() = std::move(axis);
    return;
  }
  static const std::vector<std::pair<std::string, int>> fixed = {
      {"learning-rate", 0}, {"forget-bias", 1}, {"update-bias", 1}, {"clip-norm", 2}, {"schedule", 4}};
  const auto found =
      std::find_if(fixed.begin(), fixed.end(), [&](const auto& option) { return option.first == a.key; });
  if (found != fixed.end()) {
    axis.dimension = found->second;
  } else {
    if (further_ == std::size(further_dimensions))
      throw UserError(a.key + ": a search has at most " + std::to_string(further_) +
                      " options besides learning-rate, forget-bias, update-bias, clip-norm and schedule");
    axis.dimension = further_dimensions[further_++];
  }
  axes_.push_back(std::move(axis));
}

std::vector<std::string> SearchSpace::keys() const {
  std::vector<std::string> keys;
  for (const SearchAxis& axis : axes_) keys.push_back(axis.option.name);
  return keys;
}

const SearchAxis* SearchSpace::find(const std::string& key) const {
  const auto found =
      std::find_if(axes_.begin(), axes_.end(), [&](const SearchAxis& axis) { return axis.option.name == key; });
  return found == axes_.end() ? nullptr : &*found;
}

double SearchSpace::position(const RunSpec& run, const SearchAxis& axis, const std::string& study, char search,
                             int point) const {
  const std::string& name = axis.option.name;
  const bool both_biases = name == "update-bias" && find("forget-bias") != nullptr && has_option(run, "forget-bias");
  return design_point(study, search, name, both_biases ? combination_dimension : axis.dimension,
                      static_cast<std::uint32_t>(point));
}

void SearchSpace::set_point(RunSpec& run, const std::string& study, char search, int point) const {
  for (const SearchAxis& axis : axes_)
    if (Settings* settings = settings_with(run, axis.option.name))
      settings->set(axis.option.name, axis.value_at(position(run, axis, study, search, point)));
}

}  // namespace rnnbench::experiments
