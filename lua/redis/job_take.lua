#!lua
-- Takes the lease of one shard of a job, if it is due and nobody holds it.
--
-- KEYS[1]  civic:{job:<plugin>.<name>:<shard>}, a hash:
--            fence       rises with every taking, never falls
--            holder      who holds it; "" if nobody does
--            until       when the holder counts as lost, epoch ms
--            next_at     when it is due, epoch ms
--            wanted      due at once while fence is smaller ("job run")
--            last_start, last_end, last_result, last_error, last_fence
--            failures    since the last success
-- ARGV[1]  who asks
-- ARGV[2]  ms that the lease lasts
-- ARGV[3]  ms of the job's interval
--
-- Time is Redis' own: the workers of a fleet need not agree on it.  A lease
-- whose holder did not end it counts as a failure: at once the first time,
-- after a back-off when it goes on.
--
-- Answers { 1 taken, 2 taken for an operator ("job run": none has ended since
-- it was asked for) or 0, 1 if a lost holder was found or 0, ms until the
-- next try is worthwhile, now, then the first nine fields, then ms since the
-- taking before }.

local lease, me = KEYS[1], ARGV[1]
local interval = tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local fields = { 'fence', 'holder', 'until', 'next_at', 'last_start',
                 'last_end', 'last_result', 'last_error', 'failures',
                 'wanted', 'last_fence' }
local shown = 9
local state = {}

for i, value in ipairs(redis.call('HMGET', lease, unpack(fields))) do
    state[fields[i]] = value
end

local function number(name)
    return tonumber(state[name] or 0) or 0
end

local before = number('last_start')

local function answer(taken, lapsed, wait)
    local reply = { taken, lapsed, wait, now }

    for i = 1, shown do
        reply[#reply + 1] = state[fields[i]]
    end

    reply[#reply + 1] = math.max(now - before, 0)

    return reply
end

-- Redis hears of all changes at once.
local changes = {}

local function change(name, value)
    state[name] = value
    changes[#changes + 1] = name
    changes[#changes + 1] = value
end

-- As in job_done.lua.
local function back_off(failures)
    if failures == 0 then
        return 0
    end

    return math.min(math.min(interval, 60000) * 2 ^ math.min(failures - 1, 30),
                    math.max(interval, 3600000))
end

local holder = state.holder or ''
local ends = number('until')
local due = number('next_at')
local failures = number('failures')
local lapsed = holder ~= '' and ends <= now

if holder ~= '' and holder ~= me and not lapsed then
    return answer(0, 0, math.min(ends - now, interval))
end

if lapsed then
    due = ends + back_off(failures)

elseif holder == me then
    due = now               -- the answer to an earlier taking was lost
end

if due > now and number('wanted') <= number('fence') then
    return answer(0, 0, due - now)
end

if lapsed then
    change('failures', failures + 1)
    change('last_end', ends)
    change('last_result', 'lost')
    change('last_error', 'its holder ' .. holder .. ' did not end it')
end

change('fence', number('fence') + 1)
change('holder', me)
change('until', now + tonumber(ARGV[2]))
change('last_start', now)
redis.call('HSET', lease, unpack(changes))

return answer(number('wanted') > number('last_fence') and 2 or 1,
              lapsed and 1 or 0, 0)
