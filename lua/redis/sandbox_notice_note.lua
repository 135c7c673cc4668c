#!lua
-- Notes what came of sending a notification.
-- KEYS[1]  the notifications that wait, by when they are due
-- KEYS[2]  the notifications: id -> JSON
-- ARGV[1]  its id
-- ARGV[2]  the JSON that was read
-- ARGV[3]  the JSON that comes
-- ARGV[4]  when it is due
-- Answers 1; 0 if somebody else was quicker: nothing was written.

local due = tonumber(ARGV[4])

if not due then
    return redis.error_reply("ERR sandbox_notice_note: no number")
end

if redis.call("HGET", KEYS[2], ARGV[1]) ~= ARGV[2] then
    return 0
end

redis.call("HSET", KEYS[2], ARGV[1], ARGV[3])
redis.call("ZADD", KEYS[1], due, ARGV[1])

return 1
