#!/bin/bash
# Measures Civic beside the peers: "run.sh [group...]", groups
#
#   http      session check + profile read: Civic, nginx-lua in two trips and
#             in one, ioredis, and nginx's static reply, interleaved
#   code      a relative's health code shown: Civic, nginx-lua in three trips
#             and in two
#   rule      a rule call with JSON in and out
#   lag       the event loop while logins hash passwords
#   overload  ten times the capacity for half a minute
#   loop      for how much processor time the event loop is held
#   wait      2,000 long polls in one worker: memory, idle CPU, notifications
#   qr-wait   2,000 PCs that wait for their QR codes to be confirmed
#   qr        pictures of a QR code, beside npm qrcode
#   code-verify  printed codes verified without a network, beside python-cwt
#   photo     reports on a photo, beside sharp decoding it
#   blobs     files kept and given over HTTP, beside plain copying
#   exam      submissions, the reviewers' next one, and the search for
#             positions with 20,000 of them and 200,000 applicants
#   money     notifications of payments
#   audit     writes with their entries of the audit trail, beside the same
#             without
#
# Each prints a table and writes bench/out/<group>.json.  RUNS, SECS, CONNS
# change the effort.  bench/README.md says how to read it.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=bench/lib.sh
. bench/lib.sh
# shellcheck source=bench/codes.sh
. bench/codes.sh

[ "$(id -u)" = 0 ] || fail 'needs root (nginx gives itself to www-data)'
[ "$(nproc)" -ge 2 ] || fail 'needs two cores'
mkdir -p "$WORK" bench/out
exec 9> "$WORK/lock"
flock -n 9 || fail "another bench runs in $WORK"
missed=

# One closed-loop measurement; notes <key>.rps, .cpu and .redis.
closed()   # key pid port path tokens seconds [header]
{
    local server0 redis0 server1 redis1 rps errors requests

    server0=$(ticks "$2") redis0=$(ticks "$REDIS_PID")
    taskset -c 1 wrk -t1 -c"$CONNS" -d"$6"s --latency -s bench/wrk.lua \
        "http://127.0.0.1:$3" -- "$4" "$5" ${7:+"$7"} > "$WORK/wrk.out" 2>&1
    server1=$(ticks "$2") redis1=$(ticks "$REDIS_PID")
    read -r _ rps _ _ errors requests < <(grep '^WRK' "$WORK/wrk.out") \
        || fail "wrk: $(tail -n 3 "$WORK/wrk.out")"
    [ "$errors" = 0 ] || echo "bench: $1: $errors errors of $requests"
    note "$1.rps" "$rps"
    note "$1.cpu" "$(calc "($server1 - $server0) / $HZ * 1e6 / $requests")"
    note "$1.redis" "$(calc "($redis1 - $redis0) / $HZ * 1e6 / $requests")"
}

subject()   # name seconds
{
    local civic=$WORK/civic.tokens peers=$WORK/peers.tokens

    case $1 in
    civic)  closed civic "$CIVIC_WORKER" $CIVIC_PORT /login/profile \
                "$civic" "$2" ;;
    lua2)   closed lua2 "$PEERS_WORKER" $PEERS_PORT /two-trips "$peers" "$2" ;;
    lua1)   closed lua1 "$PEERS_WORKER" $PEERS_PORT /one-trip "$peers" "$2" ;;
    static) closed static "$PEERS_WORKER" $PEERS_PORT /static - "$2" ;;
    node)   [ -z "$NODE_PID" ] || closed node "$NODE_PID" $NODE_PORT / \
                "$peers" "$2" ;;
    esac
}

fixed_rate()   # key port path tokens rate
{
    local line

    line=$(taskset -c 1 "$BIN/load" "$2" GET "$3" "$5" "$CONNS" "$SECS" "$4")
    note "$1.p99" "$(value_of p99 "$line")"
    [ "$(value_of errors "$line")$(value_of other "$line")" = 00 ] \
        || echo "bench: $1 at $5/s: $line"
}

