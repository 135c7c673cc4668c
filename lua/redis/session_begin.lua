#!lua
-- Begins a session of a person, and forgets those that are over.
--
-- KEYS[1]  civic:{p:<pid>}:sessions, a hash: session -> record
-- ARGV[1]  the session's field
-- ARGV[2]  its record: "1 <created> <seen> <expires> <idle> ..." (seconds)
-- ARGV[3]  now, seconds
-- ARGV[4]  sessions that a person keeps; the oldest go first
-- ARGV[5]  seconds until the hash may be collected, at the earliest
--
-- Answers the number of sessions that hold.

local sessions = redis.call('HGETALL', KEYS[1])
local now = tonumber(ARGV[3])
local keep = tonumber(ARGV[4])
local over, live = {}, {}

for i = 1, #sessions, 2 do
    local created, seen, expires, idle =
        sessions[i + 1]:match('^1 (%d+) (%d+) (%d+) (%d+) ')

    if not created
        or tonumber(expires) <= now
        or (tonumber(idle) > 0 and tonumber(seen) + tonumber(idle) <= now)
    then
        over[#over + 1] = sessions[i]
    else
        live[#live + 1] = { field = sessions[i], created = tonumber(created) }
    end
end

table.sort(live, function(a, b) return a.created < b.created end)

for i = 1, #live - keep + 1 do
    over[#over + 1] = live[i].field
end

-- First what is new, then what goes: a key that is emptied meanwhile is lost
-- to this script when its slot is on the move.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])

for _, field in ipairs(over) do
    redis.call('HDEL', KEYS[1], field)
end

if redis.call('TTL', KEYS[1]) < tonumber(ARGV[5]) then
    redis.call('EXPIRE', KEYS[1], ARGV[5])
end

return redis.call('HLEN', KEYS[1])
