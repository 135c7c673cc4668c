#!lua
-- Takes something out of a queue of staff.
--
-- KEYS[1]  <queue>:waiting, see staff_queue_put.lua
-- KEYS[2]  <queue>:owners
-- KEYS[3]  <queue>:leases
-- KEYS[4]  <queue>:held
-- KEYS[5]  <queue>:undated
-- ARGV[1]  the id
-- ARGV[2]  the version that waits no more: a newer one stays; "": any
--
-- Answers 1 if it was there, else 0.

local id = ARGV[1]

if id == '' or (ARGV[2] ~= '' and not tonumber(ARGV[2])) then
    return redis.error_reply('ERR staff_queue_drop: ARGV')
end

local version = string.match(redis.call('HGET', KEYS[2], id) or '',
                             '^%S+ (%d+)$')
if ARGV[2] ~= '' and version and tonumber(version) > tonumber(ARGV[2]) then
    return 0
end

local staff = string.match(redis.call('HGET', KEYS[3], id) or '', '^(%S+) ')
if staff and redis.call('HGET', KEYS[4], staff) == id then
    redis.call('HDEL', KEYS[4], staff)
end
redis.call('HDEL', KEYS[3], id)
redis.call('SREM', KEYS[5], id)
redis.call('HDEL', KEYS[2], id)
return redis.call('ZREM', KEYS[1], id)