group_http()
{
    local round name rate

    stage; start_redis; seed_civic; start_peers; start_node
    start_civic production
    expect 200 $CIVIC_PORT /login/profile "$(head -n 1 "$WORK/civic.tokens")"
    expect 401 $CIVIC_PORT /login/profile no-such-token
    for name in /two-trips /one-trip; do
        expect 200 $PEERS_PORT $name "$(head -n 1 "$WORK/peers.tokens")"
        expect 401 $PEERS_PORT $name 1.no-such-token
    done

    for ((round = 0; round <= RUNS; round++)); do
        for name in static civic lua2 lua1 node; do
            subject $name "$([ $round = 0 ] && echo 2 || echo "$SECS")"
        done
        [ $round != 0 ] || forget                       # was the warm-up
    done

    rate=$(calc "int(0.7 * $(median lua2.rps))")
    for ((round = 1; round <= RUNS; round++)); do
        fixed_rate civic $CIVIC_PORT /login/profile "$WORK/civic.tokens" \
            "$rate"
        fixed_rate lua2 $PEERS_PORT /two-trips "$WORK/peers.tokens" "$rate"
    done

    row 'session + profile' req/s "$(median civic.rps)" \
        "$(median lua2.rps)" 'nginx-lua, two trips' '>= 3'
    row 'session + profile' req/s "$(median civic.rps)" \
        "$(median lua1.rps)" 'nginx-lua, one trip' '>= 2.2'
    row 'session + profile' req/s "$(median civic.rps)" \
        "$(median static.rps)" 'nginx, static reply' '>= 0.5'
    row 'session + profile' req/s "$(median civic.rps)" \
        "$(median node.rps)" 'node + ioredis' -
    row 'server CPU a request' us "$(median civic.cpu)" \
        "$(median lua2.cpu)" 'nginx-lua, two trips' '<= 0.36'
    row 'Redis CPU a request' us "$(median civic.redis)" \
        "$(median lua2.redis)" 'nginx-lua, two trips' '<= 0.22'
    row "p99 at $rate req/s" us "$(median civic.p99)" \
        "$(median lua2.p99)" 'nginx-lua, two trips' '<= 0.4'
}

group_rule()
{
    row 'rule call, JSON in and out' us "$(calc "$(taskset -c 0 \
        "$BIN/rule" lua/rules/login.lua "${RULE:-captcha}" \
        "${RULE_INPUT:-{\}}" "$SECS") / 1000")" - - '<= 1.5'
}

metrics()   # 0|1
{
    curl -s -o "$WORK/metrics.$1" "http://127.0.0.1:$CIVIC_PORT/civic/metrics"
}

# The bound of the bucket that 99.9 % of the worker's own measurements of its
# lag between two readings fall into, in ms.
loop_lag()
{
    awk '/^civic_loop_lag_seconds_bucket/ {
            match($0, /le="[^"]*"/)
            le = substr($0, RSTART + 4, RLENGTH - 5)
            count[le] += (NR == FNR ? -1 : 1) * $NF
            if (NR == FNR) { order[++n] = le }
        }
        END {
            for (i = 1; i <= n; i++) {
                if (count[order[i]] >= 0.999 * count["+Inf"]) {
                    print order[i] == "+Inf" ? 1e9 : order[i] * 1000
                    exit
                }
            }
        }' "$1" "$2"
}

group_lag()
{
    local line idle counts seconds=$((SECS * 4)) cpu0 cpu1

    stage; start_redis; seed_civic; start_civic sandbox
    idle=$(taskset -c 1 chrt -f 1 "$BIN/load" $CIVIC_PORT GET /civic/live \
        500 16 "$seconds")
    taskset -c 1 perl bench/logins.pl $CIVIC_PORT 8 $((seconds + 4)) \
        < "$WORK/people" > "$WORK/logins.out" &
    sleep 2
    cpu0=$(ticks "$CIVIC_WORKER")
    metrics 0
    line=$(taskset -c 1 chrt -f 1 "$BIN/load" $CIVIC_PORT GET /civic/live \
        500 16 "$seconds")
    cpu1=$(ticks "$CIVIC_WORKER")
    metrics 1
    wait $!
    counts=$(cat "$WORK/logins.out")
    [ "${counts%% *}" -gt 0 ] || fail "no login succeeded: $counts"

    row 'logins meanwhile' 1/s \
        "$(calc "${counts%% *} / ($seconds + 4)")" - - -
    row 'core used meanwhile' share \
        "$(calc "($cpu1 - $cpu0) / $HZ / $seconds")" - - '>= 0.9'
    row 'loop lag p99, idle' ms "$(calc "$(value_of p99 "$idle") / 1000")" \
        - - -
    row 'loop lag p99.9, idle' ms \
        "$(calc "$(value_of p999 "$idle") / 1000")" - - -
    row 'loop lag p99, logins' ms "$(calc "$(value_of p99 "$line") / 1000")" \
        - - -
    row 'loop lag p99.9, by the worker' ms \
        "$(loop_lag "$WORK/metrics.0" "$WORK/metrics.1")" - - '< 1'
    row 'loop lag p99.9, logins' ms \
        "$(calc "$(value_of p999 "$line") / 1000")" - - '< 1'
    row 'loop lag p99.9, logins' ms \
        "$(calc "$(value_of p999 "$line") / 1000")" \
        "$(calc "$(value_of p999 "$idle") / 1000")" 'the same, idle' -
}

