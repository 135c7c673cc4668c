#!/bin/bash
# All test tiers and a summary: "test.sh [tier...]".  Tiers that are named run
# one after the other.  Without names all do, and what needs nothing but
# processors (lint, the sanitized programs, fuzz) is done behind those that wait
# for servers, on what they leave over; and the bad days, which mostly wait,
# beside the browser.
#
#   unit     core, kit and civicctl, without nginx
#   plugin   plugins against the fake host
#   lint     static checks
#   http     the whole, on one Redis
#   cluster  the same files again, on three masters while slots migrate; not
#            those that say "# tiers: http asan": no store is in them; nor those
#            that say "# tiers: http": they bring all that they need
#   browser  the pages, in Chromium
#   fuzz     what strangers' pictures and codes go through, a minute each
#   fault    bad days: Redis, plugins, workers, clients, disks, neighbours
#   sanitized   unit and plugin again, with AddressSanitizer and UBSan
#   asan     http and fault again, so, too; not those that say "# tiers: http
#            cluster": they count what an idle server asks; nor "# tiers: http"
#
# Files that say "# takes: long" begin first: none of them waits alone at the
# end while a core has nothing to do.
#
# A file that fails while others run is tried once more, alone: servers, browsers
# and clocks share few processors, and what a test waits for may come too late.
# The summary names it either way.  What no delay explains gets no second try: a
# sanitizer's report, a crash, anything alarming in a server's log.
#
# A tier's output stands in build/test/<tier>.log, each line of a test file's
# with its name, and is shown if it fails (V=1: always).
set -u
cd "$(dirname "$0")/.." || exit 1

LOGS=build/test
JOBS=${JOBS:-$(nproc)}
# Test files wait four fifths of their time; what works behind or beside them
# needs some of it.
FILES_AT_ONCE=${FILES_AT_ONCE:-$(($(nproc) + 2))}
BROWSERS_AT_ONCE=${BROWSERS_AT_ONCE:-$(($(nproc) + 1))}
FILES_ALONE=${FILES_ALONE:-$((3 * $(nproc)))}

long_first()   # file...
{
    grep -l '^# takes: long$' "$@"
    grep -L '^# takes: long$' "$@"
}

