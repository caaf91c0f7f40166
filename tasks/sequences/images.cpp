#include "tasks/sequences/images.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "core/error.h"
#include "core/hash.h"
#include "core/stream.h"
#include "tasks/sequences/file_content.h"
#include "tasks/sequences/idx_file.h"

namespace rnnbench::tasks {
namespace {

namespace fs = std::filesystem;

// Where the name of a file has "train" and later "images-idx3" or "images.idx3"; npos if it does not.
struct NameParts {
  std::size_t train = std::string::npos, images = std::string::npos;

  explicit NameParts(const std::string& name) {
    for (const char* ending : {"images-idx3", "images.idx3"}) {
      const std::size_t at = name.rfind(ending);
      if (at == std::string::npos || name.rfind("train", at) == std::string::npos) continue;
      train = name.rfind("train", at);
      images = at;
    }
  }
};

// The four files of a data set.
struct Paths {
  std::string train_images, train_labels, test_images, test_labels;

  explicit Paths(const std::string& path) : train_images(path), folder_(fs::path(path).parent_path()) {
    std::string images = fs::path(path).filename();
    if (images.ends_with(".gz")) images.resize(images.size() - 3);
    const NameParts parts(images);
    std::string labels = images;
    labels.replace(parts.images, 6, "labels").replace(parts.images + 7, 4, "idx1");  // the sign between them stays
    const auto of_test = [&](const std::string& name) {
      return std::vector<std::string>{std::string(name).replace(parts.train, 5, "t10k"),
                                      std::string(name).replace(parts.train, 5, "test")};
    };
    train_labels = found({labels}, "the labels of these images");
    test_images = found(of_test(images), "the images of the test");
    test_labels = found(of_test(labels), "the labels of the test");
  }

 private:
  // The first of these files that exists, without or with the ending .gz.
  std::string found(const std::vector<std::string>& names, const std::string& what) const {
    std::error_code ignored;
    for (const std::string& name : names)
      for (const char* ending : {"", ".gz"})
        if (const fs::path file = folder_ / (name + ending); fs::exists(file, ignored)) return file;
    const std::string missing = folder_ / names[0];
    throw UserError("file = " + train_images + ": there is no " + missing + " or " + missing + ".gz, " + what);
  }

  const fs::path folder_;
};

class Images final : public LabeledSequences {
 public:
  Images(const Paths& paths, const ImageOptions& options)
      : options_(options),
        images_{IdxFile(paths.train_images, 3, "images"), IdxFile(paths.test_images, 3, "images")},
        labels_{IdxFile(paths.train_labels, 1, "labels"), IdxFile(paths.test_labels, 1, "labels")} {
    for (const int part : {0, 1})
      if (labels_[part].size(0) != images_[part].size(0))
        labels_[part].refuse_size(0, "expected " + std::to_string(images_[part].size(0)) + " labels, as many as " +
                                         images_[part].path() + " has images, found " +
                                         std::to_string(labels_[part].size(0)));
    for (const int side : {1, 2})
      if (images_[1].size(side) != images_[0].size(side))
        images_[1].refuse_size(side, "expected " + std::to_string(images_[0].size(side)) + " pixels, as in " +
                                         images_[0].path() + ", found " + std::to_string(images_[1].size(side)));
    const std::string size = std::to_string(images_[0].size(1)) + " x " + std::to_string(images_[0].size(2));
    for (const int side : {1, 2})
      if (images_[0].size(side) % options.pool != 0)
        throw UserError("pool = " + std::to_string(options.pool) + " does not divide the " + size + " pixels of " +
                        images_[0].path());
    if (options.validation >= images_[0].size(0))
      throw UserError("validation = " + std::to_string(options.validation) + " leaves no image for training, because " +
                      images_[0].path() + " has " + std::to_string(images_[0].size(0)));
    columns_ = images_[0].size(2) / options.pool;
    const int rows = images_[0].size(1) / options.pool;
    features_ = options.by_pixel ? 1 : columns_;
    order_ = step_order(options.by_pixel ? rows * columns_ : rows, options.permute);
    for (const IdxFile& labels : labels_)
      classes_ = std::max(classes_, 1 + *std::max_element(labels.data(), labels.data() + labels.size(0)));
  }

  std::string hash() const {
    std::uint64_t hash = fnv1a_start;
    for (const IdxFile* file : {&images_[0], &labels_[0], &images_[1], &labels_[1]})
      hash = fnv1a(file->content().data(), file->content().size(), hash);
    return hex16(hash);
  }

  Shape shape() const override {
    const auto all = static_cast<std::size_t>(images_[0].size(0)), validation = std::size_t(options_.validation);
    return {.counts = {all - validation, validation, static_cast<std::size_t>(images_[1].size(0))},
            .longest = order_.size(),
            .features = features_,
            .classes = classes_};
  }
  std::size_t steps(Split, std::size_t) const override { return order_.size(); }
  std::int32_t label(Split split, std::size_t sequence, std::size_t) const override {
    return labels_[split == test_split].data()[number(split, sequence)];
  }

  void write(Split split, std::size_t sequence, std::size_t step, std::size_t i, Batch& batch) const override {
    const IdxFile& file = images_[split == test_split];
    const std::size_t width = file.size(2), pixels = width * file.size(1);
    const std::uint8_t* image = file.data() + number(split, sequence) * pixels;
    const int pool = options_.pool, first = order_[step] * features_;  // among the averaged pixels, row by row
    const std::uint8_t* corner = image + first / columns_ * pool * width + first % columns_ * pool;
    float* values = &batch.values[i * features_];
    for (int k = 0; k < features_; ++k, corner += pool) {
      int sum = 0;
      for (int y = 0; y < pool; ++y)
        for (int x = 0; x < pool; ++x) sum += corner[y * width + x];
      values[k] = static_cast<float>(sum) / static_cast<float>(255 * pool * pool);
    }
  }

 private:
  // The number of an image in its file: those for validation are the last ones of the training file.
  std::size_t number(Split split, std::size_t sequence) const {
    return split == valid_split ? images_[0].size(0) - options_.validation + sequence : sequence;
  }

  const ImageOptions options_;
  const IdxFile images_[2], labels_[2];  // training, test
  int columns_ = 0, features_ = 0, classes_ = 0;
  std::vector<int> order_;
};

}  // namespace

bool names_images(const std::string& path) { return NameParts(fs::path(path).filename()).images != std::string::npos; }

std::string hash_of_images(const std::string& path) {
  const Paths paths(path);
  std::uint64_t hash = fnv1a_start;
  for (const std::string* file : {&paths.train_images, &paths.train_labels, &paths.test_images, &paths.test_labels}) {
    const std::string content = file_content(*file);
    hash = fnv1a(content.data(), content.size(), hash);
  }
  return hex16(hash);
}

std::unique_ptr<const LabeledSequences> read_images(const std::string& path, const ImageOptions& options,
                                                    std::string& hash) {
  auto images = std::make_unique<const Images>(Paths(path), options);
  hash = images->hash();
  return images;
}

std::vector<int> step_order(int steps, std::uint64_t permute) {
  std::vector<int> order(steps);
  std::iota(order.begin(), order.end(), 0);
  if (permute == 0) return order;
  Stream stream(permute, Purpose::map, 0, 0);
  for (int i = steps - 1; i > 0; --i) std::swap(order[i], order[stream.below(i + 1)]);  // Fisher & Yates
  return order;
}

}  // namespace rnnbench::tasks
