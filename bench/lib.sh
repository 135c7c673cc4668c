# shellcheck shell=bash
# shellcheck disable=SC2034,SC2120
# What the groups of bench/run.sh share: processes on their cores, example
# data, medians.  Everything listens on 127.0.0.1, lives in $WORK and is
# ended by its pid.
#
# The server under test has core 0, Redis and the load core 1.

WORK=${WORK:-${TMPDIR:-/tmp}/civic-bench}
STAGE=$WORK/stage
BIN=$PWD/build/bench
REDIS_PORT=25379
CIVIC_PORT=25080
PEERS_PORT=25081
NODE_PORT=25082
RUNS=${RUNS:-3}
SECS=${SECS:-5}
CONNS=${CONNS:-64}
FLOOD=${FLOOD:-30}
WAITERS=${WAITERS:-2000}
PEOPLE=${PEOPLE:-250}
COPIES=${COPIES:-8}
TOKENS=1000
HZ=$(getconf CLK_TCK)

PIDS=()

fail()
{
    echo "bench: $*" >&2
    exit 1
}

cleanup()
{
    local pid

    for pid in "${PIDS[@]}"; do
        kill "$pid" 2>/dev/null
    done
    for pid in "${PIDS[@]}"; do
        wait "$pid" 2>/dev/null
    done
    PIDS=()
}

trap cleanup EXIT
trap 'exit 130' INT TERM

wait_port()   # port name
{
    local i

    for ((i = 0; i < 200; i++)); do
        (exec 3<> "/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.05
    done
    fail "$2 does not listen on port $1, see $WORK"
}

fill_in()   # template target; ENVIRONMENT and PORT from the caller
{
    sed "s#@WORK@#$WORK#g; s#@STAGE@#$STAGE#g; s#@PORT@#$PORT#g
         s#@REDIS_PORT@#$REDIS_PORT#g; s#@ENVIRONMENT@#${ENVIRONMENT:-}#g" \
        "$1" > "$2"
}

redis()
{
    redis-cli -p "$REDIS_PORT" "$@"
}

# Not durable: the peers are not either, and the bench is of servers.  Hashes
# are as compact as in the shipped redis.conf, everybody's.  Further arguments
# are Redis' own, and win.
start_redis()
{
    (umask 077; echo bench-password > "$WORK/redis.password")
    {
        # shellcheck disable=SC2088
        echo 'user default on nopass ~* &* +@all'
        sed "/^user default/d
             s#@PASSWORD_SHA256@#$(printf bench-password | sha256sum \
            | cut -d' ' -f1)#" conf/redis.acl
    } > "$WORK/users.acl"
    # shellcheck disable=SC2046
    taskset -c 1 redis-server --bind 127.0.0.1 --port "$REDIS_PORT" \
        $(sed -n 's/^hash-max-/--&/p' conf/redis.conf) \
        --save '' --appendonly no --dir "$WORK" --loglevel warning \
        --aclfile "$WORK/users.acl" "$@" > "$WORK/redis.log" 2>&1 &
    REDIS_PID=$!
    PIDS+=("$REDIS_PID")
    wait_port "$REDIS_PORT" redis
}

# The pid of the (only) worker below a master.
worker_of()
{
    local i pid

    for ((i = 0; i < 100; i++)); do
        for pid in $(cat "/proc/$1/task/$1/children"); do
            if grep -aq 'worker process' "/proc/$pid/cmdline"; then
                echo "$pid"
                return
            fi
        done
        sleep 0.05
    done
    fail "the nginx $1 has no worker"
}

start_nginx()   # name port: sets MASTER_PID, WORKER_PID
{
    nginx -p "$WORK" -e "$WORK/$1.log" -c "$WORK/$1.conf" \
        -g 'daemon off;' > "$WORK/$1.out" 2>&1 &
    MASTER_PID=$!
    PIDS+=("$MASTER_PID")
    wait_port "$2" "$1"
    WORKER_PID=$(worker_of "$MASTER_PID") || exit 1
}

stop_pid()
{
    local pid others=()

    kill "$1" 2>/dev/null
    wait "$1" 2>/dev/null
    for pid in "${PIDS[@]}"; do
        [ "$pid" = "$1" ] || others+=("$pid")
    done
    PIDS=("${others[@]}")
}

