#!lua
-- Keeps a tube's result with a person who was in it, while the consent holds.
--
-- KEYS[1]  civic:{p:<pid>}:tests, a hash:
--            "<mark>"     sealed: the result, when, where
--            "v:<mark>"   "<version> <ms of the sampling>"
-- KEYS[2]  the person's consents
-- ARGV[1]  the mark of the tube, for this person
-- ARGV[2]  the version of the tube
-- ARGV[3]  ms of the sampling
-- ARGV[4]  sealed
--
-- Answers "kept"; "same" (it was kept before); "newer" (a correction was);
-- "over" (there is no consent: plugins/shared/health_consent.h).

if not string.match(ARGV[1], '^[%w_-]+$')
   or not string.match(ARGV[2], '^[1-9]%d*$') or not tonumber(ARGV[3])
   or ARGV[4] == '' then
    return redis.error_reply('ERR sampling_keep: ARGV')
end

local consents = redis.call('HMGET', KEYS[2], 'health', 'health_child')
if (consents[1] or '') == '' and (consents[2] or '') == '' then
    return 'over'
end

local before = tonumber(string.match(redis.call('HGET', KEYS[1],
    'v:' .. ARGV[1]) or '', '^(%d+) ')) or 0
local version = tonumber(ARGV[2])

if before > version then
    return 'newer'
end
if before == version then
    return 'same'
end

redis.call('HSET', KEYS[1], ARGV[1], ARGV[4], 'v:' .. ARGV[1],
    ARGV[2] .. ' ' .. ARGV[3])
return 'kept'
