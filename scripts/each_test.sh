# What parts of scripts/test-long share that run the suite with another build. To be sourced, not run.
# shellcheck shell=bash

# Tests of documents, packages and pages start compilers and browsers, and read the source.
tests_of_the_program='~[docs]~[install]~[browser]~[project]~[layers]'

# each_test PROGRAM FOLDER: each test of rnnbench_tests in a process of its own, as many at a time as there are cores. The
# folder remembers those that passed, which are not repeated. Prints what failed.
each_test() {
  export program=$1 passed=$2
  mkdir -p "$passed"
  # shellcheck disable=SC2016 # expanded by the shell that xargs starts
  "$program" "$tests_of_the_program" --list-test-names-only | xargs -d '\n' -P "$(nproc)" -n 1 bash -c '
    stamp=$passed/$(md5sum <<<"$1" | cut -c1-16)
    [ -f "$stamp" ] && exit
    log=$(mktemp)
    if "$program" "$(sed "s/[][,\\\\]/\\\\&/g" <<<"$1")" >"$log" 2>&1; then
      touch "$stamp"
    else
      echo "FAILED: $1"
      tail -n 60 "$log"
    fi
    rm "$log"
    [ -f "$stamp" ]' _
}