# What is built, where workers can read it, and its configuration.
stage()
{
    local file

    mkdir -p "$WORK/tmp"
    chmod 755 "$WORK"
    rm -rf "${STAGE:?}/etc" "${WORK:?}/more"
    DESTDIR=$STAGE QUIET=1 tools/install.sh
    for file in "$STAGE"/etc/civic/civic.d/*.conf; do
        sed -i "s#/usr/lib/civic#$STAGE/usr/lib/civic#g
                s#/usr/share/civic#$STAGE/usr/share/civic#g" "$file"
    done
}

start_civic()   # production|sandbox
{
    PORT=$CIVIC_PORT ENVIRONMENT=$1 fill_in bench/civic.conf.in \
        "$WORK/civic.conf"
    start_nginx civic "$CIVIC_PORT"
    CIVIC_MASTER=$MASTER_PID
    CIVIC_WORKER=$WORKER_PID
}

# A valid identity number of nobody: sequence 999.
id_number()
{
    local body sum=0 i weights=(7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2)

    body=$(printf '630105%04d%02d%02d999' $((1950 + $1 % 50)) \
        $((1 + $1 / 50 % 12)) $((1 + $1 / 600 % 28)))
    for ((i = 0; i < 17; i++)); do
        sum=$((sum + ${body:i:1} * weights[i]))
    done
    printf '%s%s\n' "$body" "$(cut -c$((sum % 11 + 1)) <<< 10X98765432)"
}

# People by civicctl, sessions by bench/tokens.c.
seed_civic()
{
    local i number

    PORT=$CIVIC_PORT ENVIRONMENT=sandbox fill_in bench/civic.conf.in \
        "$WORK/civic.conf"
    rm -f "$WORK/keyring.json"
    build/civicctl -c "$WORK/civic.conf" keyring init > /dev/null \
        || fail 'no keyring'
    : > "$WORK/people"
    for ((i = 1; i <= PEOPLE; i++)); do
        number=$(id_number "$i")
        printf '%s\t%s\n' "$number" "Bench-Person-$i-Pass" >> "$WORK/people"
        printf '%s' "Bench-Person-$i-Pass" \
            | build/civicctl -c "$WORK/civic.conf" citizen add \
                --name 测试 --id-number "$number" --password-stdin \
                > /dev/null || fail 'could not add a person'
    done
    cut -f1 "$WORK/people" | "$BIN/tokens" "$WORK/keyring.json" citizen \
        "$TOKENS" "$WORK/sessions" > "$WORK/civic.tokens" \
        || fail 'no sessions'
    redis < "$WORK/sessions" > /dev/null
    head -n 1 "$WORK/people" | cut -f1 | "$BIN/tokens" "$WORK/keyring.json" \
        staff 8 "$WORK/sessions" > "$WORK/staff.tokens" || fail 'no sessions'
    redis < "$WORK/sessions" > /dev/null
    rm -f "$WORK/sessions"
}

start_peers()
{
    cp bench/peers/*.lua "$WORK/"
    PORT=$PEERS_PORT fill_in bench/peers/nginx.conf.in "$WORK/peers.conf"
    export BENCH_REDIS_PORT=$REDIS_PORT
    start_nginx peers "$PEERS_PORT"
    PEERS_WORKER=$WORKER_PID
    bench/peers/seed.sh "$TOKENS" "$WORK/peers.tokens" | redis > /dev/null
}

# What the peers in JavaScript need.  Without npm's registry the others are
# measured all the same.
npm_peer()   # package
{
    mkdir -p "$WORK/node"
    cp bench/peers/package.json bench/peers/*.js "$WORK/node/"
    [ -d "$WORK/node/node_modules/$1" ] \
        || (cd "$WORK/node" && npm install --no-audit --no-fund) \
            > "$WORK/npm.log" 2>&1 \
        || { echo "bench: no $1 (npm failed, see $WORK/npm.log)"; return 1; }
}

start_node()
{
    NODE_PID=
    npm_peer ioredis || return 0
    (cd "$WORK/node" && exec taskset -c 0 node server.js "$NODE_PORT" \
        "$REDIS_PORT") > "$WORK/node.log" 2>&1 &
    NODE_PID=$!
    PIDS+=("$NODE_PID")
    wait_port "$NODE_PORT" node
}

# CPU ticks (user and system) that a process has used.
ticks()
{
    awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

note()   # figure value
{
    echo "$2" >> "$WORK/figures/$1"
}

median()   # figure; "-" if it was never noted
{
    [ -f "$WORK/figures/$1" ] || { echo -; return; }
    sort -g "$WORK/figures/$1" | awk '{ v[NR] = $1 }
        END { print NR % 2 ? v[(NR + 1) / 2] \
                           : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

forget()
{
    rm -rf "$WORK/figures"
    mkdir -p "$WORK/figures"
}

calc()
{
    awk "BEGIN { print $* }"
}

# A field of load's line: value_of <name> <line>
value_of()
{
    sed -n "s/.*\\b$1=\\([0-9.]*\\).*/\\1/p" <<< "$2"
}

row()   # figure unit ours peer peer_name goal
{
    local IFS=$'\t'

    echo "$*" >> "$WORK/rows"
}

# expect <status> <port> <path> [token] [method]
expect()
{
    local status

    status=$(curl -s -X "${5:-GET}" -o "$WORK/answer" -w '%{http_code}' \
        ${4:+-H "Authorization: Bearer $4"} "http://127.0.0.1:$2$3")
    [ "$status" = "$1" ] \
        || fail "$2$3: $status, not $1: $(head -c 200 "$WORK/answer")"
}
