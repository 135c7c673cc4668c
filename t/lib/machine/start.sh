#!/bin/bash
# A machine of its own for who follows the manual as root, "unshare --mount
# --net --pid --fork --kill-child --mount-proc start.sh <folder> <script>":
# what the script changes in /etc, /usr, /var, /root, /home, /opt and /srv lies
# on a RAM disk in folder, its ports are its own, and all that it started ends with it.
#
# It is Debian as after "apt-get install nginx redis-server", with
# 10.0.0.11 to .13 for who spreads Redis over machines, a site that nginx
# serves, and a systemctl that knows the units of the manual.
set -eu
here=$(dirname "$(realpath "$0")")
disk=$1/disk

mkdir -p "$disk"
mount -t tmpfs -o mode=755 machine "$disk"
for folder in etc usr var root home opt srv; do
    mkdir -p "$disk/$folder" "$disk/.$folder"
    mount -t overlay -o "lowerdir=/$folder,upperdir=$disk/$folder,workdir=$disk/.$folder" \
        overlay "/$folder"
done
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs -o mode=755 mnt /mnt
mkdir /run/lock

ip link set lo up
for last in 11 12 13; do
    ip address add 10.0.0.$last/32 dev lo
done
echo '127.0.0.1 civic.test openapi.alipay.com' >> /etc/hosts

install -m 755 "$here/systemctl" /usr/bin/systemctl
rm -rf /etc/nginx/modules-enabled/* /etc/nginx/sites-enabled/* \
    /etc/nginx/conf.d/* /etc/civic /var/lib/civic /var/log/nginx/*
ln -s /etc/nginx/sites-available/default /etc/nginx/sites-enabled/default
mkdir -p /var/www/html
echo 'the site of before' > /var/www/html/index.html
systemctl start nginx

export HOME=/root LC_ALL=C.UTF-8
exec bash "$2"
