#!lua
-- Plans faults: they come in this order, one with each call.
-- KEYS[1]  the faults of a method
-- ARGV[1]  the fault
-- ARGV[2]  how many calls shall see it; 0: forget all that wait
-- ARGV[3]  how many may wait at most
-- ARGV[4]  for how many ms they are kept
-- Answers how many wait now, or -1: that would be too many, nothing was
-- written.

local count = tonumber(ARGV[2])
local most = tonumber(ARGV[3])
local lifetime = tonumber(ARGV[4])

if not count or not most or not lifetime or lifetime < 1 then
    return redis.error_reply("ERR sandbox_fault: no number")
end

if count == 0 then
    redis.call("DEL", KEYS[1])
    return 0
end

if redis.call("LLEN", KEYS[1]) + count > most then
    return -1
end

for _ = 1, count do
    redis.call("RPUSH", KEYS[1], ARGV[1])
end

redis.call("PEXPIRE", KEYS[1], lifetime)

return redis.call("LLEN", KEYS[1])
