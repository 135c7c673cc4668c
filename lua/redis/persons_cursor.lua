#!lua
-- Notes how far a walk over all persons of a family has come, or over all
-- exams.
--
-- KEYS[1]  civic:{<plugin>:rebuild:<shard>}, civic:{ticket:retention}
-- ARGV[1]  the cursor; 0: it begins anew
-- ARGV[2]  ms of the last walk's end, or 0
-- Answers 1.

if not string.match(ARGV[1], '^%d+$') or not tonumber(ARGV[2]) then
    return redis.error_reply('ERR persons_cursor: ARGV')
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2])
return 1
