#!lua
-- Keeps where a walk through all persons, which mends a queue of staff, goes
-- on.
--
-- KEYS[1]  <queue>:walk, a hash: shard -> cursor
-- ARGV[1]  the shard
-- ARGV[2]  the cursor; "0": from the beginning
--
-- Answers 1.

if not tonumber(ARGV[1]) or not string.match(ARGV[2], '^%d+$') then
    return redis.error_reply('ERR staff_queue_walk: ARGV')
end

redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
