#!/bin/bash
# The demo: Redis, the media engine and the distribution's nginx with Civic, on
# 127.0.0.1, with example people.  "demo.sh start" builds what changed, starts
# what does not run and prints what to try; "demo.sh stop" ends exactly what
# start began.
#
#   run/                     in the clone: pids, logs, demo.json, try.sh
#   /var/lib/civic-demo-...  what workers must read, for www-data may have no
#                            way into the clone; made anew with run/
set -eu
cd "$(dirname "$0")/.."

ROOT=$PWD
RUN=$ROOT/run
STATE=/var/lib/civic-demo-$(printf %s "$ROOT" | sha256sum | cut -c1-8)
FIRST_PORT=${PORT:-8088}

# name | identity number | password.  Sequences 000 and 999 are never given
# to anybody.
PEOPLE='张伟|630105199003079996|Qinghai-Lake-2026
李晓红|63280119850601000X|Haixi-Salt-Lake-7
王秀英|630105194802210003|Xining-Grandma-48
陈嘉伟|810000199209159998|HongKong-Pier-9
安娜·迈尔|911156198704230007|Anna-From-Afar-87
阿依古丽·买买提|653101199511010005|Kashgar-Roses-95'

# What each of them says to the electronic social-security card.
CARD_PASSWORD=246810

# name | password | TOTP secret | roles: one for each role, ready to log in.
STAFF='reviewer|Review-Desk-2026|CIVICDEMO2REVIEWER2AAAAAAAAAAAAA|reviewer
sampler|Sampling-Site-2026|CIVICDEMO2SAMPLER22AAAAAAAAAAAAA|sampler
laboratory|Quiet-Bench-2026|CIVICDEMO2LABORATORY2AAAAAAAAAAA|laboratory
door|Green-Gate-2026|CIVICDEMO2DOOR2AAAAAAAAAAAAAAAAA|door
counter|Window-Seven-2026|CIVICDEMO2COUNTER2AAAAAAAAAAAAAA|counter
office|Upper-Floor-2026|CIVICDEMO2OFFICE2AAAAAAAAAAAAAAA|office
administrator|Key-Cupboard-2026|CIVICDEMO2ADMINISTRATOR2AAAAAAAA|administrator'

say()
{
    printf '%s\n' "$*"
}

fail()
{
    printf 'demo: %s\n' "$*" >&2
    exit 1
}


# ---- processes, by pid and start time, so that no namesake is ended --------

