// A library for LD_PRELOAD that makes one call of a program fail, or its elapsed time pass faster. For tests.
//
//   RNNBENCH_FAULT=CALL:ERROR:N     The N-th call of this kind fails with this error and does nothing.
//                  CALL:ERROR:N:on  So do all that follow it.
//                  write:SHORT:N    The N-th write writes half; with `:on`, all others fail as on a full disk.
//                  CALL:KILL:N      The process is killed instead of the N-th call.
//   RNNBENCH_FAULT_REPORT=FILE      gets a line "CALL N" when the fault is reached, and the number of calls of each
//                                   kind at the end, "count CALL N".
//   RNNBENCH_CLOCK_FACTOR=F         Elapsed time (CLOCK_MONOTONIC) passes F times as fast; CPU time does not.
//
// Only what the program calls between the begin and the end of main() counts, and nothing that concerns standard error,
// on which it reports. Child processes neither count nor fail.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <iterator>
#include <pthread.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

namespace {

enum Call {
  open_,
  read_,
  write_,
  sync_,
  rename_,
  unlink_,
  lock_,
  mkdir_,
  truncate_,
  close_,
  stat_,
  list_,
  start_,
  memory_,
  calls
};
constexpr const char* names[] = {"open",  "read",     "write", "sync", "rename", "unlink", "lock",
                                 "mkdir", "truncate", "close", "stat", "list",   "start",  "memory"};
static_assert(std::size(names) == calls);

struct ErrorName {
  const char* name;
  int number;
};
constexpr int kill_process = -1, write_half = -2;
constexpr ErrorName errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EACCES", EACCES},     {"EMFILE", EMFILE},
                                {"EINTR", EINTR},   {"EFBIG", EFBIG},   {"ENOLCK", ENOLCK},     {"EAGAIN", EAGAIN},
                                {"ENOMEM", ENOMEM}, {"EINVAL", EINVAL}, {"KILL", kill_process}, {"SHORT", write_half}};

std::atomic<bool> armed{false};
std::atomic<long> counts[calls];
int fault_call = -1, fault_error = 0;
long fault_at = 0;
bool fault_stays = false;
pid_t process = 0;

void report(const char* text) {
  const char* path = std::getenv("RNNBENCH_FAULT_REPORT");
  if (path == nullptr) return;
  const auto file =
      static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  static_cast<void>(syscall(SYS_write, file, text, std::strlen(text)));
  syscall(SYS_close, file);
}

void refuse(const char* fault) {
  std::fprintf(stderr, "RNNBENCH_FAULT = %s is not CALL:ERROR:N\n", fault);
  std::abort();
}

void read_fault() {
  const char* fault = std::getenv("RNNBENCH_FAULT");
  if (fault == nullptr) return;
  char call[16], error[16], on[4] = "";
  // NOLINTNEXTLINE(cert-err34-c): a number that is too large is that of a call that never comes
  if (std::sscanf(fault, "%15[^:]:%15[^:]:%ld:%3s", call, error, &fault_at, on) < 3) refuse(fault);
  for (int i = 0; i < calls; ++i)
    if (std::strcmp(names[i], call) == 0) fault_call = i;
  for (const ErrorName& known : errors)
    if (std::strcmp(known.name, error) == 0) fault_error = known.number;
  fault_stays = std::strcmp(on, "on") == 0;
  if (fault_call < 0 || fault_error == 0) refuse(fault);
}

// Counts a call. Returns the error with which it has to fail, or 0.
int fault(Call call) {
  if (!armed.load(std::memory_order_relaxed)) return 0;
  if (static_cast<pid_t>(syscall(SYS_getpid)) != process) return 0;
  const long n = ++counts[call];
  if (call != fault_call || n < fault_at || (n > fault_at && !fault_stays)) return 0;
  if (n == fault_at) {
    char line[64];
    std::snprintf(line, sizeof line, "%s %ld\n", names[call], n);
    report(line);
  }
  if (fault_error == kill_process) syscall(SYS_kill, process, SIGKILL);
  if (fault_error == write_half && n > fault_at) return ENOSPC;
  return fault_error;
}

// The function of the C library.
template <class Function>
Function* next(const char* name, Function*) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// The n-th call fails with -1, others are passed on.
#define FAIL_OR_CALL(call, function, ...)                    \
  do {                                                       \
    if (const int error = fault(call)) {                     \
      errno = error;                                         \
      return -1;                                             \
    }                                                        \
    static const auto original = next(#function, &function); \
    return original(__VA_ARGS__);                            \
  } while (false)

int (*main_function)(int, char**, char**) = nullptr;

int counted_main(int argc, char** argv, char** environment) {
  read_fault();
  process = getpid();
  armed = true;
  const int code = main_function(argc, argv, environment);
  armed = false;
  for (int i = 0; i < calls; ++i) {
    char line[64];
    std::snprintf(line, sizeof line, "count %s %ld\n", names[i], counts[i].load());
    report(line);
  }
  return code;
}

}  // namespace

extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): names of glibc

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(), void (*fini)(),
                      void (*rtld_fini)(), void* stack_end) {
  main_function = main;
  return next("__libc_start_main", &__libc_start_main)(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}

#define OPEN(name)                                                                     \
  int name(const char* path, int flags, ...) {                                         \
    va_list arguments;                                                                 \
    va_start(arguments, flags);                                                        \
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0; \
    va_end(arguments);                                                                 \
    FAIL_OR_CALL(open_, name, path, flags, mode);                                      \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                   \
  int name(int folder, const char* path, int flags, ...) {                             \
    va_list arguments;                                                                 \
    va_start(arguments, flags);                                                        \
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0; \
    va_end(arguments);                                                                 \
    FAIL_OR_CALL(open_, name, folder, path, flags, mode);                              \
  }
OPENAT(openat)
OPENAT(openat64)

#define OPEN_STREAM(name)                              \
  FILE* name(const char* path, const char* mode) {     \
    static const auto original = next(#name, &(name)); \
    const int error = fault(open_);                    \
    if (error == 0) return original(path, mode);       \
    errno = error;                                     \
    return nullptr;                                    \
  }
OPEN_STREAM(fopen)
OPEN_STREAM(fopen64)

int memfd_create(const char* name, unsigned flags) { FAIL_OR_CALL(open_, memfd_create, name, flags); }
int pipe2(int ends[2], int flags) { FAIL_OR_CALL(open_, pipe2, ends, flags); }

ssize_t read(int file, void* bytes, size_t size) { FAIL_OR_CALL(read_, read, file, bytes, size); }
ssize_t readv(int file, const iovec* parts, int count) { FAIL_OR_CALL(read_, readv, file, parts, count); }
ssize_t pread(int file, void* bytes, size_t size, off_t at) { FAIL_OR_CALL(read_, pread, file, bytes, size, at); }
ssize_t pread64(int file, void* bytes, size_t size, off64_t at) { FAIL_OR_CALL(read_, pread64, file, bytes, size, at); }

dirent* readdir(DIR* folder) {
  static const auto original = next("readdir", &readdir);
  const int error = fault(list_);
  if (error == 0) return original(folder);
  errno = error;
  return nullptr;
}

ssize_t write(int file, const void* bytes, size_t size) {
  static const auto original = next("write", &write);
  const int error = file == STDERR_FILENO ? 0 : fault(write_);
  if (error == 0) return original(file, bytes, size);
  if (error == write_half && size > 1) return original(file, bytes, size / 2);
  if (error == write_half) return original(file, bytes, size);
  errno = error;
  return -1;
}

ssize_t writev(int file, const iovec* parts, int count) {
  static const auto original = next("writev", &writev);
  const int error = file == STDERR_FILENO ? 0 : fault(write_);
  if (error == 0) return original(file, parts, count);
  if (error == write_half && count > 1) return original(file, parts, 1);
  if (error == write_half) return write(file, parts[0].iov_base, (parts[0].iov_len + 1) / 2);
  errno = error;
  return -1;
}

#define PWRITE(name, offset)                                                   \
  ssize_t name(int file, const void* bytes, size_t size, offset at) {          \
    static const auto original = next(#name, &(name));                         \
    const int error = fault(write_);                                           \
    if (error == 0) return original(file, bytes, size, at);                    \
    if (error == write_half) return original(file, bytes, (size + 1) / 2, at); \
    errno = error;                                                             \
    return -1;                                                                 \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

int fsync(int file) { FAIL_OR_CALL(sync_, fsync, file); }
int fdatasync(int file) { FAIL_OR_CALL(sync_, fdatasync, file); }
int syncfs(int file) noexcept { FAIL_OR_CALL(sync_, syncfs, file); }

int rename(const char* from, const char* to) noexcept { FAIL_OR_CALL(rename_, rename, from, to); }
int renameat(int a, const char* from, int b, const char* to) noexcept {
  FAIL_OR_CALL(rename_, renameat, a, from, b, to);
}
int renameat2(int a, const char* from, int b, const char* to, unsigned flags) noexcept {
  FAIL_OR_CALL(rename_, renameat2, a, from, b, to, flags);
}
int link(const char* from, const char* to) noexcept { FAIL_OR_CALL(rename_, link, from, to); }

int unlink(const char* path) noexcept { FAIL_OR_CALL(unlink_, unlink, path); }
int unlinkat(int folder, const char* path, int flags) noexcept { FAIL_OR_CALL(unlink_, unlinkat, folder, path, flags); }
int remove(const char* path) noexcept { FAIL_OR_CALL(unlink_, remove, path); }
int rmdir(const char* path) noexcept { FAIL_OR_CALL(unlink_, rmdir, path); }

int flock(int file, int operation) noexcept { FAIL_OR_CALL(lock_, flock, file, operation); }

int mkdir(const char* path, mode_t mode) noexcept { FAIL_OR_CALL(mkdir_, mkdir, path, mode); }
int mkdirat(int folder, const char* path, mode_t mode) noexcept { FAIL_OR_CALL(mkdir_, mkdirat, folder, path, mode); }
char* mkdtemp(char* name) noexcept {
  static const auto original = next("mkdtemp", &mkdtemp);
  const int error = fault(mkdir_);
  if (error == 0) return original(name);
  errno = error;
  return nullptr;
}

int ftruncate(int file, off_t size) noexcept { FAIL_OR_CALL(truncate_, ftruncate, file, size); }
int ftruncate64(int file, off64_t size) noexcept { FAIL_OR_CALL(truncate_, ftruncate64, file, size); }
int truncate(const char* path, off_t size) noexcept { FAIL_OR_CALL(truncate_, truncate, path, size); }

// The file is closed nevertheless, as Linux does.
int close(int file) {
  static const auto original = next("close", &close);
  const int error = fault(close_), code = original(file);
  if (error == 0) return code;
  errno = error;
  return -1;
}

int stat(const char* path, struct stat* state) noexcept { FAIL_OR_CALL(stat_, stat, path, state); }
int lstat(const char* path, struct stat* state) noexcept { FAIL_OR_CALL(stat_, lstat, path, state); }
int fstat(int file, struct stat* state) noexcept { FAIL_OR_CALL(stat_, fstat, file, state); }
int fstat64(int file, struct stat64* state) noexcept { FAIL_OR_CALL(stat_, fstat64, file, state); }
int fstatat(int folder, const char* path, struct stat* state, int flags) noexcept {
  FAIL_OR_CALL(stat_, fstatat, folder, path, state, flags);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) noexcept {
  static const auto original = next("pthread_create", &pthread_create);
  const int error = fault(start_);
  return error != 0 ? error : original(thread, attributes, start, argument);
}
pid_t fork() noexcept {
  static const auto original = next("fork", &fork);
  const int error = fault(start_);
  if (error == 0) return original();
  errno = error;
  return -1;
}
int posix_spawnp(pid_t* child, const char* file, const posix_spawn_file_actions_t* actions,
                 const posix_spawnattr_t* attributes, char* const* arguments, char* const* environment) {
  static const auto original = next("posix_spawnp", &posix_spawnp);
  const int error = fault(start_);
  return error != 0 ? error : original(child, file, actions, attributes, arguments, environment);
}

// glibc gives these functions second names, so dlsym(), which allocates, is not needed.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

#define FAIL_OR_ALLOCATE(...)  \
  do {                         \
    if (fault(memory_) != 0) { \
      errno = ENOMEM;          \
      return nullptr;          \
    }                          \
    return __VA_ARGS__;        \
  } while (false)
void* malloc(size_t size) { FAIL_OR_ALLOCATE(__libc_malloc(size)); }
void* calloc(size_t count, size_t size) { FAIL_OR_ALLOCATE(__libc_calloc(count, size)); }
void* realloc(void* memory, size_t size) { FAIL_OR_ALLOCATE(__libc_realloc(memory, size)); }
void* aligned_alloc(size_t alignment, size_t size) { FAIL_OR_ALLOCATE(__libc_memalign(alignment, size)); }
int posix_memalign(void** memory, size_t alignment, size_t size) noexcept {
  if (fault(memory_) != 0) return ENOMEM;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static const auto original = next("clock_gettime", &clock_gettime);
  static const char* const given = std::getenv("RNNBENCH_CLOCK_FACTOR");
  static const double factor = given != nullptr ? std::strtod(given, nullptr) : 1;
  const int code = original(clock, now);
  if (code != 0 || clock != CLOCK_MONOTONIC || factor == 1) return code;
  static const timespec began = *now;
  const double passed =
      static_cast<double>(now->tv_sec - began.tv_sec) + 1e-9 * static_cast<double>(now->tv_nsec - began.tv_nsec);
  const double scaled = factor * passed + 1e-9 * static_cast<double>(began.tv_nsec);
  now->tv_sec = began.tv_sec + static_cast<time_t>(scaled);
  now->tv_nsec = static_cast<long>(1e9 * (scaled - static_cast<double>(static_cast<time_t>(scaled))));
  return code;
}

}  // extern "C"
