// Reads and writes safetensors files, which PyTorch and related tools load: named arrays and a map of strings.
// Format: the length of the header in 8 bytes, little-endian; a JSON header; the arrays one after another.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/parameters.h"

namespace rnnbench::core {

struct Tensor {
  std::string name;
  std::string type;  // F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL
  std::vector<std::int64_t> shape;
  std::string bytes;  // row-major, little-endian
};

struct TensorFile {
  std::vector<Tensor> tensors;
  std::map<std::string, std::string> metadata;

  const Tensor* find(const std::string& name) const;  // nullptr when absent
};

Tensor make_tensor(std::string name, std::vector<std::int64_t> shape, const float* values);
Tensor make_tensor(std::string name, std::vector<std::int64_t> shape, const double* values);
Tensor make_tensor(std::string name, std::vector<std::int64_t> shape, const std::int64_t* values);
Tensor make_tensor(std::string name, std::vector<std::int64_t> shape, const std::uint8_t* values);

// The bytes of the file. The same content gives the same bytes. Names of tensors must be unique.
std::string to_safetensors(const TensorFile& file);

// Throws UserError that begins with `name` unless the bytes are a complete and consistent file.
TensorFile from_safetensors(const std::string& bytes, const std::string& name);
TensorFile read_safetensors(const std::filesystem::path& path);

// Adds every block under the name `prefix` + block name.
void append_parameters(const std::string& prefix, const Parameters<float>& parameters, TensorFile& file);
// Fills `parameters`, which has its layout already, from the arrays with these names. Throws UserError when one is
// missing or has another shape or type.
void extract_parameters(const TensorFile& file, const std::string& prefix, Parameters<float>& parameters);

}  // namespace rnnbench::core
