# What scripts/quickstart and scripts/test share: the Debian packages, the build, and a clock. To be sourced, not run.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Compiler and build tools, and git, which names the commit in every record; libraries of the program; Catch2 and Eigen,
# without which CMake does not configure the tests; gnuplot and its fonts for the figures.
packages=(
  g++ cmake make git
  libboost-program-options-dev nlohmann-json3-dev librandom123-dev libhwy-dev libbenchmark-dev zlib1g-dev
  catch2 libeigen3-dev
  gnuplot-nox fonts-dejavu-core
)
# For tests that are skipped without them: of scripts/convert-music and of the examples in docs/use-the-results.md; of the
# form of the code (scripts/check-format), for which other systems do not have this version; of the Debian package; and of
# the script in reports, with a browser that Ubuntu does not have as a package.
test_packages=(python3-scipy python3-pandas r-base-core dpkg-dev file)
if grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release; then test_packages+=(clang-format-14 chromium); fi
needed="g++ 12 (or a compiler as new), CMake 3.25, make, Boost.Program_options 1.74, nlohmann-json 3.11, Random123,
Highway 1.0, Google Benchmark, zlib, Catch2 2.13, Eigen 3.4 and gnuplot 5.4"

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }
fail() {
  printf '%s: %s\n' "$0" "$*" >&2
  exit 1
}

# missing_packages PACKAGE...
missing_packages() {
  local package
  for package in "$@"; do
    # One status for each architecture: "installed", "not-installed", "config-files", ...
    case " $(dpkg-query --show --showformat='${db:Status-Status} ' "$package" 2>/dev/null)" in
      *' installed '*) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

# apt-get as root, without questions; waits while another apt-get is running.
privileged_apt() {
  local root=()
  if [ "$(id -u)" != 0 ]; then root=(sudo); fi
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --yes --quiet -o DPkg::Lock::Timeout=300 "$@" \
    </dev/null >>build/setup.log 2>&1
}

# install_packages [more packages]
install_packages() {
  local -a missing
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    command -v cmake >/dev/null || fail "this is not a Debian system, so install by hand: ${needed//$'\n'/ }."
    say "this is not a Debian system; the build needs ${needed//$'\n'/ }"
    return
  fi
  read -ra missing <<<"$(missing_packages "${packages[@]}" "$@")"
  if [ ${#missing[@]} = 0 ]; then
    say "all Debian packages are installed"
    return
  fi
  local command="apt-get install --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    fail "Debian packages are missing and there is no sudo; as root, run: $command"
  fi
  mkdir -p build
  : >build/setup.log
  say "installing Debian packages: ${missing[*]} (log: build/setup.log)"
  if ! privileged_apt install --simulate --no-install-recommends "${missing[@]}"; then
    privileged_apt update || true # if the packages are still unknown, the installation below fails and says so
  fi
  # An outdated package list may only be noticed when a package is downloaded, hence the second attempt.
  privileged_apt install --no-install-recommends "${missing[@]}" ||
    { privileged_apt update && privileged_apt install --no-install-recommends "${missing[@]}"; } ||
    { tail -n 20 build/setup.log >&2 && fail "the packages could not be installed; as root, try: $command"; }
}

# build [arguments of cmake --build]
build() {
  say "configuring build/release"
  cmake --preset release
  say "building on $(nproc) cores"
  cmake --build --preset release --parallel "$(nproc)" "$@"
}
