#!lua
-- Counts a visit, unless the day is full.
-- KEYS[1]: the day's counter.
-- ARGV[1]: how many visits a day at most.  ARGV[2]: seconds to keep it.
-- Answers the day's count, or -1 if it was full: nothing was counted.

local most = tonumber(ARGV[1])
local keep = tonumber(ARGV[2])

if not most or not keep or keep < 1 then
    return redis.error_reply("ERR hello_visit: most or keep is no number")
end

if tonumber(redis.call("GET", KEYS[1]) or "0") >= most then
    return -1
end

local count = redis.call("INCR", KEYS[1])

redis.call("EXPIRE", KEYS[1], keep)

return count
