#!lua
-- Erases what an exam has of somebody's seat: it was kept long enough.  With
-- the last person goes what is left of anybody, marks of the door above all.
--
-- KEYS[1]  civic:{ticket:<exam>}:people, see ticket_collect.lua
-- KEYS[2]  civic:{ticket:<exam>}:seats
-- KEYS[3]  civic:{ticket:<exam>}:waiting
-- KEYS[4]  civic:{ticket:<exam>}:door, see ticket_door.lua
-- KEYS[5]  the audit trail's outbox
-- ARGV[1]  the pid
-- ARGV[2]  what stands there of the person, as it was read
-- ARGV[3]  the digest
-- ARGV[4]  the entry for the audit trail
--
-- Answers 1; 0: it is not as it was read, and nothing was written.

local pid = ARGV[1]

if pid == '' or not string.match(ARGV[3], '^%x+$') or ARGV[4] == '' then
    return redis.error_reply('ERR ticket_erase: ARGV')
end
if redis.call('HGET', KEYS[1], pid) ~= ARGV[2] then
    return 0
end

local seat = string.match(ARGV[2], '^%S+') or ''
local last = redis.call('HLEN', KEYS[1]) == 1
local has = redis.call('HGET', KEYS[2], seat) == pid

redis.call('XADD', KEYS[5], '*', 'entry', ARGV[4])
if last then
    redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
else
    redis.call('ZREM', KEYS[3], ARGV[3] .. ':' .. pid)
    if has then
        redis.call('HDEL', KEYS[2], seat)
    end
end
return redis.call('HDEL', KEYS[1], pid)
