#!lua
-- Ends sessions of a person.
--
-- KEYS[1]  civic:{p:<pid>}:sessions, a hash: session -> record
-- ARGV[1]  "this", "others" or "all"
-- ARGV[2]  this session's field
--
-- Answers how many were ended.

if ARGV[1] == 'all' then
    local count = redis.call('HLEN', KEYS[1])

    redis.call('DEL', KEYS[1])

    return count
end

if ARGV[1] == 'this' then
    return redis.call('HDEL', KEYS[1], ARGV[2])
end

local ended = 0

for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if field ~= ARGV[2] then
        ended = ended + redis.call('HDEL', KEYS[1], field)
    end
end

return ended
