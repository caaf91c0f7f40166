// What tests of the search share.
#pragma once

#include <string>
#include <vector>

#include "experiments/search/search.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

// Line numbers of x.ini begin at 10.
inline Search search_of(const SettingPairs& lines, const std::string& study = "study") {
  std::vector<Assignment> written;
  for (const auto& [key, value] : lines)
    written.push_back({key, value, "search", 10 + static_cast<int>(written.size())});
  return Search("x.ini", study, written);
}

inline const SettingPairs listed_biases = {{"forget-bias", "0, 1, 3, 5"}, {"update-bias", "0, 1, 3, 5"}};

// Settings with other values of some keys.
inline SettingPairs replaced(SettingPairs settings, const SettingPairs& by) {
  for (const auto& [key, value] : by) {
    std::erase_if(settings, [&key = key](const auto& setting) { return setting.first == key; });
    settings.emplace_back(key, value);
  }
  return settings;
}

inline const SettingPairs searched_models = {
    {"task", "adding"}, {"length", "10"}, {"cell", "rnn, lstm, gru"}, {"hidden", "4"}, {"updates", "400"}};

}  // namespace rnnbench::test
