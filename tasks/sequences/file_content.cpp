#include "tasks/sequences/file_content.h"

#include <algorithm>
#include <stdexcept>
#include <zlib.h>

#include "core/error.h"
#include "core/read_file.h"

namespace rnnbench::tasks {
namespace {

// Decompresses one member after another.
class Inflater {
 public:
  Inflater() {
    constexpr int gzip_only = 16;
    if (inflateInit2(&stream_, gzip_only + MAX_WBITS) != Z_OK) throw std::runtime_error("zlib cannot be started");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

}  // namespace

std::string gunzipped(const std::string& path, const std::string& bytes, std::uint64_t max_bytes) {
  Inflater inflater;
  z_stream& stream = inflater.stream();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());  // at most max_sequence_file_bytes
  const auto refuse = [&](const std::string& what) {
    throw UserError(path + ": at byte " + std::to_string(bytes.size() - stream.avail_in) +
                    " of the compressed file: " + what);
  };
  std::string content, buffer(1 << 16, '\0');
  content.reserve(std::min<std::uint64_t>(max_bytes, 4 * bytes.size()));  // a first guess
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    const int state = inflate(&stream, Z_NO_FLUSH);
    content.append(buffer, 0, buffer.size() - stream.avail_out);
    if (content.size() > max_bytes)
      throw UserError(path + ": decompressed, the file has more than the maximum of " + std::to_string(max_bytes) +
                      " bytes");
    if (state == Z_STREAM_END) {
      if (stream.avail_in == 0) return content;
      inflateReset(&stream);
    } else if (state == Z_DATA_ERROR) {
      refuse(std::string("the data are damaged (") + (stream.msg != nullptr ? stream.msg : "unknown error") + ")");
    } else if (state == Z_BUF_ERROR || (state == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) {
      refuse("the file ends before its data do");
    } else if (state != Z_OK) {
      throw std::runtime_error("zlib failed with " + std::to_string(state));
    }
  }
}

std::string file_content(const std::string& path) {
  std::string bytes;
  try {
    bytes = read_regular_file(path, max_sequence_file_bytes);
  } catch (const std::runtime_error& error) {
    throw UserError("file = " + path + " cannot be read: " + error.what());
  }
  if (bytes.starts_with("\x1f\x8b")) return gunzipped(path, bytes, max_sequence_file_bytes);
  return bytes;
}

}  // namespace rnnbench::tasks
