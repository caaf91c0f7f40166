#include "core/aligned.h"

#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace rnnbench::core {

void* allocate_aligned(std::size_t bytes) {
  constexpr std::size_t huge_page = std::size_t{1} << 21;
  const bool large = bytes >= huge_page / 8;
  if (large) bytes = (bytes + huge_page - 1) / huge_page * huge_page;  // so that the end lies in a huge page, too
  void* memory = nullptr;
  if (posix_memalign(&memory, large ? huge_page : 64, bytes) != 0) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
  if (large) madvise(memory, bytes, MADV_HUGEPAGE);  // only a hint
#endif
  return memory;
}

void free_aligned(void* memory) { std::free(memory); }

}  // namespace rnnbench::core
