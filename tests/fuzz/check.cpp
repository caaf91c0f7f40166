#include "tests/fuzz/check.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <malloc.h>
#include <new>

#include "core/error.h"

namespace rnnbench::fuzz {
namespace {

constexpr std::size_t max_bytes = std::size_t{256} << 20;
// Sanitizers and coverage make a program about fifteen times as slow: 0.31 s became 4.4 s.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RNNBENCH_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RNNBENCH_SANITIZED 1
#endif
#ifdef RNNBENCH_SANITIZED
constexpr double max_seconds = 15;
#else
constexpr double max_seconds = 1;
#endif

std::string current;                               // the name of the input that is being checked
std::size_t live = 0, peak = 0, limit = SIZE_MAX;  // bytes of operator new

[[noreturn]] void fail(const std::string& what) {
  limit = SIZE_MAX;  // the message needs memory too
  std::fprintf(stderr, "%s: %s\n", current.c_str(), what.c_str());
  std::abort();
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// alignment 0: that of malloc, which needs no rounding, so that sanitizers see the exact size.
void* allocate(std::size_t size, std::align_val_t alignment = {}) {
  const auto unit = static_cast<std::size_t>(alignment);
  size = std::max<std::size_t>(size, 1);
  void* const memory = unit == 0 ? std::malloc(size) : std::aligned_alloc(unit, (size + unit - 1) / unit * unit);
  if (memory == nullptr) fail("there is no memory for " + std::to_string(size) + " bytes");
  live += malloc_usable_size(memory);
  peak = std::max(peak, live);
  if (live > limit) fail("more than 256 MiB of memory");
  return memory;
}

void release(void* memory) {
  if (memory == nullptr) return;
  live -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void require(bool holds, const std::string& property) {
  if (!holds) fail("this does not hold: " + property);
}

Checked check(Target target, const std::string& name, const std::string& input) {
  const std::size_t scale = input.size() / max_input_bytes + 1, before = live;
  Checked checked;
  current = name;
  peak = live;
  limit = before + scale * max_bytes;
  const double start = cpu_seconds();
  try {
    target(input);
    checked.accepted = true;
  } catch (const core::UserError& error) {
    checked.refusal = error.what();
  } catch (const std::exception& error) {
    fail("an exception that is no UserError: " + std::string(error.what()));
  }
  checked.cpu_seconds = cpu_seconds() - start;
  checked.peak_bytes = peak - before;
  limit = SIZE_MAX;
  if (checked.cpu_seconds > max_seconds * static_cast<double>(scale))
    fail(std::to_string(checked.cpu_seconds) + " s of CPU time for " + std::to_string(input.size()) + " bytes");
  return checked;
}

}  // namespace rnnbench::fuzz

// Every allocation of the program is counted. All forms are defined, because those of sanitizers do not call each
// other.
using rnnbench::fuzz::allocate;
using rnnbench::fuzz::release;
void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate(size, alignment); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return allocate(size, alignment); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
