#!lua
-- Puts a trade in the place of what was read of it, with all that the change
-- brings along: money that moved, a notification, the next deadline.
-- KEYS[1]  the trades: out_trade_no -> JSON
-- KEYS[2]  numbers that lead to one: trade_no or an order's id -> out_trade_no
-- KEYS[3]  the trades by when they were ordered
-- KEYS[4]  the movements of money by when they were
-- KEYS[5]  the notifications: id -> JSON
-- KEYS[6]  the notifications that wait, by when they are due (real time)
-- KEYS[7]  the trades that time will change, by when (business time)
-- ARGV[1]  out_trade_no
-- ARGV[2]  what was read; "" for none
-- ARGV[3]  what comes
-- ARGV[4]  a number that leads to it from now on, or ""
-- ARGV[5]  when it was ordered
-- ARGV[6]  when time will change it; "" for never
-- ARGV[7]  a movement's name; "" for none
-- ARGV[8]  when it moved
-- ARGV[9]  a notification's id; "" for none
-- ARGV[10] the notification
-- ARGV[11] when it is due
-- Answers 1; 0 if somebody else was quicker; -1 if the number is another's.
-- Then nothing was written.

local ordered = tonumber(ARGV[5])
local deadline = tonumber(ARGV[6])
local moved = tonumber(ARGV[8])
local due = tonumber(ARGV[11])

if not ordered or (ARGV[6] ~= "" and not deadline)
    or (ARGV[7] ~= "" and not moved) or (ARGV[9] ~= "" and not due) then
    return redis.error_reply("ERR sandbox_trade_write: no number")
end

if (redis.call("HGET", KEYS[1], ARGV[1]) or "") ~= ARGV[2] then
    return 0
end

if ARGV[4] ~= "" then
    local whose = redis.call("HGET", KEYS[2], ARGV[4])

    if whose and whose ~= ARGV[1] then
        return -1
    end
    redis.call("HSET", KEYS[2], ARGV[4], ARGV[1])
end

redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
redis.call("ZADD", KEYS[3], ordered, ARGV[1])

if ARGV[7] ~= "" then
    redis.call("ZADD", KEYS[4], moved, ARGV[7])
end

if ARGV[9] ~= "" then
    redis.call("HSET", KEYS[5], ARGV[9], ARGV[10])
    redis.call("ZADD", KEYS[6], due, ARGV[9])
end

if deadline then
    redis.call("ZADD", KEYS[7], deadline, ARGV[1])
else
    redis.call("ZREM", KEYS[7], ARGV[1])
end

return 1
