#!lua
-- Notes how a run of a job's shard ended and gives its lease back.
--
-- KEYS[1]  civic:{job:<plugin>.<name>:<shard>}, a hash: see job_take.lua
-- ARGV[1]  who held it
-- ARGV[2]  the fencing number it was given
-- ARGV[3]  "ok", "failed", "overrun"; "" if it was not run at all
-- ARGV[4]  why it failed, or ""
-- ARGV[5]  ms of the job's interval
-- ARGV[6]  0 .. 1000: how much of the jitter is added to a back-off
--
-- After a success it is due an interval later; after n failures in a row a
-- minute (or the interval, if that is shorter) times 2^(n-1) later, but not
-- later than an hour or the interval.  May be sent twice: the second changes
-- nothing.
--
-- Answers as job_take.lua; its first is 0 if the lease is another's by now.

local lease, me, fence, result = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local interval = tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local known = redis.call('HMGET', lease, 'fence', 'holder', 'last_fence',
                         'failures')

local function answer(noted)
    local state = redis.call('HMGET', lease, 'fence', 'holder', 'until',
                             'next_at', 'last_start', 'last_end',
                             'last_result', 'last_error', 'failures')
    local due = tonumber(state[4] or 0) or 0

    local reply = { noted, 0, math.max(due - now, 0), now }

    for _, value in ipairs(state) do
        reply[#reply + 1] = value
    end

    return reply
end

-- As in job_take.lua.
local function back_off(failures)
    return math.min(math.min(interval, 60000) * 2 ^ math.min(failures - 1, 30),
                    math.max(interval, 3600000))
end

if known[3] == fence then
    return answer(1)
end

if known[1] ~= fence or known[2] ~= me then
    return answer(0)
end

redis.call('HSET', lease, 'holder', '', 'until', 0)

if result == '' then
    redis.call('HSET', lease, 'next_at', now)
    return answer(1)
end

local failures = result == 'ok' and 0
                 or (tonumber(known[4] or 0) or 0) + 1
local pause = interval

if failures > 0 then
    pause = back_off(failures) * (1 + tonumber(ARGV[6]) / 4000)
end

redis.call('HSET', lease, 'next_at', math.floor(now + pause), 'last_end', now,
           'last_result', result, 'last_error', ARGV[4], 'last_fence', fence,
           'failures', failures)

return answer(1)
