#!lua
-- Enters an exam into the list of exams, if that is newer than what is there.
--
-- KEYS[1]  civic:{exams}: id -> "<revision> <listing>"
-- ARGV[1]  the exam's id
-- ARGV[2]  the revision
-- ARGV[3]  the listing: JSON with exam_id, title and windows
--
-- Answers 1; 0 if what is there is as new: nothing was written.

local revision = tonumber(ARGV[2])

if ARGV[1] == '' or not revision or ARGV[3] == '' then
    return redis.error_reply('ERR exam_list: ARGV')
end

local there = redis.call('HGET', KEYS[1], ARGV[1])

if there and (tonumber(string.match(there, '^(%d+) ')) or 0) >= revision then
    return 0
end

redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
