// A file of symbols for the task `sequences`.
#pragma once

#include <fstream>
#include <string>

#include "core/stream.h"
#include "tests/experiments/run_fixture.h"

namespace rnnbench::test {

inline constexpr int symbols_of_file = 7;

// Has `count` random sequences of 7 symbols and of `shortest` to `longest` steps; eight of ten are for training. It is
// removed at the end of the scope.
class SymbolFile {
 public:
  SymbolFile(int count, int shortest, int longest) : path_((folder_.path() / "symbols.jsonl").string()) {
    std::ofstream file(path_);
    for (int i = 0; i < count; ++i) {
      Stream stream(1, Purpose::speed, 0, static_cast<std::uint32_t>(i));
      const int steps = shortest + static_cast<int>(stream.below(longest - shortest + 1));
      int symbol = static_cast<int>(stream.below(symbols_of_file));
      for (int t = 0; t < steps; ++t) {
        file << (t == 0 ? "[" : ", ") << symbol;
        symbol = (symbol + 1 + static_cast<int>(stream.below(2))) % symbols_of_file;  // the next one or the one after
      }
      file << "]\n";
    }
  }
  const std::string& path() const { return path_; }

 private:
  const TemporaryFolder folder_;
  const std::string path_;
};

}  // namespace rnnbench::test
