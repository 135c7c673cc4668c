#!lua
-- Notes who holds a photo that waits for staff, as its record says.
--
-- KEYS[1]  civic:{photo_reviews}:waiting, see photo_check_queue_put.lua
-- KEYS[2]  civic:{photo_reviews}:owners
-- KEYS[3]  civic:{photo_reviews}:leases
-- KEYS[4]  civic:{photo_reviews}:held
-- ARGV[1]  the photo's id
-- ARGV[2]  who, or "": nobody
-- ARGV[3]  until when, ms
--
-- Answers 1, or 0 if it is not in the index.

local id, staff = ARGV[1], ARGV[2]

if id == '' or not tonumber(ARGV[3]) then
    return redis.error_reply('ERR photo_check_queue_hold: ARGV')
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
