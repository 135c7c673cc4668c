#!lua
-- Says of shards of jobs that they are worth trying now.
--
-- KEYS[1]  civic:job-queue, a sorted set: see job_next.lua
-- ARGV[1]  "new": only what is not in it yet; "now": all
-- ARGV     then the shards, "<plugin>.<job>:<shard>"; without its number a job
--          stands for all of its shards that are in the set
--
-- Answers how many were not in it before.

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local words = { ARGV[1] == 'new' and 'NX' or 'LT' }

local function call(shard)
    words[#words + 1] = now
    words[#words + 1] = shard
end

local function call_all(job)
    for _, shard in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
        if string.match(shard, '^(.*):%d+$') == job then
            call(shard)
        end
    end
end

for i = 2, #ARGV do
    if string.match(ARGV[i], ':%d+$') then
        call(ARGV[i])
    else
        call_all(ARGV[i])
    end
end

return #words == 1 and 0 or redis.call('ZADD', KEYS[1], unpack(words))
