#include "experiments/records/environment.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <sched.h>
#include <sstream>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <boost/version.hpp>
#include <gnu/libc-version.h>

#include "core/libraries.h"
#include "core/plain_text.h"
#include "core/text.h"
#include "experiments/records/version.h"
#include "models/network.h"

namespace rnnbench::experiments {

namespace {

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

// "AMD EPYC (family 26, model 2, stepping 1)". The name alone does not tell generations apart.
std::string cpu_name() {
  std::map<std::string, std::string> values;  // of the first core
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line) && !line.empty();)
    if (const auto colon = line.find(':'); colon != std::string::npos)
      values[trim(line.substr(0, colon))] = trim(line.substr(colon + 1));
  const auto value = [&](const std::string& key) { return values.contains(key) ? values[key] : "unknown"; };
  return plain_text(value("model name") + " (family " + value("cpu family") + ", model " + value("model") +
                    ", stepping " + value("stepping") + ")");
}

// The CPU time that all processes have used on the cores of this process since the system started, in seconds.
double busy_seconds() {
  cpu_set_t set;
  const bool known = ::sched_getaffinity(0, sizeof set, &set) == 0;
  std::ifstream file("/proc/stat");
  double ticks = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    const auto core = name.starts_with("cpu") ? parse_number<int>(name.substr(3)) : std::nullopt;
    if (!core || (known && !CPU_ISSET(*core, &set))) continue;
    // user, nice, system, idle, iowait, irq, softirq, steal
    double number = 0;
    for (int column = 0; column < 8 && words >> number; ++column)
      if (column != 3 && column != 4) ticks += number;
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double own_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
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

OtherLoad::OtherLoad() : start_(busy_seconds() - own_seconds()) {}

double OtherLoad::cpu_seconds() const { return std::max(0.0, busy_seconds() - own_seconds() - start_); }

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
  Json libraries = Json::object();
  libraries["boost"] = dotted(BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
  libraries["nlohmann-json"] =
      dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
  for (const auto& [name, version] : core_libraries()) libraries[name] = version;
  libraries["glibc"] = ::gnu_get_libc_version();

  Json json = Json::object();
  json["isa"] = isa_name(best_isa());
  json["flush_to_zero"] = true;
  json["host"] = host_name();
  json["cpu"] = cpu_name();
  json["cores"] = available_cores();
  json["compiler"] = compiler();
  json["flags"] = compiler_flags;
  json["libraries"] = libraries;
  json["version"] = program_version;
  json["date"] = utc_date();
  return json;
}

}  // namespace rnnbench::experiments
