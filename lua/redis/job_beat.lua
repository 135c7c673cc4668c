#!lua
-- Prolongs the lease of a job's shard while it runs.
--
-- KEYS[1]  civic:{job:<plugin>.<name>:<shard>}, a hash: see job_take.lua
-- ARGV[1]  who holds it
-- ARGV[2]  the fencing number it was given
-- ARGV[3]  ms that the lease lasts from now
--
-- Answers 1, or 0 if it is another's by now.

local lease = KEYS[1]

if redis.call('HGET', lease, 'holder') ~= ARGV[1]
   or redis.call('HGET', lease, 'fence') ~= ARGV[2]
then
    return 0
end

local time = redis.call('TIME')

redis.call('HSET', lease, 'until', time[1] * 1000
           + math.floor(time[2] / 1000) + tonumber(ARGV[3]))

return 1