# POSTs nothing to the captchas, so many a second (0: as fast as it goes)
# for so long; sets FLOOD_OK, FLOOD_REFUSED, FLOOD_OTHER, FLOOD_P99 (us, of
# the refused).
flood()   # rate seconds
{
    local clients=64 options=()

    if [ "$1" != 0 ]; then
        clients=500
        options=(--rps "$(calc "$1 / 500")")
    fi
    rm -f "$WORK/flood.log"
    echo '{}' > "$WORK/empty.json"
    taskset -c 1 h2load --h1 -t1 -c$clients -D "$2" "${options[@]}" \
        -d "$WORK/empty.json" -H 'Content-Type: application/json' -T 5 -N 5 --log-file="$WORK/flood.log" \
        "http://127.0.0.1:$CIVIC_PORT/login/captchas" > "$WORK/flood.out" 2>&1
    FLOOD_OK=$(awk '$2 ~ /^2/' "$WORK/flood.log" | wc -l)
    FLOOD_REFUSED=$(awk '$2 == 503' "$WORK/flood.log" | wc -l)
    FLOOD_OTHER=$(awk '$2 !~ /^2/ && $2 != 503' "$WORK/flood.log" | wc -l)
    FLOOD_P99=$(awk '$2 == 503 { print $3 }' "$WORK/flood.log" | sort -n \
        | awk '{ v[NR] = $1 } END { print NR ? v[int(NR * 0.99) + 1] : "-" }')
}

# Seconds until a captcha is given again and again.
recovery()
{
    local begin good=0

    begin=$(date +%s.%N)
    while [ $good -lt 20 ]; do
        if curl -sf -o /dev/null --json '{}' \
                "http://127.0.0.1:$CIVIC_PORT/login/captchas"
        then
            good=$((good + 1))
        else
            good=0
        fi
        [ "$(calc "$(date +%s) - int($begin) > 30")" = 0 ] || break
    done
    calc "$(date +%s.%N) - $begin"
}

group_overload()
{
    local peak staff headers

    stage; start_redis; seed_civic; start_civic production
    expect 200 $CIVIC_PORT /login/session "$(head -n 1 "$WORK/staff.tokens")"
    flood 0 10
    peak=$(calc "$FLOOD_OK / 10")

    taskset -c 1 "$BIN/load" $CIVIC_PORT GET /login/session 20 4 $((FLOOD - 2)) \
        "$WORK/staff.tokens" > "$WORK/staff.out" &
    (sleep $((FLOOD / 3)); curl -s -D "$WORK/headers" -o /dev/null --json '{}' \
        "http://127.0.0.1:$CIVIC_PORT/login/captchas") &
    flood "$(calc "int(10 * $peak)")" "$FLOOD"
    wait $!
    headers=$(grep -ciE '^retry-after: [0-9]+' "$WORK/headers")
    row 'peak, captchas' 1/s "$peak" - - -
    row 'goodput at ten times that' 1/s "$(calc "$FLOOD_OK / $FLOOD")" "$peak" \
        'its own peak' '>= 0.8'
    row 'refused with 503' 1/s "$(calc "$FLOOD_REFUSED / $FLOOD")" - - -
    row 'refused otherwise' count "$FLOOD_OTHER" - - '<= 0'
    row 'refused have Retry-After' bool "$headers" - - '>= 1'
    row 'refusal p99' ms "$(calc "$FLOOD_P99 / 1000")" - - -
    row 'recovery' s "$(recovery)" - - '<= 5'
    staff=$(cat "$WORK/staff.out")
    row 'staff requests that succeeded' share "$(calc \
        "$(value_of ok "$staff") / $(value_of due "$staff")")" - - '>= 1'
    row 'staff p99 meanwhile' ms "$(calc "$(value_of p99 "$staff") / 1000")" \
        - - -
}

