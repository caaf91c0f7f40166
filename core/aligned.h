// Arrays on 64-byte boundaries: a vector load never splits a line, and no bit depends on an address.
#pragma once

#include <cstddef>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

// Memory on a 64-byte boundary; large arrays on that of a huge page, which the system is asked to use: a panel of
// weights then costs no page walks. Throws std::bad_alloc.
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
