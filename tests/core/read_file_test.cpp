#include "core/read_file.h"

#include <fstream>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

TEST_CASE("a regular file is read, anything without an end is refused before it is read", "[files]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file";
  for (const std::size_t size : {0, 1, 4095, 4096, 4097, 300000}) {
    std::string bytes(size, 'x');
    if (size > 0) bytes[size / 2] = '\0';
    std::ofstream(path, std::ios::binary) << bytes;
    CHECK(read_regular_file(path) == bytes);
    CHECK(read_regular_file(path, size) == bytes);
    CHECK(read_regular_file(path, size, size / 2) == bytes.substr(size / 2));
    CHECK(read_regular_file(path, size, size + 1).empty());
    if (size > 0)
      CHECK_THROWS_WITH(read_regular_file(path, size - 1),
                        "the file has more than the maximum of " + std::to_string(size - 1) + " bytes");
  }
  std::filesystem::resize_file(path, std::uintmax_t{1} << 40);  // without blocks on the disk
  CHECK_THROWS_WITH(read_regular_file(path, 1 << 20), "the file has more than the maximum of 1048576 bytes");
  CHECK(read_regular_file("/proc/self/status").starts_with("Name:"));  // its size is said to be 0
  CHECK_THROWS_WITH(read_regular_file("/proc/self/status", 3), "the file has more than the maximum of 3 bytes");
  for (const char* endless : {"/dev/zero", "/dev/null"})
    CHECK_THROWS_WITH(read_regular_file(endless), "this is a device or a pipe, not a regular file");
  const auto pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_regular_file(pipe), "this is a device or a pipe, not a regular file");
  CHECK_THROWS_WITH(read_regular_file(folder.path()), "this is a folder");
  CHECK_THROWS_WITH(read_regular_file(folder.path() / "absent"), "No such file or directory");
}

TEST_CASE("what the system cannot look up is not taken for missing", "[files]") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  CHECK(path_exists(folder.path()));
  CHECK(path_exists(folder.path() / "file"));
  CHECK_FALSE(path_exists(folder.path() / "absent" / "file"));
  CHECK_FALSE(path_exists(folder.path() / "file" / "below"));
  const std::string long_name(300, 'x');
  CHECK_FALSE(path_exists(long_name));
  const std::string loop = (folder.path() / "loop").string();
  std::filesystem::create_symlink("loop", loop);
  CHECK_THROWS_WITH(path_exists(loop), "cannot read " + loop + ": Too many levels of symbolic links");
}

TEST_CASE("a folder is listed as a whole or not at all", "[files]") {
  const TemporaryFolder folder;
  CHECK(paths_in(folder.path()).empty());
  for (const char* name : {"b", ".hidden", "a"}) std::ofstream(folder.path() / name) << "x";
  std::filesystem::create_directory(folder.path() / "c");
  const auto path = [&](const char* name) { return folder.path() / name; };
  CHECK(paths_in(folder.path()) == std::vector{path(".hidden"), path("a"), path("b"), path("c")});
  const auto message = [](const std::filesystem::path& of) {
    try {
      return paths_in(of).empty() ? std::string("empty") : "listed";
    } catch (const std::filesystem::filesystem_error& error) {
      return sentence_of(error);
    }
  };
  CHECK(message(path("absent")) == path("absent").string() + ": No such file or directory");
  CHECK(message(path("a")) == path("a").string() + ": Not a directory");
}
