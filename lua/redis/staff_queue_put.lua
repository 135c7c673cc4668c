#!lua
-- Puts something that waits for staff into their queue.
--
-- KEYS[1]  <queue>:waiting, a sorted set: ids by the instant they wait for
-- KEYS[2]  <queue>:owners, a hash: id -> "<pid> <version>"; of an older
--          release: "<pid>"
-- KEYS[3]  <queue>:leases, a hash: id -> "<staff> <until ms>"
-- KEYS[4]  <queue>:held, a hash: staff -> id
-- KEYS[5]  <queue>:undated, a set: ids that nobody can say are overdue
-- ARGV[1]  the id
-- ARGV[2]  the pid
-- ARGV[3]  its version: it takes the place of an older one alone
-- ARGV[4]  the instant, ms
-- ARGV[5]  "1": it stands at that instant and is not due then; else "0"
-- ARGV[6]  who holds it as its record says, or ""
-- ARGV[7]  until when, ms
--
-- Answers 1 if it was not there, else 0.

local id, pid, version = ARGV[1], ARGV[2], tonumber(ARGV[3])

if id == '' or not string.match(pid, '^%S+$') or not version
   or not tonumber(ARGV[4]) or not string.match(ARGV[5], '^[01]$')
   or not tonumber(ARGV[7]) then
    return redis.error_reply('ERR staff_queue_put: ARGV')
end

local there = redis.call('ZSCORE', KEYS[1], id)
local before = string.match(redis.call('HGET', KEYS[2], id) or '',
                            '^%S+ (%d+)$')
if there and before and tonumber(before) >= version then
    return 0
end

redis.call('HSET', KEYS[2], id, pid .. ' ' .. ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[4], id)
if ARGV[5] == '1' then
    redis.call('SADD', KEYS[5], id)
end
if not there and ARGV[6] ~= '' then
    redis.call('HSET', KEYS[3], id, ARGV[6] .. ' ' .. ARGV[7])
    redis.call('HSET', KEYS[4], ARGV[6], id)
end
if ARGV[5] ~= '1' then
    redis.call('SREM', KEYS[5], id)
end
return there and 0 or 1
