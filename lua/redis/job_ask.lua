#!lua
-- Makes a job's shard due at once: "civicctl job run".
--
-- KEYS[1]  civic:{job:<plugin>.<name>:<shard>}, a hash: see job_take.lua
--
-- A run that began before this does not count.  Answers the fencing number
-- that the run asked for will have at least.

local lease = KEYS[1]
local wanted = tonumber(redis.call('HGET', lease, 'fence') or 0) + 1

redis.call('HSET', lease, 'wanted', wanted)

return wanted
