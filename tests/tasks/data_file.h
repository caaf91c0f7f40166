// A file for the task `sequences`, and what is read from it.
#pragma once

#include <cmath>
#include <fstream>
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/options.h"
#include "tasks/catalogue.h"
#include "tasks/sequences/sequence_file.h"
#include "tests/experiments/run_fixture.h"

namespace rnnbench::test {

// Is removed at the end of the scope.
class DataFile {
 public:
  explicit DataFile(const std::string& text, const std::string& name = "data.json") : path_(folder_.path() / name) {
    write(text);
  }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string path() const { return path_.string(); }
  Settings settings() const {
    Settings settings = default_settings(find_task("sequences").options);
    settings.set("file", path());
    return settings;
  }
  std::unique_ptr<const Task> task(const std::string& length = "1000000") const {
    Settings given = settings();
    given.set("length", length);
    return find_task("sequences").make(given);
  }

 private:
  const TemporaryFolder folder_;
  const std::filesystem::path path_;
};

// Why a file with this text is refused, without its path, or "accepted".
inline std::string file_refusal(const std::string& text) {
  const DataFile file(text, "x");
  try {
    read_sequence_file(file.path());
  } catch (const UserError& error) {
    const std::string sentence = error.what();
    CHECK(sentence.find(file.path() + ":") == 0);
    return sentence.substr(file.path().size() + 1);
  }
  return "accepted";
}

inline StreamSource sequences_of(Purpose purpose, std::uint32_t first = 0) {
  return {.seed = 3, .purpose = purpose, .first = first};
}

inline double nats(double p) { return -std::log(p); }

// All classes equally probable.
inline Predict even_classes(int classes) {
  return
      [classes](const Batch& batch, std::vector<float>& outputs) { outputs.assign(batch.weight.size() * classes, 0); };
}

}  // namespace rnnbench::test
