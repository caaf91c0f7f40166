# What parts of scripts/test-long share: checks in a table, and the suite with another build. To be sourced, not run.
# shellcheck shell=bash

# Removes what $state says of earlier versions of the source: $state/*.passed. What is written about it does not count.
forget_after_changes() {
  local tree
  local -a source=(. ':!docs' ':!*.md')
  tree=$(git ls-files --stage -- "${source[@]}" | git hash-object --stdin)
  tree+=-$(git diff HEAD -- "${source[@]}" | git hash-object --stdin)
  [ "$(cat "${state:?}/tree" 2>/dev/null)" = "$tree" ] && return
  rm -rf "$state"/*.passed
  echo "$tree" >"$state/tree"
}

# run_checks "ALL NAMES" [NAME...]: calls `check NAME` for these, or for all, and prints a table with the time of each.
# What passed is repeated only after a change of the source; $passed is a folder for what a check has done so far.
run_checks() {
  local all=$1 name started result bad=0
  shift
  for name in "$@"; do
    case " $all " in *" $name "*) ;; *) fail "there is no check '$name'; the checks are $all" ;; esac
  done
  # shellcheck disable=SC2086 # the names are words
  [ $# -gt 0 ] || set -- $all
  forget_after_changes
  echo "| check | minutes | result |"
  echo "|---|---:|---|"
  for name in "$@"; do
    passed=$state/$name.passed
    mkdir -p "$passed"
    if [ -f "$passed/all" ]; then
      echo "| $name | - | passed before |"
      continue
    fi
    started=$SECONDS result=passed
    check "$name" >"$state/$name.log" 2>&1 || result="**fails**: $state/$name.log" bad=1
    if [ "$result" = passed ]; then touch "$passed/all"; fi
    echo "| $name | $(((SECONDS - started + 59) / 60)) | $result |"
  done
  return $bad
}

# Tests of documents, packages and pages start compilers and browsers, and read the source.
tests_of_the_program='~[docs]~[install]~[browser]~[project]~[layers]'

# each_test PROGRAM FOLDER: each test of rnnbench_tests in a process of its own, as many at a time as there are cores. The
# folder remembers those that passed, which are not repeated. Prints what failed.
each_test() {
  export program=$1 passed=$2
  local tests
  mkdir -p "$passed"
  tests=$("$program" "$tests_of_the_program" --list-test-names-only) || true # Catch2 exits with the number of tests
  [ -n "$tests" ] || return
  # shellcheck disable=SC2016 # expanded by the shell that xargs starts
  xargs -d '\n' -P "$(nproc)" -n 1 bash -c '
    stamp=$passed/$(md5sum <<<"$1" | cut -c1-16)
    [ -f "$stamp" ] && exit
    log=$(mktemp)
    if "$program" "$(sed "s/[][,\\\\]/\\\\&/g" <<<"$1")" >"$log" 2>&1 &&
      ! grep -q "^No test" "$log"; then # Catch2 2 passes when no test has the name
      touch "$stamp"
    else
      echo "FAILED: $1"
      tail -n 60 "$log"
    fi
    rm "$log"
    [ -f "$stamp" ]' _ <<<"$tests"
}
