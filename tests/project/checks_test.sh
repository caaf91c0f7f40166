#!/bin/bash
# scripts/checks.sh, which parts of scripts/test-long share: what passed is not repeated, what failed is, and a change of
# the source, but not of the documents, forgets both.
#
#     checks_test.sh CHECKS_SH RNNBENCH_TESTS
set -uo pipefail # as in scripts/setup.sh
command -v git >/dev/null || exit 77
# shellcheck source=scripts/checks.sh
source "$1"
real_program=$2 # Catch2 has its own ways to list tests, to end and to read names
fail() { echo "$1" && exit 2; }

folder=$(mktemp -d) && cd "$folder" || exit 1
trap 'rm -rf "$folder"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
mkdir docs state
echo state >.gitignore
touch source.txt docs/figure.svg
git init --quiet && git add . &&
  git -c user.name=test -c user.email=test commit --quiet --message test || exit 1
state=$folder/state
bad=0
expect() { # WHAT FOUND EXPECTED
  [ "$2" = "$3" ] && return
  printf '%s\nfound:    %s\nexpected: %s\n' "$1" "$2" "$3"
  bad=1
}

tests_of_the_program='[csv],random-map draws*' # the last name has a comma
number=$("$real_program" "$tests_of_the_program" --list-test-names-only | wc -l)
mapfile -t names < <("$real_program" "$tests_of_the_program" --list-test-names-only)
cat >program <<'PROGRAM'
#!/bin/bash
[[ "$*" = *--list* ]] || echo "$1" >>"$folder/ran"
[ "$1" = "$(cat "$folder/failing" 2>/dev/null)" ] && echo "it is broken" && exit 1
exec "$real_program" "$@"
PROGRAM
chmod +x program
export folder real_program
touch ran
runs() { wc -l <ran; }

check() { each_test "$folder/program" "${passed:?}"; }
echo "${names[1]}" >failing
run_checks some >table
expect "a failed test fails the check" $? 1
expect "all tests ran" "$(runs)" "$number"
expect "the log names the failed test, and what it said" "$(grep -A1 FAILED "$state/some.log")" \
  "FAILED: ${names[1]}"$'\n'"it is broken"
expect "the table says so" "$(tail -n 1 table | cut -d'|' -f4)" " **fails**: $state/some.log "

rm failing
: >ran
echo new >docs/figure.svg
run_checks some >table
expect "then all passed" $? 0
expect "only the failed test was repeated" "$(cat ran)" "${names[1]}"
expect "the table says that it passed" "$(tail -n 1 table | cut -d'|' -f4)" " passed "

: >ran
run_checks some >table
expect "what passed before passes" $? 0
expect "no test was repeated" "$(runs)" 0
expect "the table says that it passed before" "$(tail -n 1 table)" "| some | - | passed before |"

: >ran
echo new >source.txt
run_checks some >table
expect "a change of the source repeats all tests" "$(runs)" "$number"

tests_of_the_program='[no such tag]'
rm -r "$state/some.passed"
run_checks some >table
expect "without a test the check fails" $? 1

(run_checks some other >table)
expect "an unknown check is refused" $? 2
exit $bad