# The tests' plugin of states and who waits for them.
stage_poll()
{
    mkdir -p "$WORK/more"
    cp build/t/plugin/fixtures/poll.so "$STAGE/usr/lib/civic/plugins/"
    cp t/plugin/fixtures/redis/poll_set.lua "$STAGE/usr/share/civic/redis/"
    cat > "$WORK/more/poll.conf" <<EOF
civic_plugin $STAGE/usr/lib/civic/plugins/poll.so;
civic_waiters 4096 per_address=4096;
EOF
}

# Notes what bench/waiters.c says of a fresh worker.
waiters()   # changes [token]
{
    local line name

    line=$(taskset -c 1 "$BIN/waiters" $CIVIC_PORT "$CIVIC_WORKER" \
        "$WAITERS" "$SECS" 200 "$@") || fail 'waiters'
    [ "$(value_of errors "$line")" = 0 ] || fail "waiters: $line"
    for name in bytes after idle_cpu p50 p99 max all; do
        note "$name" "$(value_of $name "$line")"
    done
}

waiters_rows()   # who waits, what happens
{
    row "memory of $1" KB "$(calc "$(median bytes) / 1024")" - - '<= 16'
    row 'the same, after notifications' KB \
        "$(calc "$(median after) / 1024")" - - '<= 16'
    row "$2, p50" ms "$(calc "$(median p50) / 1000")" - - -
    row "$2, p99" ms "$(calc "$(median p99) / 1000")" - - '<= 10'
    row "$2, slowest" ms "$(calc "$(median max) / 1000")" - - -
}

group_wait()
{
    local round

    stage; stage_poll; start_redis; seed_civic
    for ((round = 1; round <= RUNS; round++)); do
        start_civic production
        expect 204 $CIVIC_PORT /poll/hint/x '' POST
        waiters 2000
        stop_pid "$CIVIC_MASTER"
        redis flushdb > /dev/null
    done

    waiters_rows 'an idle waiter' 'change to answer'
    row "CPU of $WAITERS idle waiters" share "$(median idle_cpu)" - - \
        '<= 0.01'
    row "one change, all $WAITERS answered" ms \
        "$(calc "$(median all) / 1000")" - - -
}

# Tickets that outlive a round, and phones that came with a password; the
# address of a QR code is as long as that of the mini-program.
stage_tickets()
{
    local rules=$STAGE/etc/civic/rules/login.lua url

    url='https://ds.alipay.com/?scheme=alipays%3A%2F%2Fplatformapi%2Fstartapp'
    url+='%3FappId%3D2021000000000001%26page%3Dpages%2Flogin%2Fticket%26query'
    url+='%3Dticket%253D{ticket}'
    sed -i 's/^rules.qr_life = .*/rules.qr_life = 600/
            s/^rules.qr_methods = .*/rules.qr_methods = { password = true }/
            s/^rules.qr_tickets = .*/rules.qr_tickets = 1000000/
            s/^return rules$/rules.examples = {}\nreturn rules/' "$rules"
    sed -i "s#captcha_sounds=#\"qr_url=$url\" captcha_sounds=#" \
        "$STAGE/etc/civic/civic.d/login.conf"
    mkdir -p "$WORK/more"
    cat > "$WORK/more/tickets.conf" <<EOF
include $STAGE/etc/civic/civic.d/civic.conf;
civic_blobs $WORK/blobs;
civic_audit $WORK/audit;
civic_waiters 4096 per_address=4096;
EOF
}

# Everybody has consented, as a confirmation asks.
seed_consents()
{
    local key

    for key in $(redis --scan --pattern 'civic:*:person'); do
        redis hset "${key%:person}:consents" identity c1 \
            version:identity 'c1 1' > /dev/null
    done
}

