#!/bin/bash
# Puts what is built where the distribution expects it, below $DESTDIR.
# Each file arrives under a temporary name and is renamed: a worker that has
# the old plugin loaded keeps its inode, where writing into it would kill
# every worker.  Files of /etc that exist are the administrator's: they stay,
# and the new one is put beside as <name>.new when it differs.
set -eu
cd "$(dirname "$0")/.."

build=${BUILD:-build}
dest=${DESTDIR:-}

put()   # mode source target
{
    local target=$dest$3

    mkdir -p "$(dirname "$target")"
    cmp -s "$2" "$target" && return
    install -m "$1" "$2" "$target.installing"
    mv -f "$target.installing" "$target"
}

put_conf()   # mode source target
{
    local target=$dest$3

    if [ -e "$target" ] && ! cmp -s "$2" "$target"; then
        put "$1" "$2" "$3.new"
        [ -n "${QUIET:-}" ] \
            || echo "kept $target; this version's lies beside it as .new"
    else
        put "$1" "$2" "$3"
    fi
}

# Which plugins run is the administrator's choice: one that an upgrade brings,
# or that was taken out, is not switched on by an install.
put_plugin_conf()   # source name
{
    if [ -n "$upgrade" ] && [ ! -e "$dest/etc/civic/civic.d/$2" ]; then
        put 644 "$1" "/etc/civic/civic.d/$2.new"
        [ -n "${QUIET:-}" ] \
            || echo "$dest/etc/civic/civic.d/$2.new: rename it to use it"
    else
        put_conf 644 "$1" "/etc/civic/civic.d/$2"
    fi
}

upgrade=
[ ! -d "$dest/etc/civic/civic.d" ] || upgrade=1

put 644 "$build/ngx_http_civic_module.so" \
    /usr/lib/nginx/modules/ngx_http_civic_module.so
put 755 "$build/civicctl" /usr/bin/civicctl
put 755 "$build/civic-media" /usr/bin/civic-media
put 644 ngx_module/include/civic_plugin.h /usr/include/civic_plugin.h
for file in ngx_module/include/civic/*.h; do
    put 644 "$file" "/usr/include/civic/${file##*/}"
done

for file in "$build"/plugins/*.so; do
    put 644 "$file" "/usr/lib/civic/plugins/${file##*/}"
done

for file in lua/redis/*.lua; do
    put 644 "$file" "/usr/share/civic/redis/${file##*/}"
done

# plugins/<name>/share/... is what a plugin reads at run time.
for share in plugins/*/share "$build"/share; do
    [ -d "$share" ] || continue
    while read -r file; do
        put 644 "$share/$file" "/usr/share/civic/$file"
    done < <(cd "$share" && find . -type f ! -name '.*' -printf '%P\n')
done

while read -r file; do
    put 644 "web/$file" "/usr/share/civic/web/$file"
done < <(cd web && find . -type f ! -name '.*' -printf '%P\n')

for file in lua/rules/*.lua lua/rules/*/*.lua; do
    put_conf 644 "$file" "/etc/civic/rules/${file#lua/rules/}"
done

mkdir -p "$dest/var/lib/civic"

put_conf 644 conf/civic.conf /etc/civic/civic.conf
put_conf 644 conf/civic-errors.conf /etc/civic/civic-errors.conf
put_conf 644 conf/web.conf /etc/civic/web.conf
put_conf 644 conf/web.json /etc/civic/web.json
put_conf 644 conf/civic-upstreams.conf /etc/civic/civic-upstreams.conf
put_conf 644 conf/civic-upstreams-server.conf \
    /etc/civic/civic-upstreams-server.conf
mkdir -p "$dest/etc/civic/upstreams.d"
for file in conf/examples/*.conf conf/examples/*.location; do
    put 644 "$file" "/usr/share/doc/civic/examples/${file##*/}"
done
for file in conf/exams/*.json; do
    put 644 "$file" "/usr/share/doc/civic/examples/exams/${file##*/}"
done
put_conf 644 conf/redis.conf /etc/civic/redis.conf
put_conf 640 conf/redis.acl /etc/civic/redis.acl
for file in conf/civic.d/*.conf; do
    put_plugin_conf "$file" "${file##*/}"
done
put 644 conf/redis-civic.service.conf \
    /etc/systemd/system/redis-server@civic.service.d/civic.conf
put 644 contrib/systemd/civic-media.service \
    /usr/lib/systemd/system/civic-media.service
put 644 docs/media-engine.md /usr/share/doc/civic/media-engine.md
put 644 conf/nginx.conf /usr/share/doc/civic/examples/nginx.conf
put 644 contrib/prometheus/civic-rules.yaml \
    /usr/share/doc/civic/examples/civic-rules.yaml
put 644 contrib/grafana/civic.json /usr/share/doc/civic/examples/civic.json
put 644 LICENSE /usr/share/doc/civic/copyright

[ -n "${QUIET:-}" ] || echo "installed below ${dest:-/}"
