#!lua
-- Withdraws a consent, or ends one whose time is over: from here on it does
-- not hold, and what was kept under it is to be erased.
--
-- KEYS[1]  civic:{p:<pid>}:consents, see civic_consent_give.lua
-- KEYS[2]  the outbox of erasures
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the purpose
-- ARGV[2]  the id that was read
-- ARGV[3]  ms: when it ended
-- ARGV[4]  ms: until then the caller erases, and the job does not
-- ARGV[5]  what the outbox of erasures is given
-- ARGV[6]  the entry for the audit trail
-- ARGV[7]  how it ended: "withdrawn" or "retention_over"
--
-- Answers the id in the outbox of erasures; "" if another consent holds, or
-- none.

local key, purpose, id = KEYS[1], ARGV[1], ARGV[2]

if purpose == '' or id == '' or not tonumber(ARGV[3])
   or not tonumber(ARGV[4]) or ARGV[5] == ''
   or (ARGV[7] ~= 'withdrawn' and ARGV[7] ~= 'retention_over') then
    return redis.error_reply('ERR civic_consent_withdraw: ARGV')
end
if redis.call('HGET', key, purpose) ~= id then
    return ''
end

redis.call('HSET', key, 'ended:' .. id, ARGV[7] .. ' ' .. ARGV[3],
           'erasing:' .. purpose, id .. ' ' .. ARGV[4],
           'withdrawn:' .. purpose, ARGV[3])
local entry = redis.call('XADD', KEYS[2], '*', 'entry', ARGV[5])
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[6])
redis.call('HDEL', key, purpose, 'version:' .. purpose)
return entry
