#!lua
-- Enters exams into the list of exams, where that is newer than what is there,
-- and into its order.
--
-- KEYS[1]  civic:{exams}: id -> "<revision> <listing>"
-- KEYS[2]  civic:{exams}:ends, a sorted set: ids by the latest end of a
--          window, ms; 0: what is listed is damaged
-- ARGV[1]  an exam's id
-- ARGV[2]  the revision; 0: damaged
-- ARGV[3]  the listing: JSON with exam_id, title and windows
-- ARGV[4]  the latest end of its windows, ms, or 0
-- ARGV     the next exam, and so on
--
-- What stands there in that revision gets its place in the order: a version
-- before this one had none.
--
-- Answers how many were newer.

local exams, ends = KEYS[1], KEYS[2]
local entered = 0

if #ARGV < 4 or #ARGV % 4 ~= 0 then
    return redis.error_reply('ERR exam_list: ARGV')
end
for i = 1, #ARGV, 4 do
    if ARGV[i] == '' or not tonumber(ARGV[i + 1]) or ARGV[i + 2] == ''
       or not string.match(ARGV[i + 3], '^%d+$') then
        return redis.error_reply('ERR exam_list: ARGV')
    end
end

for i = 1, #ARGV, 4 do
    local id, revision = ARGV[i], tonumber(ARGV[i + 1])
    local there = redis.call('HGET', exams, id)
    local known = tonumber(string.match(there or '', '^(%d+) ')) or 0

    if revision > known then
        redis.call('HSET', exams, id, ARGV[i + 1] .. ' ' .. ARGV[i + 2])
        entered = entered + 1
    end
    if revision >= known and (there or revision > 0) then
        redis.call('ZADD', ends, ARGV[i + 3], id)
    end
end

return entered