group_qr-wait()
{
    local round

    stage; stage_tickets; start_redis; seed_civic; seed_consents
    for ((round = 1; round <= RUNS; round++)); do
        start_civic production
        waiters "$WAITERS" "$(head -n 1 "$WORK/civic.tokens")"
        stop_pid "$CIVIC_MASTER"
    done

    waiters_rows 'a PC that waits' 'confirmation to the PC'
    row "CPU of $WAITERS PCs that wait" share "$(median idle_cpu)" - - -
}

# By the tests' system, and by 2,000 PCs whose codes are confirmed.
group_loop()
{
    local round turns shim=$PWD/build/t/fault/fixtures/loop_turns.so

    perl bench/loop.pl photos "$RUNS" > "$WORK/rows" || fail 'loop.pl'

    rm -rf "$WORK/turns"
    stage; stage_tickets; start_redis; seed_civic; seed_consents
    for ((round = 1; round <= RUNS; round++)); do
        turns=$WORK/turns/$round
        mkdir -p "$turns"
        chmod 777 "$turns"
        LD_PRELOAD=$shim CIVIC_TURNS=$turns start_civic production
        sleep 1
        # its start was one long turn
        dd status=none conv=notrunc of="$turns/$CIVIC_WORKER" \
            < <(head -c "$(stat -c %s "$turns/$CIVIC_WORKER")" /dev/zero)
        waiters "$WAITERS" "$(head -n 1 "$WORK/civic.tokens")"
        stop_pid "$CIVIC_MASTER"
    done
    perl bench/loop.pl turns "QR codes of $WAITERS PCs confirmed" \
        "$WORK"/turns/* >> "$WORK/rows"
}

# 300 bytes, and the 68 of a login ticket's address.
group_qr()
{
    local round len rate size

    npm_peer qrcode || fail 'no peer'
    "$BIN/qr" dump 300 > "$WORK/qr.png"
    zbarimg -q --nodbus --raw "$WORK/qr.png" | grep -q '^https://pay.example.org/q/' \
        || fail 'the picture cannot be read'

    for ((round = 1; round <= RUNS; round++)); do
        for len in 300 68; do
            read -r rate size < <(taskset -c 0 "$BIN/qr" png $len "$SECS")
            note "png.$len" "$rate"
            note "size.$len" "$size"
            read -r rate size < <(taskset -c 0 "$BIN/qr" svg $len "$SECS")
            note "svg.$len" "$rate"
            read -r rate size < <(cd "$WORK/node" \
                && taskset -c 0 node qr.js $len "$SECS")
            note "peer.$len" "$rate"
            note "peersize.$len" "$size"
        done
    done

    for len in 300 68; do
        row "PNG of $len bytes" 1/s "$(median png.$len)" \
            "$(median peer.$len)" 'npm qrcode' '>= 12'
        row "its size" bytes "$(median size.$len)" \
            "$(median peersize.$len)" 'npm qrcode' -
        row "its time" ms "$(calc "1000 / $(median png.$len)")" - - \
            "$([ $len = 68 ] && echo '< 1' || echo -)"
        row "SVG of $len bytes" 1/s "$(median svg.$len)" - - -
    done
}

# One core for both.  The models are where "make setup" puts them, if at all.
photo_rates()   # key file
{
    local rate what

    read -r rate _ < <(cd "$WORK/node" && taskset -c 0 node photo.js "$2" \
        "$SECS") || fail 'sharp'
    note "peer.$1" "$rate"
    for what in report whole look refuse; do
        read -r rate _ < <(taskset -c 0 "$BIN/photo" $what "$2" "$SECS") \
            || fail "photo $what"
        note "$what.$1" "$rate"
    done
    [ -d "$FACES" ] || return 0
    read -r rate _ < <(taskset -c 0 "$BIN/photo" faces "$2" "$SECS" "$FACES") \
        || fail 'photo faces'
    note "faces.$1" "$rate"
}

group_photo()
{
    local round name FACES=${FACES:-$PWD/build/share/faces}

    npm_peer sharp || fail 'no peer'
    for ((round = 1; round <= RUNS; round++)); do
        for name in good good_noisy snapshot; do
            photo_rates $name "$PWD/build/photos/$name.jpg"
        done
    done

    for name in good good_noisy snapshot; do
        row "report on $name.jpg" 1/s "$(median report.$name)" \
            "$(median peer.$name)" 'sharp, metadata + decode' '>= 1.8'
        row '  decoding it whole' 1/s "$(median whole.$name)" \
            "$(median peer.$name)" 'sharp, metadata + decode' -
        row '  refused by its header' 1/s "$(median refuse.$name)" \
            "$(median report.$name)" 'a report' '>= 100'
        row '  header and scans looked at' 1/s "$(median look.$name)" \
            "$(median report.$name)" 'a report' -
        [ "$(median faces.$name)" = - ] \
            || row '  finding its face' ms \
                "$(calc "1000 / $(median faces.$name)")" - - -
    done
}

# The tests' plugin of files.  The peer copies files of the same length.
stage_files()
{
    mkdir -p "$WORK/more"
    cp build/t/plugin/fixtures/files.so "$STAGE/usr/lib/civic/plugins/"
    cp t/plugin/fixtures/redis/files_*.lua "$STAGE/usr/share/civic/redis/"
    cat > "$WORK/more/files.conf" <<EOF
civic_plugin $STAGE/usr/lib/civic/plugins/files.so;
civic_blobs $WORK/blobs;
client_max_body_size 4m;
${BLOBS_CONF:-}
EOF
    cat > "$WORK/plain.conf" <<EOF
worker_processes 1;
worker_cpu_affinity 01;
pid $WORK/plain.pid;
error_log $WORK/plain.log error;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 1000000000;
    server {
        listen 127.0.0.1:$PEERS_PORT;
        root $WORK/plain;
    }
}
EOF
}

files()   # key pid core arguments of bench/files.c...
{
    local key=$1 pid=$2 core=$3 cpu0=0 cpu1=0 line

    shift 3
    [ "$pid" = - ] || cpu0=$(ticks "$pid")
    line=$(taskset -c "$core" "$BIN/files" "$@") || fail "files $1"
    [ "$pid" = - ] || cpu1=$(ticks "$pid")
    [ "$(value_of errors "$line")" = 0 ] || fail "$key: $line"
    note "$key.mbs" "$(value_of mbs "$line")"
    note "$key.p50" "$(value_of p50 "$line")"
    if [ "$pid" = - ]; then
        note "$key.cpu" "$(value_of cpu "$line")"
    else
        note "$key.cpu" \
            "$(calc "($cpu1 - $cpu0) / $HZ * 1e6 / $(value_of mb "$line")")"
    fi
}

# What was copied goes before the next begins, and its traces on the disk.
files_swept()   # folder
{
    rm -rf "$1"
    sync "$WORK"
}

# The first people's own files, which are read.  What comes back is held
# against what went.
seed_files()   # bytes
{
    local i=0 token

    rm -rf "$WORK/plain"
    mkdir -p "$WORK/plain"
    chmod 755 "$WORK/plain"
    "$BIN/files" make "$WORK/plain" "$1" || fail 'no files'
    head -n 16 "$WORK/civic.tokens" > "$WORK/files.tokens"
    while read -r token; do
        curl -sf -o /dev/null -X PUT -H "Authorization: Bearer $token" \
            -H 'Content-Type: image/jpeg' --data-binary "@$WORK/plain/$i" \
            "http://127.0.0.1:$CIVIC_PORT/files/mine" || fail 'cannot put'
        expect 200 $CIVIC_PORT /files/mine "$token"
        cmp "$WORK/answer" "$WORK/plain/$i" || fail 'another file came back'
        i=$((i + 1))
    done < "$WORK/files.tokens"
}

files_round()   # bytes copies at once
{
    local civic="$CIVIC_PORT /files" plain=$WORK/plain

    # shellcheck disable=SC2086
    files put "$CIVIC_WORKER" 1 put $civic/more "$WORK/files.tokens" "$2" \
        "$SECS" "$1"
    files keep - 0 keep "$plain" "$WORK/kept" "$2" "$SECS" "$1"
    files_swept "$WORK/kept"
    # shellcheck disable=SC2086
    files get "$CIVIC_WORKER" 1 get $civic/mine "$WORK/files.tokens" "$2" \
        "$SECS" "$1"
    files copy - 0 copy "$plain" "$WORK/copied" "$2" "$SECS" "$1"
    files_swept "$WORK/copied"
    files over - 0 over "$plain" "$WORK/copied" "$2" "$SECS" "$1"
    files_swept "$WORK/copied"
    files plain "$PLAIN_WORKER" 1 get $PEERS_PORT /0 "$WORK/files.tokens" \
        "$2" "$SECS" "$1"
}

files_rows()   # of what
{
    row "write, $1" MB/s "$(median put.mbs)" "$(median keep.mbs)" \
        'plain copying, synced' '>= 0.5'
    row "  time of one" ms "$(calc "$(median put.p50) / 1000")" \
        "$(calc "$(median keep.p50) / 1000")" 'plain copying, synced' -
    row "  CPU a MB" us "$(median put.cpu)" "$(median keep.cpu)" \
        'plain copying, synced' -
    row "read, $1" MB/s "$(median get.mbs)" "$(median copy.mbs)" \
        'plain copying' '>= 0.5'
    row "  CPU a MB" us "$(median get.cpu)" "$(median copy.cpu)" \
        'plain copying' -
    row "read, $1" MB/s "$(median get.mbs)" "$(median plain.mbs)" \
        'nginx, the plain file' -
    row "read, $1" MB/s "$(median get.mbs)" "$(median over.mbs)" \
        'copying over a copy' -
}

group_blobs()
{
    local PEOPLE=32 round bytes

    rm -rf "$WORK/blobs" "$WORK/kept" "$WORK/copied"
    stage; stage_files; start_redis; seed_civic; start_civic production
    for bytes in 2000000 65536; do
        seed_files $bytes
        start_nginx plain $PEERS_PORT
        PLAIN_WORKER=$WORKER_PID
        for ((round = 0; round <= RUNS; round++)); do
            files_round $bytes "$COPIES"
            [ $round != 0 ] || forget                   # was the warm-up
        done
        files_rows "$((bytes / 1000)) KB"
        stop_pid "$MASTER_PID"
        forget
    done
    stop_pid "$CIVIC_MASTER"
    files_swept "$WORK/blobs"
}

# The tests' plugin of writes, the job that moves entries, and the log of
# requests that the shipped nginx.conf writes.
stage_audit()
{
    mkdir -p "$WORK/more"
    cp build/t/plugin/fixtures/writes.so "$STAGE/usr/lib/civic/plugins/"
    cp t/plugin/fixtures/redis/writes_*.lua "$STAGE/usr/share/civic/redis/"
    cat > "$WORK/more/audit.conf" <<EOF
civic_plugin $STAGE/usr/lib/civic/plugins/writes.so;
civic_audit $WORK/audit;
civic_blobs $WORK/blobs;
include $STAGE/etc/civic/civic.d/civic.conf;
$(sed -n '/^map .*civic_request_line {/,/^}/p; /^log_format civic /,/;$/p' conf/civic.conf)
EOF
    echo "access_log $WORK/access.log civic;" > "$WORK/more/audit.server"
}

# The outboxes that there are; the warm-up uses them all.
audit_keys()
{
    mapfile -t AUDIT_KEYS < <(redis keys 'civic:outbox:audit:*')
}

# Until nothing waits, so that none is moved in the other's time.
audit_idle()
{
    local i

    for ((i = 0; i < 120; i++)); do
        [ "$(redis eval "local n = 0
                for _, key in ipairs(KEYS) do
                    n = n + redis.call('XLEN', key)
                end
                return n" "${#AUDIT_KEYS[@]}" "${AUDIT_KEYS[@]}")" != 0 ] \
            || return
        sleep 0.5
    done
    fail 'entries of the audit trail wait for ever'
}

# The CPU that the worker and Redis use when nobody asks anything: looking
# into outboxes, leases.
audit_rest()
{
    local server redis

    server=$(ticks "$CIVIC_WORKER") redis=$(ticks "$REDIS_PID")
    sleep 4
    REST_CPU=$(calc "($(ticks "$CIVIC_WORKER") - $server) / $HZ / 4")
    REST_REDIS=$(calc "($(ticks "$REDIS_PID") - $redis) / $HZ / 4")
}

# Notes <key>.rps, and of worker and Redis .cpu and .redis, and .both, until
# the last entry is moved, less what they use when nobody asks anything.
writes()   # key path entry seconds
{
    local began server0 redis0 server redis time rps errors requests

    began=$(date +%s.%N)
    server0=$(ticks "$CIVIC_WORKER") redis0=$(ticks "$REDIS_PID")
    taskset -c 1 wrk -t1 -c"$CONNS" -d"$4"s --latency -s bench/audit.lua \
        "http://127.0.0.1:$CIVIC_PORT" -- "/writes/$2?entry=$3" 10000 \
        "$WORK/civic.tokens" > "$WORK/wrk.out" 2>&1
    [ "$3" = false ] || audit_idle
    server=$(ticks "$CIVIC_WORKER") redis=$(ticks "$REDIS_PID")
    time=$(calc "$(date +%s.%N) - $began")
    read -r _ rps _ _ errors requests < <(grep '^WRK' "$WORK/wrk.out") \
        || fail "wrk: $(tail -n 3 "$WORK/wrk.out")"
    [ "$errors" = 0 ] || echo "bench: $1: $errors errors of $requests"
    server=$(calc "(($server - $server0) / $HZ - $REST_CPU * $time) * 1e6 \
        / $requests")
    redis=$(calc "(($redis - $redis0) / $HZ - $REST_REDIS * $time) * 1e6 \
        / $requests")
    note "$1.rps" "$rps"
    note "$1.cpu" "$server"
    note "$1.redis" "$redis"
    note "$1.both" "$(calc "$server + $redis")"
}

audit_rows()   # path name goal
{
    row "$2" req/s "$(median "$1.with.rps")" "$(median "$1.without.rps")" \
        'the same without' "$3"
    row '  CPU of worker and Redis' us "$(median "$1.with.both")" \
        "$(median "$1.without.both")" 'the same without' -
    row '  CPU of the worker' us "$(median "$1.with.cpu")" \
        "$(median "$1.without.cpu")" 'the same without' -
    row '  CPU of Redis' us "$(median "$1.with.redis")" \
        "$(median "$1.without.redis")" 'the same without' -
}

# As durable as the shipped redis.conf: that is what a write costs.
group_audit()
{
    local PEOPLE=32 round seconds path

    rm -rf "$WORK/audit" "$WORK/appendonlydir" "$WORK/access.log"
    stage; stage_audit
    start_redis --appendonly yes --appendfsync always \
        --auto-aof-rewrite-percentage 0
    seed_civic
    start_civic sandbox
    audit_rest
    for ((round = 0; round <= RUNS; round++)); do
        seconds=$([ $round = 0 ] && echo 2 || echo "$SECS")
        audit_keys
        for path in creations changes small; do
            writes $path.without $path false "$seconds"
            writes $path.with $path true "$seconds"
        done
        [ $round != 0 ] || forget                       # was the warm-up
    done
    ls "$WORK"/audit/*/*.audit > /dev/null || fail 'no audit trail'

    audit_rows creations 'a creation with its entry' '>= 0.95'
    audit_rows changes 'a change with its entry' '>= 0.95'
    audit_rows small 'the smallest write with its entry' -
    perl bench/registration.pl audit >> "$WORK/rows" || fail 'registration.pl'
}

# The system of the tests, in a process of its own.
group_exam()
{
    perl bench/registration.pl exam > "$WORK/rows" || fail 'registration.pl'
}

group_money()
{
    perl bench/registration.pl money > "$WORK/rows" || fail 'registration.pl'
}

echo "$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo \
    | head -n 1), $(nginx -v 2>&1 | sed 's/.*: //'), $(date -u +%F)"

for group in "${@:-http code rule lag loop overload wait qr-wait qr code-verify photo blobs audit exam money}"; do
    for name in $group; do
        echo
        echo "== $name"
        forget
        rm -f "$WORK/rows"
        "group_$name"
        cleanup
        bench/report.pl "$name" < "$WORK/rows" || missed="$missed $name"
    done
done

[ -z "$missed" ] || { echo; echo "goals missed in:$missed"; exit 1; }
