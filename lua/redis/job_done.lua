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
-- Answers as job_take.lua, without its last; its first is 0 if the lease is
-- another's by now.

local lease, me, fence, result = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local interval = tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local fields = { 'fence', 'holder', 'until', 'next_at', 'last_start',
                 'last_end', 'last_result', 'last_error', 'failures',
                 'last_fence' }
local shown = 9
local state = {}

for i, value in ipairs(redis.call('HMGET', lease, unpack(fields))) do
    state[fields[i]] = value
end

local function answer(noted)
    local due = tonumber(state.next_at or 0) or 0
    local reply = { noted, 0, math.max(due - now, 0), now }

    for i = 1, shown do
        reply[#reply + 1] = state[fields[i]]
    end

    return reply
end

-- Redis hears of all changes at once.
local changes = {}

local function change(name, value)
    state[name] = value
    changes[#changes + 1] = name
    changes[#changes + 1] = value
end

-- As in job_take.lua.
local function back_off(failures)
    return math.min(math.min(interval, 60000) * 2 ^ math.min(failures - 1, 30),
                    math.max(interval, 3600000))
end

if state.last_fence == fence then
    return answer(1)
end

if state.fence ~= fence or state.holder ~= me then
    return answer(0)
end

change('holder', '')
change('until', 0)

if result == '' then
    change('next_at', now)
    redis.call('HSET', lease, unpack(changes))
    return answer(1)
end

local failures = result == 'ok' and 0
                 or (tonumber(state.failures or 0) or 0) + 1
local pause = interval

if failures > 0 then
    pause = back_off(failures) * (1 + tonumber(ARGV[6]) / 4000)
end

change('next_at', math.floor(now + pause))
change('last_end', now)
change('last_result', result)
change('last_error', ARGV[4])
change('last_fence', fence)
change('failures', failures)
redis.call('HSET', lease, unpack(changes))

return answer(1)
