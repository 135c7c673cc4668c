#!lua
-- Takes a consent out of those whose retention is to be ended.
--
-- KEYS[1]  civic:retention:{<tag>}, a sorted set: entries, sealed, by the ms
--          at which the retention of each is over
-- KEYS[2]  the outbox of retentions, which has one entry while there are any
-- ARGV[1]  the entry
-- ARGV[2]  the id of what stands in the outbox
--
-- Answers 1, or 0 if it was gone already.

if ARGV[1] == '' or ARGV[2] == '' then
    return redis.error_reply('ERR civic_retention_done: ARGV')
end

local gone = redis.call('ZSCORE', KEYS[1], ARGV[1]) and 1 or 0

-- the set itself goes with its last entry: it is not looked at afterwards
if redis.call('ZCARD', KEYS[1]) == gone then
    redis.call('XDEL', KEYS[2], ARGV[2])
end
redis.call('ZREM', KEYS[1], ARGV[1])
return gone
