// The parameters of a model: one aligned array with named blocks. Gradients and optimizer moments have the same type.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/aligned.h"

namespace rnnbench::core {

// A named matrix (rows x cols, row-major as in PyTorch; a vector has cols = 1) inside the array.
struct Block {
  std::string name;  // as in PyTorch: "rnn.weight_ih_l0"
  int rows = 0, cols = 0;
  std::size_t offset = 0;  // of its first element in the array; a multiple of 16
  bool vector = false;     // has one dimension in files
  std::size_t size() const { return static_cast<std::size_t>(rows) * cols; }
};

class Layout {
 public:
  int add(std::string name, int rows, int cols);  // adds a matrix and returns the block's number
  int add(std::string name, int rows);            // adds a vector
  const std::vector<Block>& blocks() const { return blocks_; }
  const Block& block(int number) const { return blocks_[number]; }
  int find(const std::string& name) const;        // -1 when absent
  std::size_t count() const { return count_; }    // trainable parameters, without padding
  std::size_t extent() const { return extent_; }  // length of the array, with padding

 private:
  std::vector<Block> blocks_;
  std::size_t count_ = 0, extent_ = 0;
};

template <class S>
class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(const Layout& layout) : layout_(&layout), data_(layout.extent(), S(0)) {}
  const Layout& layout() const { return *layout_; }
  S* block(int number) { return data_.data() + layout_->block(number).offset; }
  const S* block(int number) const { return data_.data() + layout_->block(number).offset; }
  void clear_padding() {
    for (const Block& block : layout_->blocks())
      for (std::size_t i = block.size(); i % 16 != 0; ++i) data_[block.offset + i] = S(0);
  }
  AlignedVector<S>& data() { return data_; }  // with the padding between blocks, which is always 0
  const AlignedVector<S>& data() const { return data_; }

 private:
  const Layout* layout_ = nullptr;  // owned by the network, which outlives its parameters
  AlignedVector<S> data_;
};

}  // namespace rnnbench::core
