#!/bin/bash
# Runs test programs from the root of the tree, one more at once than there are
# processors, for they wait as well (JOBS=n: so many), and ends with one line:
# "run-tests.sh <build> <program>...".  Each has its own output and, if it
# needs a Redis, its own server.  The output of a program that passes is not
# shown (V=1 shows it).
set -u

build=$1
shift
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_odr_violation=0}
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=t/lib/lsan.supp:print_suppressions=0}
export CIVIC_BUILD=$build

jobs=${JOBS:-$(($(nproc) + 1))}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# One program; what is to be said of it goes out in one piece.
one()
{
    local program=$1 log=$2 name=${1#"$build"/} status passed

    timeout 300 "$program" > "$log" 2>&1 < /dev/null
    status=$?
    passed=$(grep -c '^\[       OK \]' "$log")
    if [ $status = 0 ]; then
        printf '  ok    %-44s %4d\n' "$name" "$passed"
        [ "${V:-0}" = 1 ] && cat "$log"
        echo "$passed" > "$log.passed"
    else
        printf '  FAIL  %-44s exit %d\n' "$name" "$status"
        cat "$log"
        echo "$passed" > "$log.failed"
    fi > "$log.said"
    cat "$log.said"
}

# Whether its source reads a clock: what it measures must not be its
# neighbours'.
measures()
{
    grep -qsE 'clock_gettime|getrusage' "${1#"$build"/}.c"
}

n=0 alone=()
for program in "$@"; do
    n=$((n + 1))
    if [ "$jobs" -gt 1 ] && measures "$program"; then
        alone+=("$program" "$logs/$n")
        continue
    fi
    while [ "$(jobs -pr | wc -l)" -ge "$jobs" ]; do
        wait -n
    done
    one "$program" "$logs/$n" &
done
wait

set -- "$#" "${alone[@]}"
programs=$1
shift
while [ $# -gt 0 ]; do
    one "$1" "$2"
    shift 2
done

tests=$(cat "$logs"/*.passed "$logs"/*.failed 2>/dev/null \
    | awk '{ sum += $1 } END { print sum + 0 }')
passed=$(find "$logs" -name '*.passed' | wc -l)
failed=$((programs - passed))

echo "$programs programs, $tests tests passed, $failed programs failed"
[ "$programs" -gt 0 ] && [ "$failed" = 0 ]
