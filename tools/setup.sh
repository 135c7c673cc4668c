#!/bin/bash
# Installs the Debian packages that are missing for what the arguments name:
#   build   compile it, and run the demo
#   test    the test tiers
#   lint    the static checks
#   bench   the peers and load generators of bench/
# The one list of packages.  With all there it only asks dpkg, and is quick.
set -eu
cd "$(dirname "$0")/.."

# Alipay's official SDK, whose word on our signatures t/http/alipay_sdk.t
# takes; what drives Chromium in t/browser.
SDK=alipay-sdk@4.14.0
DRIVER=playwright-core@1.65.1
# COSE and CBOR Web Tokens in Python, whose word on our codes on paper
# t/http/kinship_paper.t takes.
READER=cwt==3.3.0

BUILD="gcc g++ make libc6-dev nginx nginx-dev redis-server redis-tools curl
       ca-certificates perl python3-minimal libhiredis-dev libjansson-dev
       libluajit2-5.1-dev libssl-dev libargon2-dev libgd-dev espeak-ng
       libcjose-dev libqrencode-dev libdeflate-dev libzip-dev openssl
       libmicrohttpd-dev libseccomp-dev libjpeg62-turbo-dev libdlib-dev
       libopenblas0-serial python3-pip libcairo2-dev libpango1.0-dev
       fonts-wqy-microhei fonts-babelstone-han fonts-hanazono
       fonts-dejavu-core john-data"
TEST="libcmocka-dev libpng-dev libzbar-dev zbar-tools nghttp2-client procps
      poppler-utils chromium rsync iproute2 clang-14 libclang-rt-14-dev
      libnginx-mod-http-lua
      libnginx-mod-http-modsecurity libnginx-mod-nchan"
LINT="cppcheck lua-check shellcheck binutils"
BENCH="libnginx-mod-http-lua lua-nginx-redis lua-cjson wrk nghttp2-client
       util-linux procps zbar-tools"

# Somebody's own node is as good as Debian's.
want_node()
{
    command -v node >/dev/null || wanted="$wanted nodejs"
    command -v npm >/dev/null || wanted="$wanted npm"
}

# Into build/npm, once.  Without npm's registry, or with one that does not
# answer for two minutes, the test of the SDK says that it is skipped, and
# those in a browser fail.
install_npm()
{
    local package

    [ -n "$npm" ] || return 0
    mkdir -p build/npm
    for package in "$SDK" "$DRIVER"; do
        [ ! -f "build/npm/$package" ] || continue
        if timeout 120 npm install --prefix build/npm --no-audit --no-fund \
            --fetch-retries 1 "$package" > build/npm/install.log 2>&1
        then
            touch "build/npm/$package"
        else
            echo "setup: no $package: see build/npm/install.log" >&2
        fi
    done
}

# An independent reader of printed codes, into build/python, once; without it
# the test that asks it says so.
install_python()
{
    [ -n "$npm" ] || return 0
    mkdir -p build/python
    [ ! -f "build/python/.$READER" ] || return 0
    if timeout 120 python3 -m pip install --quiet --retries 1 \
        --disable-pip-version-check --root-user-action=ignore --upgrade \
        --target build/python "$READER" > build/python/install.log 2>&1
    then
        touch "build/python/.$READER"
    else
        echo "setup: no $READER: see build/python/install.log" >&2
    fi
}

# Without the models the engine measures no faces, and the tests of faces say
# that they are skipped.
fetch_models()
{
    [ -z "$models" ] || tools/models.sh build/share/faces || true
}

wanted=
npm=
models=
for set in "${@:-build}"; do
    case $set in
    build) wanted="$wanted $BUILD"; models=1 ;;
    test)  wanted="$wanted $TEST $LINT"; npm=1; want_node ;;
    lint)  wanted="$wanted $LINT" ;;
    bench) wanted="$wanted $BENCH"; want_node ;;
    *)     echo "setup: no set called \"$set\"" >&2; exit 2 ;;
    esac
done

missing=
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null \
            || true)
    [ "$state" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
    install_npm
    install_python
    fetch_models
    exit 0
fi

if [ "$(id -u)" != 0 ]; then
    echo "setup: these packages are missing, and only root may install them:" \
         >&2
    echo "    apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

# The packages' own nginx and redis services are not ours to start: a policy
# says no while we install, unless the machine has a policy already.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
echo "setup: installing$missing"
log=$(mktemp)
if ! { apt-get update -q \
       && apt-get install -q -y --no-install-recommends $missing; } \
     > "$log" 2>&1
then
    tail -n 25 "$log" >&2
    echo "setup: apt failed; the whole log: $log" >&2
    exit 1
fi
rm -f "$log"
install_npm
install_python
fetch_models
