#!lua
-- Takes a photo out of the index of what waits for staff.
--
-- KEYS[1]  civic:{photo_reviews}:waiting, see photo_check_queue_put.lua
-- KEYS[2]  civic:{photo_reviews}:owners
-- KEYS[3]  civic:{photo_reviews}:leases
-- KEYS[4]  civic:{photo_reviews}:held
-- ARGV[1]  the photo's id
--
-- Answers 1 if it was there, else 0.

local id = ARGV[1]

if id == '' then
    return redis.error_reply('ERR photo_check_queue_drop: ARGV')
end

local staff = string.match(redis.call('HGET', KEYS[3], id) or '', '^(%S+) ')
if staff and redis.call('HGET', KEYS[4], staff) == id then
    redis.call('HDEL', KEYS[4], staff)
end
redis.call('HDEL', KEYS[3], id)
redis.call('HDEL', KEYS[2], id)
return redis.call('ZREM', KEYS[1], id)
