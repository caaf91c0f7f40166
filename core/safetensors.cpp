#include "core/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <stdexcept>

#include "core/error.h"
#include "core/read_file.h"
#include "core/text.h"

namespace rnnbench::core {

static_assert(std::endian::native == std::endian::little, "arrays are written as they are in memory");

namespace {

constexpr std::uint64_t max_header_size = 100'000'000;  // as in the reference implementation

// Bytes of one element, or 0 for an unknown type.
int type_size(const std::string& type) {
  if (type == "F64" || type == "I64" || type == "U64") return 8;
  if (type == "F32" || type == "I32" || type == "U32") return 4;
  if (type == "F16" || type == "BF16" || type == "I16" || type == "U16") return 2;
  if (type == "I8" || type == "U8" || type == "BOOL") return 1;
  return 0;
}

template <class T>
Tensor make_tensor_of(std::string name, const char* type, std::vector<std::int64_t> shape, const T* values) {
  std::size_t count = 1;
  for (const std::int64_t n : shape) count *= static_cast<std::size_t>(n);
  std::string bytes(count * sizeof(T), '\0');
  if (count > 0) std::memcpy(bytes.data(), values, bytes.size());
  return {std::move(name), type, std::move(shape), std::move(bytes)};
}

// Parses the header. Its JSON has a fixed structure, so nesting is bounded and anything unknown is an error.
class HeaderReader {
 public:
  HeaderReader(const char* text, std::size_t size, const std::string& file)
      : at_(text), begin_(text), end_(text + size), file_(file) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw UserError(file_ + ": not a complete safetensors file: " + what + " (header byte " +
                    std::to_string(at_ - begin_) + ")");
  }

  // Calls member(key), which must read the value, for each member of an object.
  template <class Member>
  void object(Member member) {
    expect('{');
    if (accept('}')) return;
    do {
      const std::string key = string();
      expect(':');
      member(key);
    } while (accept(','));
    expect('}');
  }

  std::vector<std::int64_t> integers() {
    std::vector<std::int64_t> values;
    expect('[');
    if (accept(']')) return values;
    do {
      values.push_back(integer());
    } while (accept(','));
    expect(']');
    return values;
  }

  std::string string() {
    expect('"');
    std::string out;
    while (true) {
      const unsigned char c = next();
      if (c == '"') return out;
      if (c < 0x20) fail("a control character in a string");
      if (c == '\\') {
        escape(out);
      } else {
        out += static_cast<char>(c);
      }
    }
  }

  void finish() {
    skip_space();
    if (at_ != end_) fail("text after the header's end");
  }

 private:
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  unsigned char next() {
    if (at_ == end_) fail("the header ends early");
    return static_cast<unsigned char>(*at_++);
  }
  bool accept(char c) {
    skip_space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("expected ") + c);
  }

  // A size or an offset: not negative, and small enough that later sums and products cannot overflow unnoticed.
  std::int64_t integer() {
    skip_space();
    if (at_ == end_ || *at_ < '0' || *at_ > '9') fail("expected a whole number");
    std::int64_t value = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      if (value > (std::int64_t{1} << 58)) fail("a number too large");
      value = value * 10 + (*at_ - '0');
    }
    return value;
  }

  unsigned hex4() {
    unsigned value = 0;
    for (int i = 0; i < 4; ++i) {
      const unsigned char c = next();
      value <<= 4;
      if (c >= '0' && c <= '9') {
        value |= c - '0';
      } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
        value |= (c | 32) - 'a' + 10;
      } else {
        fail("a broken \\u escape");
      }
    }
    return value;
  }

  void escape(std::string& out) {
    const unsigned char c = next();
    static const std::string names = "\"\\/bfnrt", values = "\"\\/\b\f\n\r\t";
    if (const auto i = names.find(static_cast<char>(c)); i != std::string::npos) {
      out += values[i];
      return;
    }
    if (c != 'u') fail("an unknown escape");
    unsigned code = hex4();
    if (code >= 0xd800 && code < 0xdc00) {
      if (next() != '\\' || next() != 'u') fail("half a surrogate pair");
      const unsigned low = hex4();
      if (low < 0xdc00 || low > 0xdfff) fail("half a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code <= 0xdfff) {
      fail("half a surrogate pair");
    }
    append_utf8(code, out);
  }

  static void append_utf8(unsigned code, std::string& out) {
    const auto tail = [](unsigned bits) { return static_cast<char>(0x80 | (bits & 63)); };
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += {static_cast<char>(0xc0 | code >> 6), tail(code)};
    } else if (code < 0x10000) {
      out += {static_cast<char>(0xe0 | code >> 12), tail(code >> 6), tail(code)};
    } else {
      out += {static_cast<char>(0xf0 | code >> 18), tail(code >> 12), tail(code >> 6), tail(code)};
    }
  }

  const char* at_;
  const char* begin_;
  const char* end_;
  const std::string& file_;
};

