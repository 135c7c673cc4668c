#!lua
-- Begins to load an exam: a number of its own for the revision to come, so
-- that two who load at once never write into each other's positions.
--
-- KEYS[1]  civic:{exam:<id>}:head: revision, before, facts, listing,
--          positions, chunks, loaded_at; loading is the highest number given
-- ARGV[1]  the revision that was read, "0" for none
--
-- Answers the number; 0 if another revision is there by now: nothing was
-- written.

if not tonumber(ARGV[1]) then
    return redis.error_reply('ERR exam_begin: ARGV')
end

if (redis.call('HGET', KEYS[1], 'revision') or '0') ~= ARGV[1] then
    return 0
end

return redis.call('HINCRBY', KEYS[1], 'loading', 1)
