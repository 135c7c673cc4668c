#!lua
-- The notification that is due first, for whoever sends it now.
-- KEYS[1]  the notifications that wait, by when they are due
-- KEYS[2]  the notifications: id -> JSON
-- ARGV[1]  now
-- ARGV[2]  when others may take it again, if nobody says what came of it
-- Answers its JSON; "" if none is due.

local now = tonumber(ARGV[1])
local again = tonumber(ARGV[2])

if not now or not again then
    return redis.error_reply("ERR sandbox_notice_take: no number")
end

local id = redis.call("ZRANGE", KEYS[1], "-inf", now, "BYSCORE", "LIMIT", 0,
    1)[1]

if not id then
    return ""
end

redis.call("ZADD", KEYS[1], again, id)

return redis.call("HGET", KEYS[2], id)
