#include "analysis/figures/style.h"

#include <algorithm>
#include <array>
#include <cmath>
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

// The first entry from the one that the hash selects that is not taken, or the selected one if all are taken.
template <class Entry, std::size_t n>
Entry free_entry(const std::array<Entry, n>& entries, std::uint64_t hash, const std::vector<Entry>& taken) {
  for (std::size_t i = 0; i < n; ++i) {
    const Entry& entry = entries[(hash + i) % n];
    if (!std::count(taken.begin(), taken.end(), entry)) return entry;
  }
  return entries[hash % n];
}

// Bases without a fixed style have one that a hash of their name selects, unless another base of the study has it.
std::map<std::string, Style> styles_of_bases(const std::vector<std::string>& bases) {
  std::map<std::string, Style> styles;
  for (const std::string& base : bases)
    if (const auto entry = fixed_styles.find(base); entry != fixed_styles.end()) styles[base] = entry->second;
  for (const std::string& base : bases) {
    if (styles.count(base)) continue;
    std::vector<std::string> colors_taken, dashes_taken;
    std::vector<int> points_taken;
    for (const auto& [other, style] : styles) {
      colors_taken.push_back(style.color);
      dashes_taken.push_back(style.dash);
      points_taken.push_back(style.point);
    }
    const std::uint64_t hash = fnv1a(base);
    styles[base] = {free_entry(colors, hash, colors_taken), free_entry(dashes, hash / 8, dashes_taken),
                    free_entry(points, hash / 64, points_taken)};
  }
  return styles;
}

}  // namespace

std::map<std::string, Style> styles_of(const Study& study) {
  std::vector<std::string> bases;
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models)
      if (!std::count(bases.begin(), bases.end(), model.base)) bases.push_back(model.base);
  const std::map<std::string, Style> base_styles = styles_of_bases(bases);
  std::map<std::string, Style> styles;
  std::map<std::string, int> variants;
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      if (styles.count(model.label)) continue;
      Style style = base_styles.at(model.base);
      if (const int variant = variants[model.base]++; variant > 0) {
        style.color = tinted(style.color, std::array{0.0, 0.35, 0.6}[variant % 3]);
        style.dash = dashes[variant % dashes.size()];
        style.point = points[(variant + 1) % points.size()];
      }
      styles[model.label] = style;
    }
  }
  return styles;
}

}  // namespace rnnbench::analysis