started_at()   # pid
{
    sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

remember()   # name pid
{
    echo "$2" > "$RUN/$1.pid"
    started_at "$2" > "$RUN/$1.started"
}

pid_of()   # name: the pid, if it is still the process that we started
{
    local pid born

    # nginx takes its pid file away by itself, at any moment of its end
    pid=$(cat "$RUN/$1.pid" 2> /dev/null) || return 1
    born=$(cat "$RUN/$1.started" 2> /dev/null) || return 1
    [ -n "$pid" ] && still "$pid" "$born" || return 1
    echo "$pid"
}

still()   # pid started: is it still there?
{
    [ -n "$2" ] && [ "$(started_at "$1")" = "$2" ]
}

end()   # name signal
{
    local pid born i

    if pid=$(pid_of "$1"); then
        born=$(cat "$RUN/$1.started")
        kill "-$2" "$pid" 2> /dev/null || true
        for ((i = 0; i < 200; i++)); do
            still "$pid" "$born" || break
            sleep 0.05
        done
        if still "$pid" "$born"; then
            kill -KILL "$pid"
            say "demo: $1 ($pid) had to be killed"
        fi
    fi
    rm -f "$RUN/$1.pid" "$RUN/$1.started"
}

wait_for()   # what seconds command...
{
    local what=$1 tries=$(($2 * 20))
    shift 2

    while ! "$@" > /dev/null 2>&1; do
        [ $((tries -= 1)) -gt 0 ] || fail "$what: no answer; see run/*.log"
        sleep 0.05
    done
}


# ---- what workers read -----------------------------------------------------

fill_in()   # template target
{
    sed "s#@STATE@#$STATE#g; s#@RUN@#$RUN#g; s#@PORT@#$PORT#g" "$1" > "$2"
}

# NAME.pem, for workers alone, and NAME.pub.
make_key()   # name
{
    local pem=$STATE/sandbox/$1.pem

    [ ! -f "$pem" ] || return 0
    (umask 077; openssl genpkey -algorithm RSA -out "$pem.new" 2> /dev/null)
    openssl pkey -in "$pem.new" -pubout -out "$STATE/sandbox/$1.pub"
    chown www-data: "$pem.new"
    mv "$pem.new" "$pem"
}

# What signs codes on paper: tickets', and families'.
make_signing_key()   # name
{
    local pem=$STATE/$1.pem

    [ ! -f "$pem" ] || return 0
    (umask 077; openssl genpkey -algorithm EC \
        -pkeyopt ec_paramgen_curve:P-256 -out "$pem.new" 2> /dev/null)
    chown www-data: "$pem.new"
    mv "$pem.new" "$pem"
}

# What stands for the providers: keys of both sides, and the same people.
stage_sandbox()
{
    local name number password separator='' n=0

    mkdir -p "$STATE/sandbox"
    make_key app
    make_key gateway
    while IFS='|' read -r name number password; do
        n=$((n + 1))
        printf '%s{"user":"%s","user_id":"208800000000%04d",' \
            "$separator" "$name" $n
        printf '"open_id":"demo-open-id-%d","name":"%s","id_number":"%s",' \
            $n "$name" "$number"
        printf '"card_password":"%s"}' "$CARD_PASSWORD"
        separator=,
    done <<< "$PEOPLE" | sed '1s/^/[/; $s/$/]/' > "$STATE/sandbox/people.json"
    cp plugins/sandbox/share/sandbox/register.json "$STATE/sandbox/register.json"
    fill_in conf/demo-sandbox.conf.in "$STATE/etc/civic/civic.d/sandbox.conf"
    (umask 077; echo demo-card-secret > "$STATE/sandbox/card.secret")
    chown www-data: "$STATE/sandbox/card.secret"
    fill_in conf/demo-login.conf.in "$STATE/etc/civic/civic.d/login.conf"
}

# The pages, which then know of the sandbox phone.
stage_web()
{
    local etc=$STATE/etc/civic

    cp conf/sandbox-phone.conf "$etc/sandbox-phone.conf"
    sed -i "s#/usr/share/civic#$STATE/usr/share/civic#
            s#/etc/civic#$etc#" "$etc/web.conf" "$etc/sandbox-phone.conf"
    sed -i 's#"sandbox_phone": ""#"sandbox_phone": "/sandbox/phone"#
            s#"next": ""#"next": "/web/exam.html"#
            s#"codes": ""#"codes": "/web/codes.html"#' "$etc/web.json"
}

# The internal server, and the upstreams "alipay", "card", "self" (where
# notifications go) and "register" (whose a number is) leading back to this
# nginx: the shipped files, with the demo's paths and without TLS.
stage_upstreams()
{
    local etc=$STATE/etc/civic file name

    install -d -o root -g www-data -m 0710 "$STATE/upstreams"
    rm -f "$STATE/upstreams/upstreams.sock"
    sed -i "s#/run/civic/#$STATE/upstreams/#g; s#/etc/civic#$etc#g" \
        "$etc/civic-upstreams.conf"
    sed -i "s#/var/log/nginx/#$RUN/#" "$etc/civic-upstreams-server.conf"
    sed "s#openapi.alipay.com:443#127.0.0.1:$PORT#" \
        conf/examples/alipay.conf > "$etc/upstreams.d/alipay.conf"
    sed "s#https://#http://#; s#  openapi.alipay.com;#  127.0.0.1;#" \
        conf/examples/alipay.location > "$etc/upstreams.d/alipay.location"
    for file in conf location; do
        for name in card self register; do
            sed "s#civic-alipay#civic-$name#; s#/alipay/#/$name/#" \
                "$etc/upstreams.d/alipay.$file" \
                > "$etc/upstreams.d/$name.$file"
        done
    done
}

# The media engine, photos checked by it, and by faces if their models could
# be fetched.
stage_media()
{
    local etc=$STATE/etc/civic file

    install -d -m 0755 "$STATE/media"
    for file in conf location; do
        sed "s#/run/civic-media/#$STATE/media/#" "conf/examples/media.$file" \
            > "$etc/upstreams.d/media.$file"
    done
    sed -i '/^# civic_plugin/,$s/^# \{0,1\}//' "$etc/civic.d/photo_check.conf"
}

# Applications, with all that they want beside them.
stage_applications()
{
    sed -i '/^# civic_plugin/,$s/^# \{0,1\}//' \
        "$STATE/etc/civic/civic.d/review.conf"
}

# Tickets, which the media engine draws.
stage_tickets()
{
    make_signing_key ticket
    sed -i "/^# civic_plugin/,\$s/^# \{0,1\}//
            s#/etc/civic/ticket.pem#$STATE/ticket.pem#" \
        "$STATE/etc/civic/civic.d/ticket.conf"
}

# Health codes of families, whose paper is signed, and sampling.
stage_families()
{
    local etc=$STATE/etc/civic

    make_signing_key kinship
    fill_in conf/demo-kinship.conf.in "$etc/civic.d/kinship.conf"
    sed -i '/^# civic_plugin/,$s/^# \{0,1\}//' "$etc/civic.d/sampling.conf"
}

# As a package would install it, below STATE, with the paths of STATE.
stage()
{
    local file

    mkdir -p "$STATE/tmp" "$STATE/lib" "$STATE/redis/data"
    chmod 755 "$STATE"
    # Everything here is ours: no administrator's changes to keep.
    rm -rf "${STATE:?}/etc"
    DESTDIR=$STATE QUIET=1 tools/install.sh

    for file in "$STATE"/etc/civic/civic.d/*.conf; do
        sed -i "s#/usr/lib/civic#$STATE/usr/lib/civic#g
                s#/usr/share/civic#$STATE/usr/share/civic#g" "$file"
    done
    fill_in conf/demo-nginx.conf.in "$STATE/nginx.conf"
    stage_sandbox
    stage_upstreams
    stage_media
    stage_applications
    stage_tickets
    stage_families
    stage_web

    [ -f "$STATE/redis.password" ] \
        || (umask 077; head -c 24 /dev/urandom | base64 \
            > "$STATE/redis.password")
    sed "s#@PASSWORD_SHA256@#$(tr -d '\n' < "$STATE/redis.password" \
        | sha256sum | cut -d' ' -f1)#" conf/redis.acl > "$STATE/redis.acl"
    sed "s#/run/redis-civic#$STATE/redis#; s#/etc/civic#$STATE#
         s#/var/lib/redis-civic#$STATE/redis/data#" conf/redis.conf \
        > "$STATE/redis.conf"
    # nginx's workers reach the socket; only redis reads its data.
    chown -R redis:redis "$STATE/redis" "$STATE/redis.acl"
    chmod 711 "$STATE/redis"
    chmod 700 "$STATE/redis/data"
    chmod 600 "$STATE/redis.acl"

    [ -f "$STATE/keyring.json" ] \
        || build/civicctl keyring init "$STATE/keyring.json" > /dev/null
}

# What was built and configured, as one word: does what runs still fit?
fingerprint()
{
    cat build/*.so build/civic-media build/plugins/*.so conf/* conf/*/* \
        lua/*/*.lua lua/rules/*/*.lua web/*.html web/*.js web/*/* plugins/sandbox/share/*/* tools/demo.sh \
        2>/dev/null | sha256sum | cut -d' ' -f1
}


# ---- start -----------------------------------------------------------------

free_port()
{
    local port=$FIRST_PORT

    while (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
        [ $port -lt $((FIRST_PORT + 100)) ] || fail 'no free port'
    done
    [ "$port" = "$FIRST_PORT" ] \
        || say "$FIRST_PORT is in use, taking $port; PORT= chooses another" >&2
    echo "$port"
}

redis_ask()
{
    REDISCLI_AUTH=$(cat "$STATE/redis.password") \
        redis-cli --no-auth-warning --user civic -s "$STATE/redis/redis.sock" "$@"
}

start_redis()
{
    setsid setpriv --reuid redis --regid redis --clear-groups \
        redis-server "$STATE/redis.conf" >> "$RUN/redis.log" 2>&1 < /dev/null &
    remember redis $!
    wait_for redis 20 redis_ask ping
}

# As root its parent makes the socket; who decodes is nobody.
start_media()
{
    setsid "$STATE/usr/bin/civic-media" --socket "$STATE/media/media.sock" \
        --group www-data --user nobody \
        --models "$STATE/usr/share/civic/faces" \
        >> "$RUN/media.log" 2>&1 < /dev/null &
    remember media $!
    wait_for 'the media engine' 60 media_ready
}

media_ready()
{
    curl -sf --unix-socket "$STATE/media/media.sock" \
        http://media/v1/health
}

start_nginx()
{
    nginx -p "$STATE" -e "$RUN/error.log" -c "$STATE/nginx.conf" \
        >> "$RUN/nginx.log" 2>&1 \
        || { tail -n 5 "$RUN/nginx.log" >&2; fail 'nginx did not start'; }
    wait_for 'nginx' 10 test -s "$RUN/nginx.pid"
    remember nginx "$(cat "$RUN/nginx.pid")"
    wait_for 'Civic' 20 ready
}

ready()
{
    [ "$(curl -s -o /dev/null -w '%{http_code}' \
        "http://127.0.0.1:$PORT/civic/ready")" = 200 ]
}

# Records of an older build may have had another form.
can_be_read()
{
    local name number password

    IFS='|' read -r name number password <<< "$PEOPLE"
    build/civicctl -c "$STATE/nginx.conf" citizen show --id-number "$number" \
        > /dev/null 2>&1
}

add_people()
{
    local name number password

    [ -f "$RUN/people" ] && can_be_read && return
    while IFS='|' read -r name number password; do
        printf '%s' "$password" \
            | build/civicctl -c "$STATE/nginx.conf" citizen add --replace \
                --name "$name" --id-number "$number" --password-stdin \
                > /dev/null \
            || fail "could not add $name"
    done <<< "$PEOPLE"
    printf '%s\n' "$PEOPLE" > "$RUN/people"
}

add_staff()
{
    local name password secret roles there

    there=$(build/civicctl -c "$STATE/nginx.conf" staff list) \
        || fail 'could not list the staff'
    while IFS='|' read -r name password secret roles; do
        grep -q "^$name " <<< "$there" && continue
        printf '%s' "$password" \
            | build/civicctl -c "$STATE/nginx.conf" staff add \
                --name "$name" --roles "$roles" --password-stdin \
                --totp-secret "$secret" > /dev/null \
            || fail "could not add the staff account $name"
    done <<< "$STAFF"
}

# The example exam, unless it is there as it is shipped.
add_exam()
{
    local file=conf/exams/demo-2026.json loaded

    loaded=$(sha256sum < "$file")
    [ "$(cat "$RUN/exam" 2> /dev/null)" = "$loaded" ] && return
    build/civicctl -c "$STATE/nginx.conf" exam load "$file" > /dev/null \
        || fail 'could not load the example exam'
    echo "$loaded" > "$RUN/exam"
}

write_json()
{
    local base=http://127.0.0.1:$PORT separator='' name number password
    local secret roles

    {
        printf '{"base_url":"%s","console_url":"%s/civic/",' "$base" "$base"
        printf '"pages_url":"%s/","phone_url":"%s/sandbox/phone",' \
            "$base" "$base"
        printf '"sandbox_folder":"%s",' "$STATE/sandbox"
        printf '"civicctl":"%s -c %s",\n' \
            "$STATE/usr/bin/civicctl" "$STATE/nginx.conf"
        printf '"sandbox_url":"%s/sandbox","card_password":"%s","people":[' \
            "$base" "$CARD_PASSWORD"
        while IFS='|' read -r name number password; do
            printf '%s\n  {"name":"%s","id_number":"%s","password":"%s"}' \
                "$separator" "$name" "$number" "$password"
            separator=,
        done <<< "$PEOPLE"
        printf '\n],"staff":['
        separator=''
        while IFS='|' read -r name password secret roles; do
            printf '%s\n  {"name":"%s","password":"%s",' \
                "$separator" "$name" "$password"
            printf '"totp_secret":"%s","roles":["%s"]}' \
                "$secret" "${roles//,/\",\"}"
            separator=,
        done <<< "$STAFF"
        printf '\n]}\n'
    } > "$RUN/demo.json.new"
    mv "$RUN/demo.json.new" "$RUN/demo.json"
}

# The lines that are printed are also a script: run/try.sh.
write_try()
{
    local name number password staff key secret roles

    IFS='|' read -r name number password <<< "$PEOPLE"
    IFS='|' read -r staff key secret roles <<< "$STAFF"
    sed "s#@BASE@#http://127.0.0.1:$PORT#g; s#@NUMBER@#$number#g
         s#@PASSWORD@#$password#g; s#@RULES@#$STATE/etc/civic/rules#g
         s#@STAFF@#$staff#g; s#@STAFF_PASSWORD@#$key#g; s#@SECRET@#$secret#g
         s#@CIVICCTL@#$STATE/usr/bin/civicctl -c $STATE/nginx.conf#g" \
        tools/demo-try.sh.in > "$RUN/try.sh"
}

# For a browser.  The card's issuer knows this address alone, so it is the one
# that is printed; by the name localhost the other two ways work, too.
tell_pages()
{
    local base=http://127.0.0.1:$PORT

    say
    say "    $base/                      the pages: log in, three ways"
    say "    $base/web/exam.html         the exam: positions, apply, pay, print"
    say "    $base/web/payment.html      fees"
    say "    $base/web/codes.html        health codes: one's own, the family's"
    say "    $base/web/mine.html         what one was told, and has consented to"
    say "    $base/sandbox/phone         the phone that scans codes, and pays"
    say "    $base/web/review.html       staff: photos and applications"
    say "    $base/web/checkpoint.html   staff: codes at an entrance"
    say "    $base/web/sampling.html     staff: sampling points, laboratories"
    say "    $base/web/office.html       staff: money that does not go back"
    say "    $base/web/verify.html       anybody: codes on paper, without a network"
    say
    say "Everybody's social-security card has the password $CARD_PASSWORD.  A" \
        "browser that takes"
    say 'cookies without TLS here: Chromium does.  From the login to a ticket and' \
        'to a'
    say "family's codes, by curl: docs/api-tour.md."
    say
}

# Who has no phone, and whose codes others bind: the register of the sandbox.
tell_family()
{
    local name number today

    today=$(TZ=Asia/Shanghai date +%Y%m%d)
    say "A family for family codes (their faces pass at the sandbox, too):"
    say
    sed -n 's/.*"name": "\([^"]*\)", "id_number": "\([^"]*\)".*/\1 \2/p' \
        "$STATE/sandbox/register.json" \
        | while read -r name number; do
            say "    $name  $number  $(((today - ${number:6:8}) / 10000)) years"
        done
    say
}

# The same tools as on a real machine, with the demo's paths.
tell_paths()
{
    say "The demo's own, for docs/administration.md and docs/plugin-guide.md:"
    say
    say "    $STATE/usr/bin/civicctl -c $STATE/nginx.conf doctor"
    say "    nginx -e stderr -c $STATE/nginx.conf -s reload"
    say "    ls $STATE/etc/civic/rules   # taken when edited; no reload"
    say "    $STATE/usr/bin/civicctl -c $STATE/nginx.conf exam seat demo-2026"
    say
}

start()
{
    [ "$(id -u)" = 0 ] || fail 'needs root (nginx gives itself to www-data)'
    tools/setup.sh build
    make --no-print-directory --silent build
    mkdir -p "$RUN"

    if pid_of redis > /dev/null && pid_of nginx > /dev/null \
       && pid_of media > /dev/null \
       && [ "$(fingerprint)" = "$(cat "$RUN/fingerprint" 2>/dev/null)" ]
    then
        PORT=$(cat "$RUN/port")
        wait_for 'Civic' 20 ready
    else
        stop quietly
        [ -f "$RUN/people" ] || rm -rf "$STATE"
        PORT=$(free_port)
        echo "$PORT" > "$RUN/port"
        stage
        start_redis
        start_media
        add_people
        add_staff
        add_exam
        start_nginx
        fingerprint > "$RUN/fingerprint"
    fi

    write_json
    write_try
    say "Civic answers on http://127.0.0.1:$PORT (people: run/demo.json;" \
        "logs: run/*.log; end it: make stop)"
    tell_pages
    tell_family
    tell_paths
    say 'Try it with curl:'
    say
    sed '1,/^# ----/d; s/^/    /' "$RUN/try.sh"
}

stop()
{
    end nginx QUIT
    end media TERM
    end redis TERM
    rm -f "$RUN/demo.json"
    [ "${1:-}" != quietly ] || return 0
    say "The demo is stopped.  Its people stay; to remove them, too:"
    say "    rm -r $RUN $STATE"
}

case ${1:-start} in
start) start ;;
stop)  stop ;;
*)     fail "start or stop, not \"$1\"" ;;
esac