struct Entry {
  Tensor tensor;
  std::uint64_t begin = 0, end = 0;  // bytes of the data section
};

Entry read_entry(HeaderReader& reader, const std::string& name) {
  Entry entry;
  entry.tensor.name = name;
  bool has_type = false, has_shape = false, has_offsets = false;
  reader.object([&](const std::string& key) {
    if (key == "dtype" && !has_type) {
      entry.tensor.type = reader.string();
      has_type = true;
    } else if (key == "shape" && !has_shape) {
      entry.tensor.shape = reader.integers();
      has_shape = true;
    } else if (key == "data_offsets" && !has_offsets) {
      const auto offsets = reader.integers();
      if (offsets.size() != 2 || offsets[0] > offsets[1]) reader.fail("broken data_offsets of " + name);
      entry.begin = static_cast<std::uint64_t>(offsets[0]);
      entry.end = static_cast<std::uint64_t>(offsets[1]);
      has_offsets = true;
    } else {
      reader.fail("unknown or repeated key " + key + " of " + name);
    }
  });
  if (!has_type || !has_shape || !has_offsets) reader.fail("dtype, shape or data_offsets of " + name + " is missing");
  std::uint64_t size = static_cast<std::uint64_t>(type_size(entry.tensor.type));
  if (size == 0) reader.fail("unknown type " + entry.tensor.type + " of " + name);
  for (const std::int64_t n : entry.tensor.shape) {
    if (n > 0 && size > (std::uint64_t{1} << 62) / static_cast<std::uint64_t>(n))
      reader.fail("the size of " + name + " is too large");
    size *= static_cast<std::uint64_t>(n);
  }
  if (size != entry.end - entry.begin) reader.fail("shape and data_offsets of " + name + " disagree");
  return entry;
}

}  // namespace

const Tensor* TensorFile::find(const std::string& name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const Tensor& t) { return t.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

Tensor make_tensor(std::string name, std::vector<std::int64_t> shape, const float* values) {
  return make_tensor_of(std::move(name), "F32", std::move(shape), values);
}
Tensor make_tensor(std::string name, std::vector<std::int64_t> shape, const double* values) {
  return make_tensor_of(std::move(name), "F64", std::move(shape), values);
}
Tensor make_tensor(std::string name, std::vector<std::int64_t> shape, const std::int64_t* values) {
  return make_tensor_of(std::move(name), "I64", std::move(shape), values);
}
Tensor make_tensor(std::string name, std::vector<std::int64_t> shape, const std::uint8_t* values) {
  return make_tensor_of(std::move(name), "U8", std::move(shape), values);
}

std::string to_safetensors(const TensorFile& file) {
  // Wide types first, as the reference implementation does, so that every array starts at a multiple of its element
  // size.
  std::vector<const Tensor*> order;
  for (const Tensor& tensor : file.tensors) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(),
                   [](const Tensor* a, const Tensor* b) { return type_size(a->type) > type_size(b->type); });

  std::string header = "{";
  if (!file.metadata.empty()) {
    header += "\"__metadata__\":{";
    for (const auto& [key, value] : file.metadata) header += json_quoted(key) + ":" + json_quoted(value) + ",";
    header.back() = '}';
    header += ',';
  }
  std::uint64_t offset = 0;
  for (const Tensor* tensor : order) {
    header += json_quoted(tensor->name) + ":{\"dtype\":" + json_quoted(tensor->type) + ",\"shape\":[";
    header += join(
        tensor->shape, [](std::int64_t n) { return std::to_string(n); }, ",");
    header += "],\"data_offsets\":[" + std::to_string(offset) + ",";
    offset += tensor->bytes.size();
    header += std::to_string(offset) + "]},";
  }
  if (header.size() > 1) header.pop_back();
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');

  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  bytes.reserve(8 + header.size() + offset);
  bytes += header;
  for (const Tensor* tensor : order) bytes += tensor->bytes;
  return bytes;
}

