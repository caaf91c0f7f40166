// Arrays that begin at a multiple of 64 bytes, so that aligned vector loads never cross a cache line.
#pragma once

#include <cstddef>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

// Memory that begins at a multiple of 64 bytes. Arrays of at least 256 KiB get whole huge pages of 2 MiB if the system
// has them, which saves page walks and keeps an array from competing with itself for lines of the second-level cache.
// Throws std::bad_alloc.
void* allocate_aligned(std::size_t bytes);
void free_aligned(void* memory);

template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(allocate_aligned(n * sizeof(T))); }
  void deallocate(T* p, std::size_t) { free_aligned(p); }
  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace rnnbench::core
