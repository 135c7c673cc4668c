#!lua
-- Notes who holds something that waits for staff, as its record says.
--
-- KEYS[1]  <queue>:waiting, see staff_queue_put.lua
-- KEYS[2]  <queue>:owners
-- KEYS[3]  <queue>:leases
-- KEYS[4]  <queue>:held
-- KEYS[5]  <queue>:undated
-- ARGV[1]  the id
-- ARGV[2]  who, or "": nobody
-- ARGV[3]  until when, ms
--
-- Answers 1, or 0 if it is not in the queue.

local id, staff = ARGV[1], ARGV[2]

if id == '' or not tonumber(ARGV[3]) then
    return redis.error_reply('ERR staff_queue_hold: ARGV')
end
if not redis.call('ZSCORE', KEYS[1], id) then
    return 0
end

local before = string.match(redis.call('HGET', KEYS[3], id) or '', '^(%S+) ')
if staff ~= '' then
    redis.call('HSET', KEYS[3], id, staff .. ' ' .. ARGV[3])
    redis.call('HSET', KEYS[4], staff, id)
else
    redis.call('HDEL', KEYS[3], id)
end
if before and before ~= staff
   and redis.call('HGET', KEYS[4], before) == id then
    redis.call('HDEL', KEYS[4], before)
end
return 1
