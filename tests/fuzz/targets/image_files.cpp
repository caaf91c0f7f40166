// Images in IDX format. The first byte of the input chooses options; the rest is up to four files, separated by "|||":
// images and labels for training, then those of the test. Files that are missing are the same as those for training.
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "tasks/sequences/file_content.h"
#include "tasks/sequences/idx_file.h"
#include "tasks/sequences/images.h"
#include "tests/fuzz/check.h"

namespace rnnbench::fuzz {
namespace {

using namespace rnnbench::tasks;
namespace fs = std::filesystem;

// A folder in memory with the four files of a data set.
class DataSet {
 public:
  DataSet() : folder_("/dev/shm/rnnbench-fuzz-" + std::to_string(::getpid())) { fs::create_directories(folder_); }
  ~DataSet() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void write(const char* name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary | std::ios::trunc) << bytes;
  }
  fs::path path(const std::string& name) const { return folder_ / name; }

 private:
  const fs::path folder_;
};

// Decompresses here, to a size that the limits of time and memory are meant for.
std::string content(const std::string& bytes) {
  return bytes.starts_with("\x1f\x8b") ? gunzipped("fuzz.gz", bytes, max_input_bytes) : bytes;
}

void check_images(const LabeledSequences& images) {
  const LabeledSequences::Shape shape = images.shape();
  require(shape.features > 0 && shape.longest > 0 && shape.classes > 0, "images have pixels and labels");
  Batch batch;
  batch.reset({.inputs = shape.features, .outputs = shape.classes}, 1, 1);
  for (const Split split : {train_split, valid_split, test_split}) {
    require(shape.counts[split] > 0, "every split has images");
    for (const std::size_t image : {std::size_t{0}, shape.counts[split] - 1}) {
      const std::size_t steps = images.steps(split, image);
      for (const std::size_t step : {std::size_t{0}, steps / 2, steps - 1}) {
        const std::int32_t label = images.label(split, image, step);
        require(label >= 0 && label < shape.classes, "a label is one of the classes");
        images.write(split, image, step, 0, batch);
        for (const float value : batch.values) require(value >= 0 && value <= 1, "a pixel is from 0 to 1");
      }
    }
  }
}

}  // namespace

void image_files(const std::string& input) {
  static const DataSet folder;
  if (input.empty()) throw UserError("no options");
  const auto flags = static_cast<unsigned char>(input[0]);
  std::vector<std::string> files;
  constexpr std::string_view separator = "|||";
  for (std::size_t begin = 1, end; begin <= input.size() && files.size() < 4; begin = end + separator.size()) {
    end = std::min(input.find(separator, begin), input.size());
    files.push_back(content(input.substr(begin, end - begin)));
  }
  if (files.size() < 2) throw UserError("no labels");
  for (std::size_t i = files.size(); i < 4; ++i) files.push_back(files[i - 2]);
  const IdxFile images("fuzz", files[0], 3, "images");
  std::size_t pixels = 1;
  for (const int dimension : {0, 1, 2}) pixels *= static_cast<std::size_t>(images.size(dimension));
  require(images.data() + pixels == reinterpret_cast<const std::uint8_t*>(images.content().data()) + files[0].size(),
          "the sizes are those of the data");
  const char* names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                         "t10k-labels-idx1-ubyte"};
  for (int i = 0; i < 4; ++i) folder.write(names[i], files[i]);
  std::string hash;
  const std::string path = folder.path(names[0]).string();
  const auto read = read_images(path,
                                {.by_pixel = (flags & 1) != 0,
                                 .pool = 1 + (flags >> 1 & 3),
                                 .permute = static_cast<std::uint64_t>(flags >> 3 & 1),
                                 .validation = 1 + (flags >> 4)},
                                hash);
  require(hash == hash_of_images(path), "images have the hash of their files");
  check_images(*read);
}

}  // namespace rnnbench::fuzz
