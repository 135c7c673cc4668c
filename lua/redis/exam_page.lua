#!lua
-- Reads some of the list of exams, in its order: first those that are not
-- over, of which the one that ends first leads; then those that are, of which
-- the one that ended last does.
--
-- KEYS[1]  civic:{exams}: id -> "<revision> <listing>"
-- KEYS[2]  civic:{exams}:ends, see exam_list.lua
-- ARGV[1]  now, ms: what ends then is over
-- ARGV[2]  how many at most
-- ARGV[3]  "": from the first on; or the place behind which it goes on:
--          "now.<end>.<id>" of one that was not over, "past.<end>.<id>"
--
-- An exam that has moved since, or is gone, leaves its place: whatever stood
-- behind it comes.  One that ended meanwhile may come twice, none is left out.
--
-- Answers { how many listed exams the order lacks, id, end, entry, ... }.

local exams, ends = KEYS[1], KEYS[2]
local most = tonumber(ARGV[2])
local side, at, id = string.match(ARGV[3], '^(%l+)%.(%d+)%.(.+)$')

if not tonumber(ARGV[1]) or not most or most < 1
   or (ARGV[3] ~= '' and side ~= 'now' and side ~= 'past') then
    return redis.error_reply('ERR exam_page: ARGV')
end

local count = redis.call('ZCARD', ends)
local over = redis.call('ZCOUNT', ends, '-inf', ARGV[1])
local up, down = over, over - 1                 -- ranks where it goes on

if side then
    local rank = redis.call('ZRANK', ends, id)

    if rank and tonumber(redis.call('ZSCORE', ends, id)) ~= tonumber(at) then
        rank = nil
    end
    if side == 'now' then
        up = math.max(up, rank and rank + 1
                          or redis.call('ZCOUNT', ends, '-inf', '(' .. at))
    else
        up = count
        down = math.min(down, (rank or redis.call('ZCOUNT', ends, '-inf', at))
                              - 1)
    end
end

local found = redis.call('ZRANGE', ends, up, up + most - 1, 'WITHSCORES')
local left = most - #found / 2

if left > 0 and down >= 0 then
    local first = count - 1 - down
    local past = redis.call('ZRANGE', ends, first, first + left - 1, 'REV',
                            'WITHSCORES')

    for i = 1, #past do
        found[#found + 1] = past[i]
    end
end

local answer = { redis.call('HLEN', exams) - count }

for i = 1, #found, 2 do
    answer[#answer + 1] = found[i]
    answer[#answer + 1] = found[i + 1]
    answer[#answer + 1] = redis.call('HGET', exams, found[i]) or ''
end
return answer
