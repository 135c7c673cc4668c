#!lua
-- Puts a photo into the index of what waits for staff.
--
-- KEYS[1]  civic:{photo_reviews}:waiting, a sorted set: ids by their instant
-- KEYS[2]  civic:{photo_reviews}:owners, a hash: id -> pid
-- KEYS[3]  civic:{photo_reviews}:leases, a hash: id -> "<staff> <until ms>"
-- KEYS[4]  civic:{photo_reviews}:held, a hash: staff -> id
-- ARGV[1]  the photo's id
-- ARGV[2]  the pid
-- ARGV[3]  since when it waits, ms
-- ARGV[4]  who holds it as its record says, or ""
-- ARGV[5]  until when, ms
--
-- Answers 1 if it was not there, else 0.

local id, pid = ARGV[1], ARGV[2]

if id == '' or pid == '' or not tonumber(ARGV[3])
   or not tonumber(ARGV[5]) then
    return redis.error_reply('ERR photo_check_queue_put: ARGV')
end

redis.call('HSET', KEYS[2], id, pid)
local added = redis.call('ZADD', KEYS[1], ARGV[3], id)
if added == 1 and ARGV[4] ~= '' then
    redis.call('HSET', KEYS[3], id, ARGV[4] .. ' ' .. ARGV[5])
    redis.call('HSET', KEYS[4], ARGV[4], id)
end
return added
