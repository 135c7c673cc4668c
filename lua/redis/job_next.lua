#!lua
-- Gives a worker the shard of a job that is next, and takes back the one that
-- it had.
--
-- KEYS[1]  civic:job-queue, a sorted set: "<plugin>.<job>:<shard>" -> when it
--          is next worth trying, epoch ms.  A guide and no more: whether the
--          shard is due, and who gets it, its lease says (job_take.lua).
-- ARGV[1]  ms for which nobody else is given what this worker gets
-- ARGV[2]  the shard that it had, or ""
-- ARGV[3]  the time that it was given with it
-- ARGV[4]  ms until that one is next worth trying
-- ARGV     then the jobs that it can run
--
-- What was called meanwhile (job_call.lua) is not taken back: it stays where
-- it was put.  A shard that nobody took for an hour is dropped: its job has
-- gone, and if not, a worker puts it in again.
--
-- Answers { the shard, its time }, or { "", how many there are } when nothing
-- is due.

local queue = KEYS[1]
local page = 64
local forgotten = 3600000       -- ms

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function decimal(number)
    return string.format('%.0f', number)
end

if ARGV[2] ~= '' and redis.call('ZSCORE', queue, ARGV[2]) == ARGV[3] then
    redis.call('ZADD', queue, decimal(now + tonumber(ARGV[4])), ARGV[2])
end

if #ARGV < 5 then
    return { '', 0 }
end

local mine, gone = {}, {}

for i = 5, #ARGV do
    mine[ARGV[i]] = true
end

-- The first of a page that this worker can run.
local function first(due)
    for i = 1, #due, 2 do
        local job = string.match(due[i], '^(.*):%d+$')

        if job and mine[job] then
            return due[i]
        end

        if tonumber(due[i + 1]) < now - forgotten then
            gone[#gone + 1] = due[i]
        end
    end
end

local from = 0
local shard

repeat
    local due = redis.call('ZRANGEBYSCORE', queue, '-inf', decimal(now),
                           'WITHSCORES', 'LIMIT', from, page)

    shard = first(due)
    from = from + page
until shard or #due < 2 * page

-- What goes, goes last: a key that is emptied is lost to this script when its
-- slot is on the move.
local answer = { shard, decimal(now + tonumber(ARGV[1])) }

if shard then
    redis.call('ZADD', queue, answer[2], shard)
else
    answer = { '', redis.call('ZCARD', queue) - #gone }
end

if #gone > 0 then
    redis.call('ZREM', queue, unpack(gone))
end

return answer
