#include "core/safetensors.h"

#include <cstring>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

std::string file_of(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

TensorFile example() {
  const float weights[] = {1.5f, -2, 0, 3.25f, 1e-30f, -0.0f};
  const double loss[] = {0.1};
  const std::int64_t symbols[] = {7, -1};
  TensorFile file;
  file.tensors = {make_tensor("rnn.weight_ih_l0", {2, 3}, weights), make_tensor("loss", {}, loss),
                  make_tensor("symbols", {2}, symbols)};
  file.metadata = {{"format", "pt"}, {"canonical", "a = 1\nb = \"\\\t\x01 \xc3\xa9"}};
  return file;
}

std::string error_of(const std::string& bytes) {
  try {
    from_safetensors(bytes, "some.safetensors");
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a safetensors file holds what the format's description says", "[safetensors]") {
  const float values[] = {1, 2};
  TensorFile file;
  file.tensors = {make_tensor("b", {2}, values)};
  file.metadata = {{"k", "v"}};
  const std::string header = R"({"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  CHECK(to_safetensors(file) == file_of(padded, std::string("\0\0\x80\x3f\0\0\0\x40", 8)));
}

TEST_CASE("safetensors come back as they were written", "[safetensors]") {
  const TensorFile file = example();
  const std::string bytes = to_safetensors(file);
  const TensorFile back = from_safetensors(bytes, "x");
  CHECK(back.metadata == file.metadata);
  REQUIRE(back.tensors.size() == file.tensors.size());
  for (const Tensor& tensor : file.tensors) {
    const Tensor* found = back.find(tensor.name);
    REQUIRE(found != nullptr);
    CHECK(found->type == tensor.type);
    CHECK(found->shape == tensor.shape);
    CHECK(found->bytes == tensor.bytes);
  }
  CHECK(to_safetensors(back) == bytes);
  CHECK(back.find("absent") == nullptr);
}

TEST_CASE("safetensors of other writers are read: white space, any order of keys, escapes", "[safetensors]") {
  const auto file = from_safetensors(file_of(" { \"\\u0061\\ud83d\\ude00\" : { \"data_offsets\":[ 0 , 2 "
                                             "],\n\"shape\" : [1,1], \"dtype\":\"F16\" } } ",
                                             "xy"),
                                     "x");
  REQUIRE(file.tensors.size() == 1);
  CHECK(file.tensors[0].name == "a\xf0\x9f\x98\x80");
  CHECK(file.tensors[0].shape == std::vector<std::int64_t>{1, 1});
  CHECK(file.tensors[0].bytes == "xy");
  CHECK(from_safetensors(file_of("{}", ""), "x").tensors.empty());
}

TEST_CASE("a safetensors file cut anywhere is refused", "[safetensors]") {
  const std::string bytes = to_safetensors(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO("cut to " << size << " of " << bytes.size() << " bytes");
    const std::string error = error_of(bytes.substr(0, size));
    CHECK(error.starts_with("some.safetensors: "));
  }
  CHECK(error_of(bytes + "x") != "");
}

TEST_CASE("hostile safetensors are refused", "[safetensors]") {
  const auto header = GENERATE(
      as<std::string>{},                                                                //
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",                      // shape too large
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",                      // outside
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})",                      // backwards
      R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})",                     // negative
      R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})",  // overflow to 0
      R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})",  // the same of smaller numbers
      R"({"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}})",   // not 64 bits
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}})",
      R"({"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})",         // unknown type
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":[]}})",  // unknown key
      R"({"a":{"dtype":"F32","shape":[1]}})",                              // missing key
      R"({"a":{"dtype":"F32","shape":[[[[1]]]],"data_offsets":[0,4]}})",   // nested
      R"({"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",    // half a surrogate pair
      R"({"\udc00":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",    // the other half
      R"([])", R"({)", R"({"a":1})", R"({}{})", "");
  INFO(header);
  CHECK(error_of(file_of(header, std::string(4, 'x'))) != "");
}

TEST_CASE("a safetensors file with any one byte changed is refused or is still consistent", "[safetensors]") {
  const std::string bytes = to_safetensors(example());
  int refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int change : {1, 0x20, 0x80, 0xff}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ change);
      try {
        for (const Tensor& tensor : from_safetensors(changed, "x").tensors) {
          std::size_t count = 1;
          for (const std::int64_t n : tensor.shape) count *= static_cast<std::size_t>(n);
          if (count == 0) {
            CHECK(tensor.bytes.empty());
          } else {
            CHECK(tensor.bytes.size() % count == 0);
          }
        }
      } catch (const UserError&) {
        ++refused;
      }
    }
  }
  CHECK(refused > 200);
}

TEST_CASE("parameters go through safetensors block by block", "[safetensors]") {
  Layout layout;
  const int weight = layout.add("w", 3, 5);
  const int bias = layout.add("b", 3);
  Parameters<float> parameters(layout), back(layout);
  for (int i = 0; i < 15; ++i) parameters.block(weight)[i] = static_cast<float>(i) + 0.5f;
  for (int i = 0; i < 3; ++i) parameters.block(bias)[i] = static_cast<float>(-i);
  TensorFile file;
  append_parameters("first.", parameters, file);
  CHECK(file.find("first.w")->shape == std::vector<std::int64_t>{3, 5});
  CHECK(file.find("first.b")->shape == std::vector<std::int64_t>{3});
  extract_parameters(from_safetensors(to_safetensors(file), "x"), "first.", back);
  CHECK(back.data() == parameters.data());

  CHECK_THROWS_AS(extract_parameters(file, "second.", back), UserError);
  Layout other;
  other.add("w", 5, 3);
  other.add("b", 3);
  Parameters<float> wrong(other);
  CHECK_THROWS_AS(extract_parameters(file, "first.", wrong), UserError);
}

TEST_CASE("FNV-1a gives the values of its authors' test suite", "[hash]") {
  CHECK(hex16(fnv1a("")) == "cbf29ce484222325");
  CHECK(hex16(fnv1a("a")) == "af63dc4c8601ec8c");
  CHECK(hex16(fnv1a("foobar")) == "85944171f73967e8");
  CHECK(fnv1a("bar", 3, fnv1a("foo", 3)) == fnv1a("foobar"));
  CHECK(hex16(0) == "0000000000000000");
}
