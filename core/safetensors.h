// Reading and writing safetensors files, which PyTorch (and everything around it) loads: named arrays and a
// map of strings. Format: 8 bytes header length, little-endian; a JSON header; the arrays one after the
// other.
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

// The bytes of the file. The same content gives the same bytes. Tensor names must differ.
std::string to_safetensors(const TensorFile& file);

// Whatever the bytes are, the answer is a complete, consistent file or a UserError that begins with `name`.
TensorFile from_safetensors(const std::string& bytes, const std::string& name);
TensorFile read_safetensors(const std::filesystem::path& path);

// Every block under `prefix` + its name; vectors with one dimension.
void append_parameters(const std::string& prefix, const Parameters<float>& parameters, TensorFile& file);
// The way back; `parameters` has its layout already. UserError when a block is missing or has another shape
// or type.
void extract_parameters(const TensorFile& file, const std::string& prefix, Parameters<float>& parameters);

}  // namespace rnnbench::core
