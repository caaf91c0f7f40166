// The team of threads: every piece is done exactly once, however small, and nobody waits for ever. And that
// what it shares besides networks, clipping and optimizers, keeps its bits.
#include "core/threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "core/denormals.h"
#include "core/optimizer.h"
#include "core/stream.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

Layout layout_of(std::size_t numbers) {
  Layout layout;
  layout.add("numbers", static_cast<int>(numbers));
  return layout;
}

Parameters<float> random_numbers(const Layout& layout, std::uint32_t number) {
  Parameters<float> parameters(layout);
  Stream stream(5, Purpose::speed, 7, number);
  for (std::size_t i = 0; i < layout.count(); ++i) parameters.data()[i] = stream.uniform(-1, 1);
  return parameters;
}

}  // namespace

TEST_CASE("an exception in any piece of work is thrown to the caller when nobody works any more", "[core][threads]") {
  for (int threads : {1, 2, 3}) {
    ThreadTeam team(threads, [] {});
    for (int failing = 0; failing < 20; ++failing) {
      std::atomic<int> working{0}, done{0};
      const auto work = [&](int, int piece) {
        ++working;
        if (piece == failing) {
          --working;
          throw std::runtime_error("piece " + std::to_string(piece));
        }
        std::this_thread::sleep_for(std::chrono::microseconds(10));
        ++done;
        --working;
      };
      CHECK_THROWS_WITH(team.run(20, work), "piece " + std::to_string(failing));
      CHECK(working == 0);
      CHECK(done >= failing + 1 - threads);
      done = 0;
      team.run(7, [&](int, int) { ++done; });  // the team still works
      CHECK(done == 7);
    }
  }
}

TEST_CASE("ten thousand tiny rounds do every piece exactly once", "[core][threads]") {
  for (int threads : {1, 2, 3, 4}) {
    CAPTURE(threads);
    ThreadTeam team(threads, [] {});
    CHECK(team.size() == threads);
    std::vector<int> done(7);  // plain numbers: a round's end must make them visible to the caller and the next round
    long total = 0;
    bool right = true;
    for (int round = 0; round < 10'000; ++round) {
      const int pieces = round % 8;
      std::fill(done.begin(), done.end(), 0);
      team.run(pieces, [&](int thread, int piece) {
        if (thread < 0 || thread >= threads || piece < 0 || piece >= pieces) std::abort();
        ++done[piece];
      });
      for (int piece = 0; piece < 7; ++piece) right = right && done[piece] == (piece < pieces ? 1 : 0);
      total += std::accumulate(done.begin(), done.end(), 0);
    }
    CHECK(right);
    CHECK(total == 10'000 / 8 * (0 + 1 + 2 + 3 + 4 + 5 + 6 + 7));
  }
}

TEST_CASE("every thread runs its start, and rounds see what the rounds before them wrote", "[core][threads]") {
  for (int threads : {1, 2, 3, 4}) {
    std::atomic<int> started{0};
    std::vector<std::uint64_t> numbers(5, 1);
    {
      ThreadTeam team(threads, [&] { ++started; });
      for (int round = 0; round < 500; ++round) {
        const std::vector<std::uint64_t> before = numbers;
        team.run(5, [&](int, int piece) { numbers[piece] = 3 * before[piece] + before[(piece + 1) % 5]; });
      }
    }
    CHECK(started == threads - 1);  // the caller is the first of the team
    std::vector<std::uint64_t> expected(5, 1);
    for (int round = 0; round < 500; ++round) {
      const std::vector<std::uint64_t> before = expected;
      for (int piece = 0; piece < 5; ++piece) expected[piece] = 3 * before[piece] + before[(piece + 1) % 5];
    }
    CHECK(numbers == expected);
  }
}

TEST_CASE("when the system starts fewer threads, those that it starts do the work", "[core][threads]") {
  // A limit of the address space lets the creation of threads fail, as a limit of their number does; for root too.
  const pid_t child = ::fork();
  if (child == 0) {
    rlimit limit{};
    ::getrlimit(RLIMIT_AS, &limit);
    long pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    limit.rlim_cur = static_cast<rlim_t>(pages) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (40 << 20);
    ::setrlimit(RLIMIT_AS, &limit);
    int sum = 0, size = 0;
    {
      ThreadTeam team(200, [] {});
      size = team.size();
      std::atomic<int> total{0};
      team.run(100, [&](int, int piece) { total += piece; });
      sum = total;
    }
    ::_exit(size >= 1 && size < 200 && sum == 4950 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a team ends while it starts, while it idles and right after a round", "[core][threads]") {
  for (int repeat = 0; repeat < 50; ++repeat)
    for (int threads : {2, 3, 4}) {
      {
        const ThreadTeam unused(threads, [] {});
      }
      std::atomic<int> done{0};
      {
        ThreadTeam team(threads, [] {});
        team.run(7, [&](int, int) { ++done; });
      }
      CHECK(done == 7);
    }
  for (int threads : {2, 4}) {
    std::atomic<int> done{0};
    {
      ThreadTeam team(threads, [] {});
      team.run(threads, [&](int, int) { ++done; });
      // Longer than anybody spins: all sleep when the next round comes, and when the end does.
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      team.run(threads, [&](int, int) { ++done; });
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(done == 2 * threads);
  }
}

TEST_CASE("the caller sleeps through a slow piece of another thread", "[core][threads]") {
  ThreadTeam team(3, [] {});
  for (int slow = 0; slow < 3; ++slow) {
    std::vector<int> done(3);
    team.run(3, [&](int thread, int piece) {
      if (thread == slow) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      ++done[piece];
    });
    CHECK(done == std::vector<int>{1, 1, 1});
  }
  CHECK(team.worker_cpu_seconds() >= 0);
}

TEST_CASE("clipping and optimizers have the same bits with a team", "[core][threads][optimizer][bits]") {
  const FlushDenormals flush;
  // Blocks of 16384 numbers: one less, one more, several.
  for (std::size_t numbers : {1, 15, 16383, 16384, 16385, 32767, 32768, 32785, 5 * 16384 - 1})
    for (const char* name : {"adam", "rmsprop", "sgd"}) {
      CAPTURE(numbers, name);
      const Layout layout = layout_of(numbers);
      Settings training;
      training.set("optimizer", name);
      training.set("momentum", "0.9");
      const auto train = [&](ThreadTeam* team) {
        const auto optimizer = make_optimizer(training, layout);
        Parameters<float> parameters = random_numbers(layout, 0);
        std::vector<double> norms;
        for (std::uint32_t update = 1; update <= 3; ++update) {
          Parameters<float> gradient = random_numbers(layout, update);
          norms.push_back(clip_by_norm(gradient, update == 2 ? 0 : 0.5, team));
          optimizer->update(parameters, gradient, 0.01, team);
        }
        return std::pair(hash_of(parameters), norms);
      };
      const auto alone = train(nullptr);
      for (int threads : {1, 2, 3}) {
        CAPTURE(threads);
        ThreadTeam team(threads, flush_denormals);
        CHECK(train(&team) == alone);
      }
    }
}
