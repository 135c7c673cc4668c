#!/bin/bash
# Runs libFuzzer's targets, which stand in build/fuzz: "fuzz.sh <how long>
# [target...]", where how long is
#   20000x   so many inputs, always the same: the corpus in t/fuzz and what is
#            made of it
#   60s      so long, and the corpus that grows in build/fuzz/corpus, too
# As many targets at once as JOBS says, or one more than there are processors.
# An input that fails is kept as build/fuzz/found/<target>-<what>-<hash>: put
# into t/fuzz/corpus/<target>/ it stays a test.  What a target said stands in
# build/fuzz/<target>.log; its end is shown if it failed.
set -u
cd "$(dirname "$0")/.." || exit 1

BUILD=build/fuzz
MOST=65536                              # bytes of an input
PATIENCE=30                             # s for one: they take milliseconds
MEMORY=2048                             # MB
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=t/lib/lsan.supp:print_suppressions=0}

usage()
{
    echo 'usage: fuzz.sh <number>x|<number>s [target...]' >&2
    exit 2
}

number=${1:-}
number=${number%[xs]}
case $number in ''|*[!0-9]*) usage ;; esac
case $1 in
*x) limit=-runs=$number ;;
*s) limit=-max_total_time=$number ;;
*)  usage ;;
esac
shift
targets=("$@")
if [ $# = 0 ]; then
    targets=(t/fuzz/*_fuzz.c)
    targets=("${targets[@]#t/fuzz/}")
    targets=("${targets[@]%_fuzz.c}")
fi

jobs=${JOBS:-$(($(nproc) + 1))}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$BUILD/found"

# One target; what is to be said of it goes out in one piece.
one()
{
    local target=$1 log=$BUILD/$1.log grows=$work/new-$1 seed=1 status said

    if [ "${limit#-max}" != "$limit" ]; then
        grows=$BUILD/corpus/$target
        seed=0
    fi
    mkdir -p "$grows"
    "$BUILD/$target" "$limit" -seed=$seed -max_len=$MOST -timeout=$PATIENCE \
        -rss_limit_mb=$MEMORY -print_final_stats=1 \
        -artifact_prefix="$BUILD/found/$target-" \
        "$grows" "t/fuzz/corpus/$target" > "$log" 2>&1 < /dev/null
    status=$?
    said=$(awk '
        $1 ~ /^#[0-9]+$/ { for (i = 2; i < NF; i++) {
                               if ($i == "cov:") { edges = $(i + 1) } } }
        $1 == "stat::number_of_executed_units:" { inputs = $2 }
        END { printf "%9d inputs, %5d edges covered", inputs, edges }' "$log")
    {
        if [ $status = 0 ]; then
            printf '  ok    fuzz/%-12s %s\n' "$target" "$said"
            touch "$work/$target.passed"
        else
            printf '  FAIL  fuzz/%-12s exit %d, %s\n' "$target" $status "$said"
            tail -n 60 "$log"
        fi
    } > "$work/$target.said"
    cat "$work/$target.said"
}

for target in "${targets[@]}"; do
    while [ "$(jobs -pr | wc -l)" -ge "$jobs" ]; do
        wait -n
    done
    one "$target" &
done
wait

passed=$(find "$work" -name '*.passed' | wc -l)
failed=$((${#targets[@]} - passed))
echo "${#targets[@]} fuzz targets, $passed passed, $failed failed"
[ "$failed" = 0 ]
