#!lua
-- A worker's sign of life: which keys and rule revisions it has.
--
-- KEYS[1]  civic:workers, a hash: "<machine>/<pid>" -> JSON
-- ARGV[1]  this worker's field
-- ARGV[2]  its JSON; {"at": <epoch ms>, ...}
-- ARGV[3]  now, epoch ms
-- ARGV[4]  ms of silence after which an entry is dropped
--
-- Answers how many workers there are: this one, and those that were heard of in
-- the last quarter of that time.

local entries = redis.call('HGETALL', KEYS[1])
local silence = tonumber(ARGV[4])
local silent, heard = {}, 1

for i = 1, #entries, 2 do
    local at = tonumber(entries[i + 1]:match('"at":(%d+)') or 0)

    if at < ARGV[3] - silence then
        silent[#silent + 1] = entries[i]

    elseif at >= ARGV[3] - silence / 4 and entries[i] ~= ARGV[1] then
        heard = heard + 1
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

return heard
