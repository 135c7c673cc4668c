#!lua
-- The list of money that should go back and does not, for the office: an
-- index, which tells nothing that a person's own record does not tell but
-- why.
--
-- KEYS[1]  civic:{payment:stuck}, a sorted set: "<pid> r <refund>" or
--          "<pid> o <order>", since when (ms)
-- KEYS[2]  civic:{payment:stuck}:why, a hash: the same -> why, a word
-- ARGV[1]  the member
-- ARGV[2]  since when, ms; "": it goes
-- ARGV[3]  why; "" if it goes
--
-- Answers 1 if it came or went; 0 if it was so, but for why.

local member, since, why = ARGV[1], tonumber(ARGV[2]), ARGV[3]

if not string.match(member, '^%S+ [ro] %S+$')
   or (ARGV[2] == '') ~= (why == '') or (why ~= '' and not since) then
    return redis.error_reply('ERR payment_stuck: ARGV')
end

if why == '' then
    redis.call('HDEL', KEYS[2], member)
    return redis.call('ZREM', KEYS[1], member)
end

redis.call('HSET', KEYS[2], member, why)
return redis.call('ZADD', KEYS[1], 'NX', string.format('%.0f', since), member)
