// Images in two pairs of IDX files, for training and for the test, as sequences with labels.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tasks/sequences/labeled.h"

namespace rnnbench::tasks {

// Whether this is the name of the images for training, such as train-images-idx3-ubyte.gz: "train", and later "images",
// "-" or "." and "idx3".
bool names_images(const std::string& path);

// The hash of the content of all four files: 16 hexadecimal digits of the 64-bit FNV-1a. Throws UserError if one cannot
// be read.
std::string hash_of_images(const std::string& path);

struct ImageOptions {
  bool by_pixel = false;      // a step is a pixel, or else a row of pixels
  int pool = 1;               // pixels are averaged over squares of this side
  std::uint64_t permute = 0;  // seed of the order of the steps; 0: as in the image
  int validation = 5000;      // the last images of the training files that are for validation
};

// The images of `path` and of the three files beside it: the labels of the images for training (images-idx3 is
// labels-idx1 in its name), and the images and labels of the test (train is t10k or test), each with or without .gz.
// `hash` is set to that of their content. A pixel of the value v is the number v / 255. Throws UserError with path and
// byte if a file is missing or malformed, if they do not belong together, and if the options do not fit.
std::unique_ptr<const LabeledSequences> read_images(const std::string& path, const ImageOptions& options,
                                                    std::string& hash);

// The order in which `steps` steps are read: the same for all images and machines.
std::vector<int> step_order(int steps, std::uint64_t permute);

}  // namespace rnnbench::tasks
