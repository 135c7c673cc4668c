#!lua
-- Seals a tube: nobody comes into it any more, and nobody leaves.
--
-- KEYS[1]  civic:{tube:<barcode>}:tube, see sampling_open.lua
-- KEYS[2]  the audit trail's outbox
-- ARGV[1]  the pid of who seals it
-- ARGV[2]  "1": it may be another sampler's; or ""
-- ARGV[3]  now, ms
-- ARGV[4]  the entry for the audit trail
--
-- Answers "sealed" (also if it was before); "unknown", "other", "empty".

if ARGV[1] == '' or not tonumber(ARGV[3]) or ARGV[4] == '' then
    return redis.error_reply('ERR sampling_seal: ARGV')
end

local tube = redis.call('HMGET', KEYS[1], 'state', 'by', 'count')

if not tube[1] then
    return 'unknown'
end
if tube[2] ~= ARGV[1] and ARGV[2] ~= '1' then
    return 'other'
end
if tube[1] ~= 'open' then
    return 'sealed'
end
if tonumber(tube[3]) == 0 then
    return 'empty'
end

redis.call('HSET', KEYS[1], 'state', 'sealed', 'sealed_at', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[4])
return 'sealed'
