#!lua
-- Ends an erasure: with its proof, or so that the next run tries again.
--
-- KEYS[1]  civic:{p:<pid>}:consents, see civic_consent_give.lua
-- KEYS[2]  the outbox of erasures
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the purpose
-- ARGV[2]  the id of the consent that ended
-- ARGV[3]  its id in the outbox of erasures
-- ARGV[4]  JSON: when, and what each plugin erased; "" if it failed
-- ARGV[5]  the entry for the audit trail
--
-- Answers 1, or 0 if it was done already.

local key, id = KEYS[1], ARGV[2]
local field = 'erasing:' .. ARGV[1]

if ARGV[1] == '' or id == '' or ARGV[3] == '' then
    return redis.error_reply('ERR civic_erase_end: ARGV')
end

local there = string.match(redis.call('HGET', key, field) or '', '^%S+')
if there ~= id then
    redis.call('XDEL', KEYS[2], ARGV[3])
    return 0
end
if ARGV[4] == '' then
    redis.call('HSET', key, field, id .. ' 0')
    return 1
end

redis.call('HSET', key, 'erased:' .. id, ARGV[4])
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[5])
redis.call('HDEL', key, field)
redis.call('XDEL', KEYS[2], ARGV[3])
return 1
