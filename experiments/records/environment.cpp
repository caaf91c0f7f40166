#include "experiments/records/environment.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <boost/version.hpp>
#include <gnu/libc-version.h>

#include "core/libraries.h"
#include "core/plain_text.h"
#include "models/network.h"

// Defined by the build.
#ifndef RNNBENCH_VERSION
#define RNNBENCH_VERSION "unknown"
#endif
#ifndef RNNBENCH_FLAGS
#define RNNBENCH_FLAGS "unknown"
#endif

namespace rnnbench::experiments {

namespace {

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return plain_text(line.substr(colon + 2));
  }
  return "unknown";
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string utc_date() {
  const time_t now = ::time(nullptr);
  tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

std::string host_name() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0 || !*name) return "unknown";
  std::string host = name;  // part of file names and records, so of letters, digits, '.', '-' and '_' alone
  for (char& c : host)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-') c = '_';
  return host;
}

int available_cores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
}

double peak_memory_mib() {
  // getrusage would not do: its ru_maxrss starts at the memory of the program that started this one.
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib / 1024;
  }
  return 0;
}

Json environment() {
  Json libraries;
  libraries["boost"] = dotted(BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
  libraries["nlohmann-json"] =
      dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
  for (const auto& [name, version] : core_libraries()) libraries[name] = version;
  libraries["glibc"] = ::gnu_get_libc_version();

  Json json;
  json["isa"] = isa_name(best_isa());
  json["flush_to_zero"] = true;
  json["host"] = host_name();
  json["cpu"] = cpu_name();
  json["cores"] = available_cores();
  json["compiler"] = compiler();
  json["flags"] = RNNBENCH_FLAGS;
  json["libraries"] = libraries;
  json["version"] = RNNBENCH_VERSION;
  json["date"] = utc_date();
  return json;
}

}  // namespace rnnbench::experiments
