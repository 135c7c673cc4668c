#!lua
-- Deletes the records of a person's blobs: what they sealed cannot be opened
-- any more.
--
-- KEYS[1]  civic:{p:<pid>}:blobs, the records
-- KEYS[2]  the outbox of the audit trail
-- ARGV     an id and the entry that tells of its deletion, again and again
--
-- Answers how many there were.

local there, seen = {}, {}

if #ARGV % 2 ~= 0 then
    return redis.error_reply('ERR an id without an entry')
end

for i = 1, #ARGV, 2 do
    local id = ARGV[i]

    if not seen[id] and redis.call('HEXISTS', KEYS[1], id) == 1 then
        seen[id] = true
        there[#there + 1] = id
        redis.call('XADD', KEYS[2], '*', 'entry', ARGV[i + 1])
    end
end

for _, id in ipairs(there) do
    redis.call('HDEL', KEYS[1], id)
end

return #there
