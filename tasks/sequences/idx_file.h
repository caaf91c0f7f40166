// Reads files in IDX format, in which MNIST and data sets like it are published: a header with the type of the numbers
// and the sizes of the dimensions, and the numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::tasks {

class IdxFile {
 public:
  // Reads a file, which may be compressed by gzip, of unsigned bytes with so many dimensions. `what` names its elements
  // for messages: "images" or "labels". Throws UserError with path and byte if it is another one.
  IdxFile(const std::string& path, int dimensions, const std::string& what);
  // The same for a file with this content, decompressed.
  IdxFile(const std::string& path, std::string content, int dimensions, const std::string& what);

  const std::string& path() const { return path_; }
  const std::string& content() const { return content_; }
  int size(int dimension) const { return sizes_[dimension]; }
  const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(content_.data()) + header_; }
  // Throws UserError about the size of a dimension, with its place in the file.
  [[noreturn]] void refuse_size(int dimension, const std::string& what) const;

 private:
  [[noreturn]] void refuse(std::size_t byte, const std::string& what) const;
  std::uint8_t at(std::size_t byte) const { return static_cast<std::uint8_t>(content_[byte]); }

  std::string path_, content_;
  std::vector<int> sizes_;
  std::size_t header_ = 0;
};

}  // namespace rnnbench::tasks
