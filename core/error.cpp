#include "core/error.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <new>
#include <system_error>

namespace rnnbench::core {
namespace {

// Optimal string alignment distance, ignoring case: the number of insertions, deletions, substitutions and swaps of
// neighboring characters.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + !same(a[i - 1], b[j - 1])});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::string sentence_of(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error)) return "not enough memory";
  const auto* of_path = dynamic_cast<const std::filesystem::filesystem_error*>(&error);
  if (!of_path) return error.what();
  return (of_path->path1().empty() ? "" : of_path->path1().string() + ": ") + of_path->code().message();
}

void rethrow_failure_of_system() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::system_error&) {
    throw;
  } catch (const std::exception&) {
  }
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& known) {
  // Up to a third of the letters may be wrong. With more, a suggestion would be a guess.
  std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : known) {
    // So many letters are missing at least; names may be very long.
    const std::size_t missing = std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size());
    if (missing >= std::min(best, candidate.size())) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best && distance < candidate.size()) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& known) {
  const std::string nearest = nearest_name(name, known);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

}  // namespace rnnbench::core
