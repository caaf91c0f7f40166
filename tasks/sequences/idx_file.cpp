#include "tasks/sequences/idx_file.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/text.h"
#include "tasks/sequences/file_content.h"

namespace rnnbench::tasks {
namespace {

constexpr int unsigned_byte = 0x08;
const std::map<int, const char*> type_names{{unsigned_byte, "unsigned bytes"}, {0x09, "signed bytes"},
                                            {0x0b, "16-bit integers"},         {0x0c, "32-bit integers"},
                                            {0x0d, "32-bit floats"},           {0x0e, "64-bit floats"}};

}  // namespace

IdxFile::IdxFile(const std::string& path, int dimensions, const std::string& what)
    : IdxFile(path, file_content(path), dimensions, what) {}

// Header: two bytes 0, the type, the number of dimensions, and the size of each in four bytes, most significant first.
IdxFile::IdxFile(const std::string& path, std::string content, int dimensions, const std::string& what)
    : path_(path), content_(std::move(content)), header_(4 * (1 + static_cast<std::size_t>(dimensions))) {
  if (content_.size() < header_)
    refuse(content_.size(), "the file ends in the header, which has " + std::to_string(header_) + " bytes");
  for (const std::size_t byte : {0, 1})
    if (at(byte) != 0) refuse(byte, "expected 0, with which every IDX file begins, found " + std::to_string(at(byte)));
  if (at(2) != unsigned_byte) {
    const auto name = type_names.find(at(2));
    refuse(2, "expected the type 8 (unsigned bytes), found " + std::to_string(at(2)) +
                  (name == type_names.end() ? "" : std::string(" (") + name->second + ")"));
  }
  if (at(3) != dimensions)
    refuse(3, "expected " + std::to_string(dimensions) + (dimensions > 1 ? " dimensions" : " dimension") + ", which " +
                  what + " have, found " + std::to_string(at(3)));
  std::uint64_t bytes = 1;
  for (int d = 0; d < dimensions; ++d) {
    std::uint64_t size = 0;
    for (int b = 0; b < 4; ++b) size = size << 8 | at(4 * (1 + d) + b);
    if (size < 1 || size > max_sequence_file_bytes)
      refuse(4 * (1 + d), "expected a size from 1 to " + std::to_string(max_sequence_file_bytes) + ", found " +
                              std::to_string(size));
    bytes = std::min(bytes * size, max_sequence_file_bytes + 1);  // no overflow
    sizes_.push_back(static_cast<int>(size));
  }
  const std::string wanted = join(
                                 sizes_, [](int size) { return std::to_string(size); }, " x ") +
                             " " + what + " need " +
                             (bytes > max_sequence_file_bytes ? "more than " + std::to_string(max_sequence_file_bytes)
                                                              : std::to_string(header_ + bytes)) +
                             " bytes";
  if (content_.size() < header_ + bytes) refuse(content_.size(), "the file ends, but " + wanted);
  if (content_.size() > header_ + bytes)
    refuse(header_ + bytes,
           "the file goes on for " + std::to_string(content_.size() - header_ - bytes) + " bytes, but " + wanted);
}

void IdxFile::refuse(std::size_t byte, const std::string& what) const {
  throw UserError(path_ + ": at byte " + std::to_string(byte) + ": " + what);
}

void IdxFile::refuse_size(int dimension, const std::string& what) const { refuse(4 * (1 + dimension), what); }

}  // namespace rnnbench::tasks
