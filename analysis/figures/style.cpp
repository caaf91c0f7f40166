#include "analysis/figures/style.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "core/hash.h"

namespace rnnbench::analysis {

namespace {

// Fixed styles: dark and filled for a cell without attention, light and open for the same cell with attention.
const std::map<std::string, Style> fixed_styles = {
    {"rnn", {"#000000", "(2,3)", 9}},
    {"lstm", {"#0072b2", "1", 7}},
    {"gru", {"#d55e00", "(12,4)", 5}},
    {"gru-v1", {"#cc79a7", "(6,4)", 13}},
    {"rnn + additive attention", {"#009e73", "(2,4,6,4)", 8}},
    {"lstm + additive attention", {"#56b4e9", "(14,3,2,3)", 6}},
    {"gru + additive attention", {"#e69f00", "(8,3,2,3,2,3)", 4}},
    {"gru-v1 + additive attention", {"#009e73", "(4,2)", 12}},
    {"rnn + dot attention", {"#009e73", "(2,2)", 2}},
    {"lstm + dot attention", {"#56b4e9", "(3,3)", 1}},
    {"gru + dot attention", {"#e69f00", "(3,6)", 3}},
    {"gru-v1 + dot attention", {"#cc79a7", "(3,9)", 3}},
};

const std::array<std::string, 7> colors = {
    "#000000", "#e69f00", "#56b4e9", "#009e73",
    "#0072b2", "#d55e00", "#cc79a7"};  // without yellow, which is hardly visible on white
const std::array<std::string, 6> dashes = {"1", "(12,4)", "(2,3)", "(10,3,2,3)", "(5,3)", "(8,3,2,3,2,3)"};
constexpr std::array<int, 10> points = {7, 5, 9, 13, 11, 6, 4, 8, 12, 10};

// The color mixed with this share of white.
std::string tinted(const std::string& color, double white) {
  std::string result = "#";
  for (int channel = 0; channel < 3; ++channel) {
    const int value = std::stoi(color.substr(1 + 2 * channel, 2), nullptr, 16);
    const int mixed = static_cast<int>(std::lround(value + (255 - value) * white));
    result += "0123456789abcdef"[mixed / 16];
    result += "0123456789abcdef"[mixed % 16];
  }
  return result;
}

// How hard two models are to tell apart. Curves that share color and dashes, or color and points, look alike.
int similarity(const Style& a, const Style& b) {
  const bool color = a.color == b.color, dash = a.dash == b.dash, point = a.point == b.point;
  if (color && (dash || point)) return 1000;
  return 20 * color + dash + point + 3 * (dash && point);
}

// Of all styles with these colors, the one that is least similar to those taken. Among equals the hash decides.
template <class Colors>
Style distinct_style(const Colors& wanted_colors, std::uint64_t hash, const std::map<std::string, Style>& taken) {
  const std::size_t c = std::size(wanted_colors), d = dashes.size(), p = points.size();
  Style best;
  int lowest = std::numeric_limits<int>::max();
  for (std::size_t i = 0; i < c * d * p; ++i) {
    const Style style{wanted_colors[(hash + i) % c], dashes[(hash / 8 + i / c) % d],
                      points[(hash / 64 + i / (c * d)) % p]};
    int sum = 0;
    for (const auto& [label, other] : taken) sum += similarity(style, other);
    if (sum < lowest) best = style, lowest = sum;
  }
  return best;
}

}  // namespace

std::map<std::string, Style> styles_of(const Study& study) {
  std::vector<const ModelRuns*> models;  // with different labels
  std::map<std::string, Style> styles;
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models) {
      if (std::any_of(models.begin(), models.end(), [&](const ModelRuns* m) { return m->label == model.label; }))
        continue;
      models.push_back(&model);
    }
  // Imported models are last, so that the others look as they do without them.
  std::stable_partition(models.begin(), models.end(), [](const ModelRuns* model) { return !model->imported(); });
  // The first model of a base has the fixed style. The others have tints of its color, so that models of one base
  // belong together; if there is no other base, they have other colors, which are easier to tell apart.
  const bool one_base =
      std::all_of(models.begin(), models.end(), [&](const ModelRuns* m) { return m->base == models.front()->base; });
  std::map<std::string, std::string> base_colors;
  for (const ModelRuns* model : models)
    if (const auto fixed = fixed_styles.find(model->base); fixed != fixed_styles.end())
      if (base_colors.emplace(model->base, fixed->second.color).second) styles[model->label] = fixed->second;
  for (const ModelRuns* model : models) {
    if (styles.count(model->label)) continue;
    const auto base = base_colors.find(model->base);
    if (base == base_colors.end()) {
      styles[model->label] = distinct_style(colors, fnv1a(model->base), styles);
      base_colors[model->base] = styles[model->label].color;
    } else {
      const std::string& color = base->second;
      const std::uint64_t hash = fnv1a(model->label);
      styles[model->label] =
          one_base ? distinct_style(colors, hash, styles)
                   : distinct_style(std::array{color, tinted(color, 0.35), tinted(color, 0.6)}, hash, styles);
    }
  }
  return styles;
}

}  // namespace rnnbench::analysis
