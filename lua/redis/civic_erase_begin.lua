#!lua
-- Begins to erase what was kept under a consent that ended, unless somebody
-- else is at it: a second one that comes late could erase what was kept under
-- the next consent.
--
-- KEYS[1]  civic:{p:<pid>}:consents, see civic_consent_give.lua
-- ARGV[1]  the purpose
-- ARGV[2]  the id of the consent that ended
-- ARGV[3]  now, ms
-- ARGV[4]  ms: until then the caller is at it
--
-- Answers 1: go on; 0: somebody else is at it; -1: it is done already.

local field = 'erasing:' .. ARGV[1]
local now, mine = tonumber(ARGV[3]), tonumber(ARGV[4])

if ARGV[1] == '' or ARGV[2] == '' or not now or not mine then
    return redis.error_reply('ERR civic_erase_begin: ARGV')
end

local id, theirs = string.match(redis.call('HGET', KEYS[1], field) or '',
                                '^(%S+) (%d+)$')
if id ~= ARGV[2] then
    return -1
end
if tonumber(theirs) > now then
    return 0
end
redis.call('HSET', KEYS[1], field, id .. ' ' .. ARGV[4])
return 1
