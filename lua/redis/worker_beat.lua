#!lua
-- A worker's sign of life: which keys and rule revisions it has.
--
-- KEYS[1]  civic:workers, a hash: "<machine>/<pid>" -> JSON
-- ARGV[1]  this worker's field
-- ARGV[2]  its JSON; {"at": <epoch ms>, ...}
-- ARGV[3]  now, epoch ms
-- ARGV[4]  ms of silence after which an entry is dropped
--
-- Answers the number of workers.

local entries = redis.call('HGETALL', KEYS[1])
local oldest = tonumber(ARGV[3]) - tonumber(ARGV[4])
local silent = {}

for i = 1, #entries, 2 do
    local at = entries[i + 1]:match('"at":(%d+)')

    if not at or tonumber(at) < oldest then
        silent[#silent + 1] = entries[i]
    end
end

-- First what is new, then what goes: a key that is emptied meanwhile is lost
-- to this script when its slot is on the move.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])

for _, field in ipairs(silent) do
    if field ~= ARGV[1] then
        redis.call('HDEL', KEYS[1], field)
    end
end

return redis.call('HLEN', KEYS[1])
