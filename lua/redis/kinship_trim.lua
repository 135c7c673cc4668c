#!lua
-- Deletes the oldest lines of who looked at a person's data.
--
-- KEYS[1]  civic:{p:<pid>}:looks, a stream
-- KEYS[2]  the audit trail's outbox
-- ARGV[1]  ms: lines of before go
-- ARGV[2]  the entry for the audit trail
--
-- Answers how many are gone.

if not tonumber(ARGV[1]) or ARGV[2] == '' then
    return redis.error_reply('ERR kinship_trim: ARGV')
end

local first = redis.call('XRANGE', KEYS[1], '-', '(' .. ARGV[1] .. '-0',
                         'COUNT', 1)
if #first == 0 then
    return 0
end
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[2])
local gone = redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1] .. '-0')
if redis.call('XLEN', KEYS[1]) == 0 then
    redis.call('DEL', KEYS[1])
end
return gone
