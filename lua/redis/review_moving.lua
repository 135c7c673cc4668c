#!lua
-- Notes that an exam's instants have moved, or how far the walk over those
-- who have to pay has come.
--
-- KEYS[1]  civic:{review:moving}, a hash: exam -> "<revision> <cursor> <not
--          before, ms>"
-- ARGV[1]  the exam
-- ARGV[2]  what was read; "*": whatever is there
-- ARGV[3]  what comes; "": it is done
--
-- Answers 1; or 0, if it is not as it was read: nothing was written.

if ARGV[1] == '' or (ARGV[3] ~= ''
   and not string.match(ARGV[3], '^%d+ %d+ %d+$')) then
    return redis.error_reply('ERR review_moving: ARGV')
end
if ARGV[2] ~= '*'
   and redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
    return 0
end
if ARGV[3] == '' then
    redis.call('HDEL', KEYS[1], ARGV[1])
else
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1
