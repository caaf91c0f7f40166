// The four files of a small data set in IDX format.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>
#include <zlib.h>

#include "core/options.h"
#include "tasks/catalogue.h"
#include "tests/experiments/run_fixture.h"

namespace rnnbench::test {

inline std::string idx_bytes(const std::vector<int>& sizes, const std::string& data, int type = 8) {
  std::string bytes = {0, 0, static_cast<char>(type), static_cast<char>(sizes.size())};
  for (const int size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  return bytes + data;
}

inline std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  constexpr int gzip = 16;
  if (deflateInit2(&stream, 6, Z_DEFLATED, gzip + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2");
  std::string compressed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  return compressed;
}

// 24 images for training and 16 for the test, each of 4 x 6 pixels; labels 0, 1, 2, 0, ... Pixel p of image n (in the
// test, n + 100) has the value pixel(n, p).
class ImageFiles {
 public:
  static constexpr int rows = 4, columns = 6, training = 24, tested = 16;
  static int pixel(int image, int p) { return (image * 37 + p * 11) % 256; }

  // `ending`: ".gz" for compressed files.
  explicit ImageFiles(const std::string& ending = "") : ending_(ending) {
    write("train-images-idx3-ubyte", idx_bytes({training, rows, columns}, pixels(0, training)));
    write("train-labels-idx1-ubyte", idx_bytes({training}, labels(training)));
    write("t10k-images-idx3-ubyte", idx_bytes({tested, rows, columns}, pixels(100, tested)));
    write("t10k-labels-idx1-ubyte", idx_bytes({tested}, labels(tested)));
  }
  std::string path(const std::string& name = "train-images-idx3-ubyte") const {
    return (folder_.path() / (name + ending_)).string();
  }
  std::string folder() const { return folder_.path().string() + "/"; }
  // Compresses the bytes if the ending says so.
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << (ending_.empty() ? bytes : gzipped(bytes));
  }
  Settings settings(const SettingPairs& more = {}) const {
    Settings settings = default_settings(find_task("sequences").options);
    settings.set("file", path());
    settings.set("validation", "4");
    for (const auto& [key, value] : more) settings.set(key, value);
    return settings;
  }
  std::unique_ptr<const Task> task(const SettingPairs& more = {}) const {
    return find_task("sequences").make(settings(more));
  }

  static std::string pixels(int first, int count) {
    std::string bytes;
    for (int n = first; n < first + count; ++n)
      for (int p = 0; p < rows * columns; ++p) bytes += static_cast<char>(pixel(n, p));
    return bytes;
  }
  static std::string labels(int count) {
    std::string bytes;
    for (int n = 0; n < count; ++n) bytes += static_cast<char>(n % 3);
    return bytes;
  }

 private:
  const TemporaryFolder folder_;
  const std::string ending_;
};

}  // namespace rnnbench::test