TensorFile from_safetensors(const std::string& bytes, const std::string& name) {
  std::uint64_t length = 0;
  if (bytes.size() < 8) throw UserError(name + ": not a safetensors file: shorter than 8 bytes");
  std::memcpy(&length, bytes.data(), 8);
  if (length > bytes.size() - 8 || length > max_header_size)
    throw UserError(name + ": not a complete safetensors file: its header should have " + std::to_string(length) +
                    " bytes");

  TensorFile file;
  std::vector<Entry> entries;
  std::set<std::string> names;
  HeaderReader reader(bytes.data() + 8, length, name);
  reader.object([&](const std::string& key) {
    if (!names.insert(key).second) reader.fail("two arrays named " + key);
    if (key == "__metadata__") {
      reader.object([&](const std::string& entry) { file.metadata[entry] = reader.string(); });
    } else {
      entries.push_back(read_entry(reader, key));
    }
  });
  reader.finish();

  // The arrays fill the rest of the file without overlap or gap.
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  const std::uint64_t size = bytes.size() - 8 - length;
  std::uint64_t offset = 0;
  for (Entry& entry : entries) {
    if (entry.begin != offset || entry.end > size)
      throw UserError(name + ": not a complete safetensors file: the data of " + entry.tensor.name +
                      " is not where it should be");
    entry.tensor.bytes = bytes.substr(8 + length + entry.begin, entry.end - entry.begin);
    offset = entry.end;
    file.tensors.push_back(std::move(entry.tensor));
  }
  if (offset != size) throw UserError(name + ": not a complete safetensors file: bytes after the last array");
  return file;
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  std::string bytes;
  try {
    bytes = read_regular_file(path);
  } catch (const std::runtime_error& error) {
    throw UserError("cannot read " + path.string() + ": " + error.what());
  }
  return from_safetensors(bytes, path.string());
}

namespace {

std::vector<std::int64_t> shape_of(const Block& block) {
  if (block.vector) return {block.rows};
  return {block.rows, block.cols};
}

}  // namespace

void append_parameters(const std::string& prefix, const Parameters<float>& parameters, TensorFile& file) {
  const auto& blocks = parameters.layout().blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i)
    file.tensors.push_back(
        make_tensor(prefix + blocks[i].name, shape_of(blocks[i]), parameters.block(static_cast<int>(i))));
}

void extract_parameters(const TensorFile& file, const std::string& prefix, Parameters<float>& parameters) {
  const auto& blocks = parameters.layout().blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Tensor* tensor = file.find(prefix + blocks[i].name);
    if (!tensor) throw UserError("no array named " + prefix + blocks[i].name);
    if (tensor->type != "F32" || tensor->shape != shape_of(blocks[i]))
      throw UserError("the array " + tensor->name + " does not have the model's shape and type F32");
    std::memcpy(parameters.block(static_cast<int>(i)), tensor->bytes.data(), tensor->bytes.size());
  }
}

}  // namespace rnnbench::core
