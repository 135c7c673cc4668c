#!/bin/bash
# Runs test programs one after the other, each in the foreground and from the
# root of the tree, and ends with one line: "run-tests.sh <build> <program>...".
# The output of a program that passes is not shown (V=1 shows it).
set -u

build=$1
shift
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_odr_violation=0}
export CIVIC_BUILD=$build

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0 tests=0

for program in "$@"; do
    name=${program#"$build"/}
    timeout 300 "$program" > "$log" 2>&1
    status=$?
    passed=$(grep -c '^\[       OK \]' "$log")
    tests=$((tests + passed))
    if [ $status = 0 ]; then
        printf '  ok    %-44s %4d\n' "$name" "$passed"
        [ "${V:-0}" = 1 ] && cat "$log"
    else
        printf '  FAIL  %-44s exit %d\n' "$name" "$status"
        cat "$log"
        failed=$((failed + 1))
    fi
done

echo "$# programs, $tests tests passed, $failed programs failed"
[ $# -gt 0 ] && [ "$failed" = 0 ]
