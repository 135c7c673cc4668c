# shellcheck shell=bash
# The groups of bench/run.sh about health codes: shown on a phone, and verified
# on paper.

# What shows codes: the plugins kinship and civic, and what signs on paper.
stage_code()
{
    mkdir -p "$WORK/more"
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
        -out "$WORK/kinship.pem" 2> /dev/null || fail 'no key'
    chmod 644 "$WORK/kinship.pem"
    cat > "$WORK/more/code.conf" <<EOF
civic_plugin $STAGE/usr/lib/civic/plugins/kinship.so
    signing_key=$WORK/kinship.pem;
civic_audit $WORK/audit;
civic_blobs $WORK/blobs;
include $STAGE/etc/civic/civic.d/civic.conf;
EOF
}

# The bytes of a code's answer, and its tag, which holds for the rest of the
# code's half minute: for one measurement at least.
code_answer()   # token path seconds
{
    local left

    while :; do
        curl -s -D "$WORK/head" -o "$WORK/answer" \
            -H "Authorization: Bearer $1" "http://127.0.0.1:$CIVIC_PORT$2"
        left=$(sed -n 's/.*"refresh_in":\([0-9]*\).*/\1/p' "$WORK/answer")
        [ "$left" -le $(($3 + 1)) ] || break
        sleep "$left"
    done
    CODE_BYTES=$(stat -c %s "$WORK/answer")
    CODE_TAG=$(sed -n 's/^etag: *//Ip' "$WORK/head" | tr -d '\r')
}

# Phones that ask again within the half minute: 304.
code_again()   # seconds
{
    local token path

    read -r token path < "$WORK/code.tokens"
    code_answer "$token" "$path" "$1"
    head -n 1 "$WORK/code.tokens" > "$WORK/code.one"
    closed again "$CIVIC_WORKER" $CIVIC_PORT - "$WORK/code.one" "$1" \
        "If-None-Match: $CODE_TAG"
}

group_code()
{
    local round seconds token path

    rm -rf "$WORK/audit" "$WORK/blobs"
    stage; stage_code; start_redis; seed_civic; start_peers
    start_civic sandbox
    bench/families.pl $CIVIC_PORT < "$WORK/civic.tokens" \
        > "$WORK/code.tokens" || fail 'no families'
    for path in three two; do
        awk -F. -v p="/code-$path-trips/" '{ print $0, p $1 }' \
            "$WORK/peers.tokens" > "$WORK/code.$path"
        read -r token path < "$WORK/code.$path"
        expect 200 $PEERS_PORT "$path" "$token"
    done
    read -r token path < "$WORK/code.tokens"
    expect 200 $CIVIC_PORT "$path" "$token"

    for ((round = 0; round <= RUNS; round++)); do
        seconds=$([ $round = 0 ] && echo 2 || echo "$SECS")
        closed civic "$CIVIC_WORKER" $CIVIC_PORT - "$WORK/code.tokens" \
            "$seconds"
        closed lua2 "$PEERS_WORKER" $PEERS_PORT - "$WORK/code.two" "$seconds"
        closed lua3 "$PEERS_WORKER" $PEERS_PORT - "$WORK/code.three" \
            "$seconds"
        code_again "$seconds"
        [ $round != 0 ] || forget                       # was the warm-up
    done

    row "a relative's code" req/s "$(median civic.rps)" \
        "$(median lua3.rps)" 'nginx-lua, three trips' '>= 2.5'
    row "a relative's code" req/s "$(median civic.rps)" \
        "$(median lua2.rps)" 'nginx-lua, two trips' -
    row '  CPU of the server' us "$(median civic.cpu)" \
        "$(median lua3.cpu)" 'nginx-lua, three trips' '<= 0.4'
    row '  CPU of Redis' us "$(median civic.redis)" \
        "$(median lua3.redis)" 'nginx-lua, three trips' -
    row '  its answer' bytes "$CODE_BYTES" - - '<= 5120'
    row 'the same again (304)' req/s "$(median again.rps)" - - -
    row '  CPU of the server' us "$(median again.cpu)" - - -
}

# A code and a list, one core each in turn; and the page's own reader.
group_code-verify()
{
    local round rate made read size vectors=t/vectors/paper-codes.json

    PYTHONPATH=build/python python3 -c 'import cwt' 2> /dev/null \
        || fail 'no python-cwt: tools/setup.sh test installs it'
    cp web/js/paper-code.js "$WORK/paper-code.mjs"

    for ((round = 1; round <= RUNS; round++)); do
        note ours "$(taskset -c 0 "$BIN/code" "$vectors" "$SECS")"
        note peer "$(PYTHONPATH=build/python taskset -c 0 \
            python3 bench/peers/code.py "$vectors" "$SECS")"
        note page "$(taskset -c 0 node bench/peers/code.mjs \
            "$WORK/paper-code.mjs" "$vectors" "$SECS")"
        read -r made read size < <(taskset -c 0 "$BIN/code" list 100000)
        note made "$made"
        note read "$read"
        note size "$size"
    done

    rate=$(median ours)
    row 'codes verified' 1/s "$rate" "$(median peer)" python-cwt '>= 1'
    row 'its time' us "$(calc "1000000 / $rate")" - - '< 1000'
    row "the page's reader, in node" 1/s "$(median page)" - - -
    row 'a list of 100,000: sorted, signed' ms "$(median made)" - - -
    row 'read, verified' ms "$(median read)" - - -
    row 'its size' bytes "$(median size)" - - -
}
