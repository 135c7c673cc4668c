#!/bin/bash
# Redis commands for the peers: seed.sh <users> <file for the tokens>.
# A profile has nine fields, about 330 bytes as JSON.  Each user has a child,
# whose code code.lua shows: binding <user>, relative c<user>.
set -eu

for ((i = 1; i <= $1; i++)); do
    token=$i.$(printf 'peer-session-%019d' "$i")
    echo "$token" >&3
    echo "HSET session:$token uid $i exp 4102444800 scope profile:read"
    printf 'HSET user:%d name "Example Person %d" email p%d@example.org ' \
        "$i" "$i" "$i"
    printf 'phone +8613800%06d avatar https://cdn.example.org/a/%d.png ' \
        "$i" "$i"
    printf 'role member level %d created 1700000000 updated 1712345678 ' \
        $((i % 9))
    printf 'bio "A short text about a person, of some sixty characters."\n'
    printf 'HSET kin:%d c%d "bound %d 1700000000000 child"\n' "$i" "$i" "$i"
    printf 'HSET guardians:c%d %d "%d 1700000000000 pledge child"\n' \
        "$i" "$i" "$i"
    printf 'HSET health:c%d name 测小小 facts {} version 1 ' "$i"
    printf 'look:%d 1700000000000\n' "$i"
    printf 'HSET consents:c%d health_child consent-%d\n' "$i" "$i"
done 3> "$2"