FILES=${FILES:-$(long_first t/http/*.t)}
FAULT=${FAULT:-$(long_first t/fault/*.t)}
BROWSER=${BROWSER:-$(long_first t/browser/*.t)}

quiet_make()
{
    make --no-print-directory -j"$JOBS" "$@"
}

tier_unit()
{
    quiet_make unit-build && make --no-print-directory unit
}

tier_plugin()
{
    quiet_make plugin-build && make --no-print-directory plugin-test
}

tier_lint()
{
    built && tools/lint.sh
}

files_pass()   # how many at once, file...
{
    local at_once=$1 log="$LOGS/$tier.log"

    shift
    rm -f "$LOGS/$tier.state"
    prove_files --state=save -j"$at_once" "$@" && return 0
    if grep -qE "Sanitizer|runtime error:|'nothing alarming in the log'|'nginx ends with status" \
            "$log"; then
        return 1
    fi
    echo "=== alone ==="
    prove_files --state=failed
}

prove_files()
{
    prove --statefile="$LOGS/$tier.state" --exec tools/test-file.sh --timer "$@"
}

tier_http()
{
    # shellcheck disable=SC2086
    built && CIVIC_REDIS=single files_pass "$FILES_AT_ONCE" $FILES
}

tier_cluster()
{
    local files

    # shellcheck disable=SC2086
    files=$(grep -L '^# tiers: http\( asan\)\?$' $FILES)
    # shellcheck disable=SC2086
    built && CIVIC_REDIS=cluster files_pass "$FILES_ALONE" $files
}

tier_browser()
{
    # shellcheck disable=SC2086
    built && CIVIC_REDIS=single files_pass "$BROWSERS_AT_ONCE" $BROWSER
}

# The header probe, the forms that bring pictures, the engine's decoder, and
# what is scanned from paper, at once.
tier_fuzz()
{
    quiet_make fuzz-build \
        && JOBS=4 tools/fuzz.sh "${CIVIC_FUZZ_SECONDS:-60}s" \
            jpeg multipart picture paper
}

# Each file brings the form of Redis that it damages.
tier_fault()
{
    # shellcheck disable=SC2086
    built && files_pass "$FILES_AT_ONCE" $FAULT
}

tier_sanitized()
{
    local status=0

    quiet_make SANITIZE=1 build unit-build plugin-build fixtures || return 1
    make --no-print-directory SANITIZE=1 unit || status=1
    make --no-print-directory SANITIZE=1 plugin-test || status=1
    return $status
}

tier_asan()
{
    local files

    # shellcheck disable=SC2046,SC2086
    files=$(grep -L '^# tiers: http\( cluster\)\?$' $(long_first $FILES $FAULT))
    # shellcheck disable=SC2086
    quiet_make SANITIZE=1 build fixtures \
        && CIVIC_ASAN=1 CIVIC_REDIS=single files_pass "$FILES_ALONE" $files
}

# Both makes would write what says how nginx was configured: so when files run,
# or lint, beside another make, all is built already.
built()
{
    [ "${all_built:-0}" = 1 ] || quiet_make build fixtures
}

# The files that prove has found to fail, a line each.
failed_files()   # log
{
    sed -nE 's/^(t\/[^ ]+\.t) +\(Wstat.*/\1/p' "$1" | sort -u
}

# What of a tier's log shows why it failed.
excerpt()   # log
{
    local file

    grep -E '^( *FAIL )|FAILED|Error [0-9]|error:|Sanitizer' "$1" | tail -n 40
    for file in $(failed_files "$1"); do
        grep -F "$file: " "$1" | cut -c 1-400 \
            | awk 'NR <= 40 { print; next } { end[NR] = $0 }
                END { for (i = NR - 9; i <= NR; i++)
                          if (i in end) print end[i] }'
    done
}

run_tier()   # name
{
    local tier=$1 log=$LOGS/$1.log start=$SECONDS status word

    if [ "${V:-0}" = 1 ]; then
        "tier_$tier" 2>&1 | tee "$log"
        status=${PIPESTATUS[0]}
    else
        "tier_$tier" > "$log" 2>&1
        status=$?
    fi
    [ "$status" = 0 ] && word=ok || word=FAIL
    {
        printf '%-5s %-9s %4d s   %s\n' $word "$tier" $((SECONDS - start)) \
            "$(tail -n 1 "$log")"
        if [ "$status" != 0 ]; then
            echo "$tier" >> "$LOGS/failed"
        elif grep -q '^=== alone ===$' "$log"; then
            echo "      alone, at the second try: $(failed_files "$log" \
                | paste -sd ' ')"
        fi
        if [ "$status" != 0 ] || grep -q '^=== alone ===$' "$log"; then
            excerpt "$log"
            echo "      the whole: $log"
        fi
    } > "$LOGS/$tier.said"
    cat "$LOGS/$tier.said"
}

# Under SCHED_IDLE: others come first.
behind()
{
    chrt --idle --pid 0 $BASHPID
    for name in lint sanitized fuzz; do
        run_tier "$name"
    done
}

# In the background, as a group: it ends as one, with this script at the latest.
groups=()

beside()   # command...
{
    set -m
    "$@" &
    groups+=($!)
    set +m
    trap 'kill -- "${groups[@]/#/-}" 2>/dev/null' EXIT
    trap 'exit 130' INT TERM
}

all_end()
{
    wait
    trap - EXIT INT TERM
}

mkdir -p "$LOGS"
rm -f "$LOGS/failed"
began=$SECONDS
if [ $# != 0 ]; then
    for name in "$@"; do
        run_tier "$name"
    done
else
    run_tier unit
    run_tier plugin
    if quiet_make build fixtures > "$LOGS/build.log" 2>&1; then
        all_built=1
        beside behind
        run_tier http
        run_tier cluster
        beside run_tier fault
        run_tier browser
        all_end
        run_tier asan
    else
        tail -n 40 "$LOGS/build.log"
        echo build >> "$LOGS/failed"
    fi
fi

echo
if [ -s "$LOGS/failed" ]; then
    echo "failed: $(paste -sd ' ' "$LOGS/failed") ($((SECONDS - began)) s)"
    exit 1
fi
echo "all tiers passed ($((SECONDS - began)) s)"
