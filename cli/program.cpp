#include "cli/program.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <new>
#include <poll.h>
#include <pthread.h>
#include <set>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/rnnbench.h"
#include "core/error.h"
#include "core/plain_text.h"
#include "core/read_file.h"
#include "experiments/declaration/spec.h"
#include "experiments/declaration/training_options.h"
#include "experiments/running/interrupt_guard.h"
#include "experiments/running/runner.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

// In an INI file, a section names a task or a cell, and a key has one meaning. Additional tasks must not make these
// ambiguous.
void check_names(const std::vector<TaskEntry>& tasks) {
  std::set<std::string> words = {"training"}, keys = {"task", "cell", "title"};
  for (const Option& option : training_options()) keys.insert(option.name);
  for (const CellEntry& cell : all_cells()) {
    words.insert(cell.name);
    for (const Option& option : model_options(cell)) keys.insert(option.name);
  }
  for (const TaskEntry& task : tasks) {
    if (words.contains(task.name))
      throw UserError("task '" + task.name +
                      "': a cell or the options of training already have this name; rename the task");
    for (const Option& option : task.options)
      if (keys.contains(option.name))
        throw UserError("task '" + task.name + "': its option '" + option.name +
                        "' already is an option of models or of training; rename the option");
  }
}

// If a standard stream is closed, the next file that is opened gets its number, and messages are written into that
// file.
void open_standard_streams() {
  for (int number = 0; number <= 2; ++number)
    if (::fcntl(number, F_GETFD) < 0 && errno == EBADF && ::open("/dev/null", O_RDWR) != number) std::_Exit(1);
}

extern "C" void do_nothing(int) {}

// Only write() and _exit() are allowed here.
extern "C" void end_at_limit(int) {
  constexpr char sentence[] = "rnnbench: interrupted: the limit of CPU time (ulimit -t) is reached\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, sentence, sizeof sentence - 1);
  ::_exit(interrupted_code);
}

// Unless the signal is ignored, as whoever started the program wanted. Programs that this one starts get the default.
void handle(int number, void (*handler)(int)) {
  struct sigaction before {};
  if (::sigaction(number, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(number, &action, nullptr);
}

// Who closes standard error early, as with 2>&1 | head, wants to see no more, but the runs go on.
void survive_closed_pipes() { handle(SIGPIPE, do_nothing); }

// The end of a program whose standard output nobody reads any more, as with rnnbench table | head, is quiet.
void end_if_nobody_reads() {
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) return;
  pollfd state{STDOUT_FILENO, POLLOUT, 0};
  if (::poll(&state, 1, 0) != 1 || (state.revents & (POLLERR | POLLHUP)) == 0) return;
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
}

// The system's limits must end in a sentence, not in a signal.
void use_limits() {
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond `ulimit -f` then fails, as on a full disk
  handle(SIGXCPU, end_at_limit);  // commands that train runs save checkpoints instead, see InterruptGuard
  rlimit cpu{};
  // `ulimit -t` sets both limits, and beyond the hard one nothing can be saved.
  if (::getrlimit(RLIMIT_CPU, &cpu) == 0 && cpu.rlim_max != RLIM_INFINITY && cpu.rlim_cur == cpu.rlim_max) {
    constexpr rlim_t seconds_to_save = 5;
    cpu.rlim_cur -= std::min(cpu.rlim_cur / 2, seconds_to_save);
    ::setrlimit(RLIMIT_CPU, &cpu);
  }
  constexpr rlim_t enough = 8 << 20;
  rlimit stack{};
  if (::getrlimit(RLIMIT_STACK, &stack) != 0 || stack.rlim_cur >= enough) return;
  stack.rlim_cur = std::min(enough, stack.rlim_max);  // of the main thread
  ::setrlimit(RLIMIT_STACK, &stack);
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return;
  ::pthread_attr_setstacksize(&attributes, enough);
  ::pthread_setattr_default_np(&attributes);
  ::pthread_attr_destroy(&attributes);
}

// A signal that comes before the command has read its arguments, or after its last word, must not end it either.
void answer_signals(const std::string& name) {
  const auto& commands = all_commands();
  const auto answers = [&](const Command& command) { return command.answers_signals && command.name == name; };
  if (std::none_of(commands.begin(), commands.end(), answers)) return;
  alignas(InterruptGuard) static std::byte guard[sizeof(InterruptGuard)];
  new (guard) InterruptGuard;  // never destroyed
}

void say_no_memory() { std::fputs("rnnbench: not enough memory\n", stderr); }

void say(const std::string& sentence) try {
  std::cerr << "rnnbench: " << plain_text(sentence) << '\n';
} catch (const std::bad_alloc&) {
  say_no_memory();
}

std::atomic<bool> memory_was_missing = false;

void fail_without_memory() {
  memory_was_missing = true;
  throw std::bad_alloc();
}

// Destructors of JSON values, and functions of the standard library that may not throw, allocate. If they fail, nothing
// can catch that, and the files are as after a kill. (There is no std::current_exception() then with g++ 12.)
[[noreturn]] void end_without_memory() {
  if (!memory_was_missing) std::abort();
  say_no_memory();
  std::_Exit(1);
}

}  // namespace

int main(int argc, char** argv, std::vector<TaskEntry> more_tasks) try {
  open_standard_streams();
  survive_closed_pipes();
  use_limits();
  if (argc > 1) answer_signals(argv[1]);
  std::set_new_handler(fail_without_memory);
  std::set_terminate(end_without_memory);
  check_names(more_tasks);
  add_tasks(std::move(more_tasks));
  const int code = dispatch({argv + 1, argv + argc});
  std::cout.flush();
  if (std::cout) return code;
  if (code == 0) end_if_nobody_reads();
  say("cannot write to standard output");
  return code == 0 ? 1 : code;
} catch (const UserError& error) {
  say(error.what());
  return 2;
} catch (const Interrupted&) {
  say(interruption_text());
  return interrupted_code;
} catch (const std::bad_alloc&) {
  say_no_memory();
  return 1;
} catch (const std::filesystem::filesystem_error& error) {
  say(error.path1().empty() ? "the current folder cannot be used: " + error.code().message() : sentence_of(error));
  return is_wrong_path(error.code()) ? 2 : 1;
} catch (const std::system_error& error) {
  say(sentence_of(error));
  return is_wrong_path(error.code()) ? 2 : 1;
} catch (const std::exception& error) {
  say(error.what());
  return 1;
}

}  // namespace rnnbench::cli
