// How many runs are trained at the same time, and on how many threads.
#include "experiments/running/pool.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/records/environment.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

RunnerOptions chosen(int jobs, int threads, std::size_t runs, bool oversubscribe = false) {
  RunnerOptions options;
  options.jobs = jobs;
  options.threads = threads;
  options.oversubscribe = oversubscribe;
  return resolved(options, runs);
}

}  // namespace

TEST_CASE("jobs and threads that are not given use all cores, and no more jobs than there are runs", "[runner]") {
  const int cores = available_cores();
  CHECK(chosen(0, 1, 1000).jobs == cores);
  CHECK(chosen(0, cores, 1000).jobs == 1);
  CHECK(chosen(0, 3 * cores, 1000, true).jobs == 1);  // even if one run needs more cores than there are
  CHECK(chosen(0, 1, 1).jobs == 1);
  CHECK(chosen(0, 1, 0).jobs == 1);
  CHECK(chosen(5, 1, 2, true).jobs == 2);
  CHECK(chosen(5, 1, 7, true).jobs == 5);
  CHECK(chosen(1, 0, 1000).threads == cores);
  CHECK(chosen(0, 0, 1).threads == cores);
  CHECK(chosen(3 * cores, 0, 1000, true).threads == 1);
}

TEST_CASE("jobs times threads may be the number of cores, and more only if asked for", "[runner]") {
  const int cores = available_cores();
  CHECK(chosen(cores, 1, 1000).jobs == cores);
  CHECK(chosen(1, cores, 1000).threads == cores);
  CHECK_THROWS_AS(chosen(cores + 1, 1, 1000), UserError);
  CHECK_THROWS_AS(chosen(1, cores + 1, 1000), UserError);
  CHECK_THROWS_AS(chosen(2, cores, 1000), UserError);
  const RunnerOptions more = chosen(2, cores, 1000, true);
  CHECK(more.jobs * more.threads == 2 * cores);
}

TEST_CASE("more jobs than cores are refused with the number that was given", "[runner]") {
  const int cores = available_cores();
  CHECK_THROWS_WITH(chosen(4096, cores, 2),
                    Catch::StartsWith("jobs = 4096, of which 2 would have a run, with threads = "));
  CHECK_THROWS_WITH(chosen(2, cores, 2), Catch::StartsWith("jobs = 2 with threads = "));
}
