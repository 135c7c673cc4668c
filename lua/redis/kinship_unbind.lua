#!lua
-- Ends a binding, in the relative's slot, and what its guardian has printed.
--
-- KEYS[1]  civic:{p:<relative>}:guardians, see kinship_commit.lua
-- KEYS[2]  civic:{p:<relative>}:kincodes, see there
-- KEYS[3]  the outbox of what is to be settled
-- KEYS[4]  the outbox of what is to be told
-- KEYS[5]  the outbox of codes that are revoked
-- KEYS[6]  the audit trail's outbox
-- ARGV[1]  the guardian's pid
-- ARGV[2]  the binding
-- ARGV[3]  now, real time, ms
-- ARGV[4]  the entry to settle
-- ARGV[5]  the entry to tell
-- ARGV[6]  the entry for the audit trail
-- ARGV[7]  the row as it was read, if it is damaged: it goes whatever it says
--          of the binding; else ""
--
-- Answers 1; 0: there is no such binding (any more), nothing was written.

if #ARGV[1] ~= 22 or #ARGV[2] ~= 22 or not tonumber(ARGV[3])
   or ARGV[4] == '' or ARGV[5] == '' or ARGV[6] == '' or not ARGV[7] then
    return redis.error_reply('ERR kinship_unbind: ARGV')
end

local row = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if ARGV[7] ~= '' and row ~= ARGV[7]
   or ARGV[7] == '' and string.match(row, '^%S+') ~= ARGV[2] then
    return 0
end

redis.call('XADD', KEYS[6], '*', 'entry', ARGV[6])
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[4])
redis.call('XADD', KEYS[4], '*', 'entry', ARGV[5])
local codes = redis.call('HGETALL', KEYS[2])
for i = 1, #codes, 2 do
    local holder, issued, expires = string.match(codes[i + 1],
        '^valid (%S+) (%d+) (%d+)$')
    if holder == ARGV[1] then
        redis.call('XADD', KEYS[5], '*', 'entry', codes[i] .. ' ' .. expires)
        redis.call('HSET', KEYS[2], codes[i], table.concat(
            { 'revoked', holder, issued, expires }, ' '))
        redis.call('HDEL', KEYS[2], 'text:' .. codes[i])
    end
end
redis.call('HSET', KEYS[1], 'void:' .. ARGV[2], ARGV[3])
redis.call('HDEL', KEYS[1], ARGV[1])
return 1
