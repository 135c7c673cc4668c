#!lua
-- Makes a revision the exam's: from here on it is what everybody reads.  The
-- one before is kept for readers under way, the one before that goes.
--
-- KEYS[1]  civic:{exam:<id>}:head, see exam_begin.lua
-- KEYS[2]  civic:{exam:<id>}:positions:<revision>
-- KEYS[3]  civic:{exam:<id>}:positions:<the head's before>
-- KEYS[4]  the outbox of exams that changed
-- KEYS[5]  the audit trail's outbox
-- ARGV[1]  the revision that was read, "0" for none
-- ARGV[2]  the revision: the number that exam_begin gave
-- ARGV[3]  the revision before the one that was read, "0" for none
-- ARGV[4]  the exam's id
-- ARGV[5]  facts, ARGV[6] listing: JSON
-- ARGV[7]  how many positions, ARGV[8] in how many chunks
-- ARGV[9]  now, ms
-- ARGV[10] the entry for the audit trail
--
-- Answers 1; 0 if another revision is there by now, -1 if positions are
-- missing: nothing was written.

local head = KEYS[1]

for _, i in ipairs({ 1, 2, 3, 7, 8, 9 }) do
    if not tonumber(ARGV[i]) then
        return redis.error_reply('ERR exam_publish: ARGV')
    end
end
if ARGV[4] == '' or ARGV[5] == '' or ARGV[6] == '' or ARGV[10] == ''
   or tonumber(ARGV[2]) <= tonumber(ARGV[1]) then
    return redis.error_reply('ERR exam_publish: ARGV')
end

if (redis.call('HGET', head, 'revision') or '0') ~= ARGV[1]
   or (redis.call('HGET', head, 'before') or '0') ~= ARGV[3] then
    return 0
end
if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[8]) then
    return -1
end

redis.call('PERSIST', KEYS[2])
redis.call('HSET', head, 'revision', ARGV[2], 'before', ARGV[1],
           'facts', ARGV[5], 'listing', ARGV[6], 'positions', ARGV[7],
           'chunks', ARGV[8], 'loaded_at', ARGV[9])
redis.call('XADD', KEYS[4], '*', 'entry', ARGV[4])
redis.call('XADD', KEYS[5], '*', 'entry', ARGV[10])
if ARGV[3] ~= '0' then
    redis.call('UNLINK', KEYS[3])
end
return 1
