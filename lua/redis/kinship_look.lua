#!lua
-- Notes that somebody looked at a person's data.
--
-- KEYS[1]  civic:{p:<pid>}:health, a hash
-- KEYS[2]  civic:{p:<pid>}:looks, a stream
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the field of KEYS[1] that has when this guardian's last look was
--          noted; "" for staff, whose looks are noted each
-- ARGV[2]  now, ms
-- ARGV[3]  ms: a guardian's looks within it are one
-- ARGV[4]  ms: lines of before go
-- ARGV[5]  how many lines are kept
-- ARGV[6]  the line, sealed
-- ARGV[7]  the entry for the audit trail
--
-- Answers 1; 0: the last look was just noted.

local now, every = tonumber(ARGV[2]), tonumber(ARGV[3])
local oldest, most = tonumber(ARGV[4]), tonumber(ARGV[5])

if not now or not every or not oldest or not most or most < 1
   or ARGV[6] == '' or ARGV[7] == '' then
    return redis.error_reply('ERR kinship_look: ARGV')
end

if ARGV[1] ~= '' then
    local last = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '')
    if last and last <= now and now - last < every then
        return 0
    end
end

redis.call('XADD', KEYS[3], '*', 'entry', ARGV[7])
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[5], '*', 'line', ARGV[6])
if oldest > 0 then
    redis.call('XTRIM', KEYS[2], 'MINID', ARGV[4] .. '-0')
end
-- no code: nothing to hang the time on, and nothing to begin
if ARGV[1] ~= '' and redis.call('HEXISTS', KEYS[1], 'opened') == 1 then
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
return 1
