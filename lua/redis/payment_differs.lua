#!lua
-- Has the record of a trade lead to a difference that a bill has about it.
--
-- KEYS[1]  civic:{p:<pid>}:payment, see payment_open.lua
-- ARGV[1]  the trade's number
-- ARGV[2]  "<date>:<id>": of which day's bill, and the field without "d:"
-- Answers 1, or 0 if there is no such trade: nothing was written.

if ARGV[1] == '' or not string.match(ARGV[2], '^%d+%-%d%d%-%d%d:.') then
    return redis.error_reply('ERR payment_differs: ARGV')
end
if redis.call('HEXISTS', KEYS[1], 'trade:' .. ARGV[1]) == 0 then
    return 0
end
redis.call('HSET', KEYS[1], 'difference:' .. ARGV[2], ARGV[1])
return 1
